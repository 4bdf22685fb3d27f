"""Money back by an operator: asked for first, given once, and followed by the books."""

import pytest

from billing_core.application.errors import AlreadyRefunded, PaymentDisputed, PaymentNotFound, RefundRefused
from billing_core.application.refunding import Refunded, RefundWish
from billing_core.domain.acts import Act, Grounds, ReasonCode
from billing_core.domain.errors import InvalidValue
from billing_core.domain.events import OperatorActed
from billing_core.domain.subscription import Status
from billing_core.ports.errors import IdempotencyKeyReused, Unavailable
from billing_core.ports.gateway import RefundOutcome, RefundStatus
from tests.shops.oddities import the_invoice
from tests.shops.use_case import A_MINUTE, Crash, Shop, a_request

OLGA = Grounds(by="olga", note="she asked", code=ReasonCode.REQUESTED_BY_CUSTOMER)


@pytest.fixture
async def shop() -> Shop:
    shop = Shop()
    await shop.subscribed()
    return shop


async def refund(shop: Shop, amount: int | None = None, *, cancel: bool = False, **more: object) -> Refunded:
    wish = RefundWish(payment=await the_invoice(shop), amount_minor=amount, cancel_subscription=cancel)
    return await shop.use.refunding()("ann", wish, OLGA, **more)  # type: ignore[arg-type]


async def given_back(shop: Shop) -> list[int]:
    """What each refund at the gateway gave back."""
    return [refund.amount_minor for refund in (await shop.stripe.state()).refunds.values()]


async def acts(shop: Shop) -> list[OperatorActed]:
    stored = [each.event async for each in shop.memory.history.of("ann")]
    return [event for event in stored if isinstance(event, OperatorActed)]


async def test_all_of_a_payment_goes_back_and_its_credits_go_at_once(shop: Shop) -> None:
    invoice = await the_invoice(shop)

    done = await refund(shop)

    expected = Refunded(
        id=done.id, payment=invoice, amount_minor=1000, currency="usd", status=RefundStatus.SUCCEEDED, canceled=None
    )
    assert expected == done
    assert ([1000], 10, "free") == (await given_back(shop), await shop.available(), await shop.plan())
    await shop.settle()
    assert ([1000], 10) == (await given_back(shop), await shop.available())
    await shop.proven()


async def test_a_part_goes_back_and_so_do_its_credits(shop: Shop) -> None:
    assert 250 == (await refund(shop, 250)).amount_minor
    assert 500 == (await refund(shop, 500)).amount_minor
    assert 250 == (await refund(shop)).amount_minor

    assert ([250, 500, 250], 10) == (await given_back(shop), await shop.available())
    await shop.proven()


async def test_the_subscription_ends_with_it_where_that_is_wished(shop: Shop) -> None:
    subscription = (await shop.kept()).subscriptions[0].id

    done = await refund(shop, cancel=True)

    assert subscription == done.canceled
    assert (Status.CANCELED, "free") == ((await shop.kept()).subscriptions[0].status, await shop.plan())
    assert {"payment", "refund", "amount", "subscription"} == (await acts(shop))[-1].about.keys()
    customer = (await shop.stripe.state()).customers[(await shop.kept()).customer_id or ""]
    assert 0 == customer.balance


async def test_who_gave_it_back_and_why_is_kept_once(shop: Shop) -> None:
    done = await refund(shop, 250)
    await shop.later(2 * A_MINUTE)

    (act,) = await acts(shop)
    assert (Act.REFUNDED, "olga", ReasonCode.REQUESTED_BY_CUSTOMER, "she asked") == (
        act.act,
        act.by,
        act.code,
        act.note,
    )
    assert {"payment": done.payment, "refund": done.id, "amount": "2.50 USD"} == act.about


async def test_the_same_request_gives_back_once(shop: Shop) -> None:
    answers = [await refund(shop, 250, request=a_request()) for _ in range(3)]

    assert ([answers[0]] * 3, [250]) == (answers, await given_back(shop))
    with pytest.raises(IdempotencyKeyReused):
        await refund(shop, 300, request=a_request(fingerprint="other"))


@pytest.mark.parametrize("dies_at", range(1, 4))
async def test_who_dies_on_the_way_has_given_back_once_in_the_end(shop: Shop, dies_at: int) -> None:
    """By asking again, or (once it was ordered) by nobody's doing."""
    shop.accounts.changes, shop.accounts.dies_at = 0, dies_at
    with pytest.raises(Crash):
        await refund(shop, request=a_request())

    shop.accounts.dies_at = 0
    await shop.later(2 * A_MINUTE)
    assert ([1000] if dies_at > 1 else []) == await given_back(shop)
    again = await refund(shop, request=a_request())

    assert (1000, [1000], 10) == (again.amount_minor, await given_back(shop), await shop.available())
    assert [Act.REFUNDED] == [act.act for act in await acts(shop)]


@pytest.mark.parametrize("cancel", [False, True])
async def test_a_gateway_that_is_away_is_asked_again_by_the_job(
    shop: Shop, cancel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> RefundOutcome:
        raise Unavailable("the gateway")

    with monkeypatch.context() as patch:
        patch.setattr(type(shop.gateway), "refund", away)
        with pytest.raises(Unavailable):
            await refund(shop, cancel=cancel)
    assert [] == await given_back(shop)

    await shop.later(2 * A_MINUTE)

    (subscription,) = (await shop.kept()).subscriptions
    assert ([1000], Status.CANCELED if cancel else Status.ACTIVE) == (await given_back(shop), subscription.status)
    assert [Act.REFUNDED] == [act.act for act in await acts(shop)]


# What is refused


@pytest.mark.parametrize("payment", ["in_0", "pi_0", "ch_0", "../secrets"])
async def test_a_payment_that_nobody_knows_is_not_there(shop: Shop, payment: str) -> None:
    with pytest.raises(PaymentNotFound):
        await shop.use.refunding()("ann", RefundWish(payment=payment), OLGA)


async def test_a_payment_of_another_is_not_there(shop: Shop) -> None:
    await shop.given(10, "bob")

    with pytest.raises(PaymentNotFound):
        await shop.use.refunding()("bob", RefundWish(payment=await the_invoice(shop)), OLGA)
    assert [] == await given_back(shop)


async def test_what_is_disputed_is_left_to_the_bank(shop: Shop) -> None:
    await shop.stripe.bank.dispute(await the_invoice(shop))

    with pytest.raises(PaymentDisputed):
        await refund(shop)
    assert ([], []) == (await given_back(shop), shop.jobs("refund-payment"))


async def test_an_inquiry_is_answered_by_giving_back(shop: Shop) -> None:
    await shop.stripe.bank.dispute(await the_invoice(shop), is_inquiry=True)

    assert 1000 == (await refund(shop)).amount_minor


async def test_what_went_back_already_does_not_go_back_again(shop: Shop) -> None:
    await refund(shop)

    with pytest.raises(AlreadyRefunded):
        await refund(shop)
    assert [1000] == await given_back(shop)


@pytest.mark.parametrize("amount", [-1, 0, 751])
async def test_no_more_goes_back_than_is_left(shop: Shop, amount: int) -> None:
    await refund(shop, 250)

    with pytest.raises(InvalidValue, match=r"at most 7\.50 USD \(750 minor units\)"):
        await refund(shop, amount)


async def test_a_pack_has_no_subscription_to_end(shop: Shop) -> None:
    await shop.bought()
    paid = next(payment for payment in (await shop.kept()).payments if payment.purchase)
    wish = RefundWish(payment=paid.id, cancel_subscription=True)

    with pytest.raises(InvalidValue, match="no subscription"):
        await shop.use.refunding()("ann", wish, OLGA)


async def test_what_the_gateway_refuses_changes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuses(*_: object, **__: object) -> RefundOutcome:
        return RefundOutcome(status=RefundStatus.REFUSED, problem="the balance is too low")

    monkeypatch.setattr(type(shop.gateway), "refund", refuses)
    with pytest.raises(RefundRefused, match="the balance is too low"):
        await refund(shop)
    await shop.later(2 * A_MINUTE)

    assert ([], [], []) == (await acts(shop), shop.failures, shop.jobs("refund-payment"))
