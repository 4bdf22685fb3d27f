"""A fraud warning: kept as a case, followed once by the policy for its risk, and decided by a person."""

import json

import pytest

from billing_core.adapters.stripe.gateway import StripeGateway
from billing_core.application.errors import WarningNotFound
from billing_core.application.reviewing import Review
from billing_core.domain.acts import Act, Grounds, ReasonCode
from billing_core.domain.errors import InvalidValue
from billing_core.domain.events import OperatorActed
from billing_core.domain.fraud import FraudPolicies, FraudPolicy, RiskLevel, WarningStatus, policies_of
from billing_core.domain.incidents import Resolution
from billing_core.ports.gateway import RefundOutcome, RefundReason, RefundStatus
from billing_core.ports.warnings import FraudWarning
from tests.shops.oddities import the_invoice
from tests.shops.use_case import A_DAY, Crash, Shop

HIGHEST, ELEVATED, NORMAL = "4100000000000019", "4000000000009235", "4000000000005423"
OBSERVE_ALL, REFUND_ALL = policies_of("observe"), policies_of("refund")


async def warned(card: str = HIGHEST, fraud: FraudPolicies | None = None) -> Shop:
    """Somebody has subscribed with a card, and its network warns of the payment."""
    shop = Shop(fraud=fraud or FraudPolicies())
    await shop.subscribed(card=card)
    if card == ELEVATED:
        await shop.stripe.bank.warn(await the_invoice(shop))
        await shop.settle()
    return shop


async def the_case(shop: Shop) -> FraudWarning:
    (case,) = await shop.memory.warnings.page()
    return case


async def given_back(shop: Shop) -> list[int]:
    return [refund.amount_minor for refund in (await shop.stripe.state()).refunds.values()]


async def acts(shop: Shop) -> list[OperatorActed]:
    stored = [each.event async for each in shop.memory.history.of("ann")]
    return [event for event in stored if isinstance(event, OperatorActed)]


async def switched(shop: Shop, fraud: FraudPolicies) -> None:
    """The product is started anew with another policy."""
    shop.fraud = fraud
    shop.wire(shop.catalog)


async def told_again(shop: Shop, **more: object) -> None:
    """Stripe tells of the warning once more, in another event."""
    told = json.loads((await shop.sent("radar.early_fraud_warning"))[0])
    told["id"] = f"evt_again_{len(shop.memory.state.causes)}"
    told["type"] = "radar.early_fraud_warning.updated"
    told["data"]["object"] |= more
    await shop.receive_event(told)
    await shop.work()


# What is done at once


@pytest.mark.parametrize(
    ("card", "risk", "policy"),
    [
        (HIGHEST, RiskLevel.HIGHEST, FraudPolicy.SUSPEND),
        (ELEVATED, RiskLevel.ELEVATED, FraudPolicy.OBSERVE),
        (NORMAL, RiskLevel.NORMAL, FraudPolicy.OBSERVE),
    ],
)
async def test_the_policy_goes_by_how_risky_the_charge_was(card: str, risk: RiskLevel, policy: FraudPolicy) -> None:
    shop = await warned(card)

    case = await the_case(shop)
    assert (risk, policy, True) == (case.risk, case.policy, case.actionable)
    assert (WarningStatus.OPEN, await the_invoice(shop), "ann") == (case.status, case.payment, case.account_id)
    is_suspended = policy is FraudPolicy.SUSPEND
    assert ((f"warning:{case.id}",) if is_suspended else ()) == (await shop.kept()).suspended_for
    assert (["fraud_warning"], []) == (await shop.incidents(), await given_back(shop))


async def test_observing_does_nothing_but_tell_the_operators() -> None:
    shop = await warned(HIGHEST, OBSERVE_ALL)

    assert ((), FraudPolicy.OBSERVE) == ((await shop.kept()).suspended_for, (await the_case(shop)).policy)
    assert (["fraud_warning"], []) == (await shop.incidents(), await given_back(shop))


async def test_a_warned_payment_is_given_back_once_where_the_policy_says_so() -> None:
    shop = await warned(NORMAL, REFUND_ALL)

    assert ([1000], 10, ()) == (await given_back(shop), await shop.available(), (await shop.kept()).suspended_for)
    case = await the_case(shop)
    assert (FraudPolicy.REFUND, False) == (case.policy, case.actionable)
    (act,) = await acts(shop)
    assert (Act.REFUNDED, "policy", ReasonCode.FRAUDULENT) == (act.act, act.by, act.code)

    await shop.use.refunding_warned().run({"account_id": "ann", "warning_id": case.id})
    await shop.later(A_DAY)
    assert ([1000], 1) == (await given_back(shop), len(await acts(shop)))
    await shop.proven()


@pytest.mark.parametrize("disputes", [True, False])
async def test_the_policy_gives_back_what_is_left_and_nothing_of_what_is_disputed(disputes: bool) -> None:
    shop = await warned(NORMAL, OBSERVE_ALL)
    invoice = await the_invoice(shop)
    await shop.gateway.refund(invoice, amount_minor=400, reason=RefundReason.REQUESTED, idempotency_key="before")
    if disputes:
        await shop.stripe.bank.dispute(invoice)
    await switched(shop, REFUND_ALL)
    await shop.stripe.bank.warn(invoice)
    await shop.settle()

    assert [400] + ([] if disputes else [600]) == await given_back(shop)
    assert [] == shop.failures


async def test_a_refund_of_the_policy_that_the_gateway_refuses_is_shown_to_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuses(*_: object, **__: object) -> RefundOutcome:
        return RefundOutcome(status=RefundStatus.REFUSED, problem="the balance is too low")

    with monkeypatch.context() as patch:
        patch.setattr(StripeGateway, "refund", refuses)
        shop = await warned(NORMAL, REFUND_ALL)

    assert (["fraud_warning", "fraud_warning"], []) == (await shop.incidents(), await given_back(shop))
    refused = next(each for each in await shop.memory.incidents.open() if "the balance is too low" in each.detail)
    await shop.use.resolving()(refused.id, Resolution.REFUND, Grounds(by="olga", note="there is money again"))
    assert ([1000], []) == (await given_back(shop), shop.failures)


async def test_a_policy_that_was_switched_off_meanwhile_gives_nothing_back() -> None:
    """Also for a job that was written before: `observe` is the kill switch."""
    shop = await warned(NORMAL, OBSERVE_ALL)
    args = {"account_id": "ann", "warning_id": (await the_case(shop)).id}

    await shop.use.refunding_warned().run(args)
    await shop.use.refunding_warned().run(args | {"warning_id": "issfr_0"})
    await shop.use.reviewing()(args["warning_id"], Review(status=WarningStatus.DISMISSED), by="olga")
    await switched(shop, REFUND_ALL)
    await shop.use.refunding_warned().run(args)

    assert [] == await given_back(shop)


async def test_who_dies_while_a_warning_is_taken_in_follows_it_once() -> None:
    """At any commit of it: the job does it again, and once it was kept nothing more comes of it."""
    for dies_at in range(1, 6):
        shop = Shop(fraud=REFUND_ALL)
        await shop.subscribed()
        await shop.stripe.bank.warn(await the_invoice(shop))
        (body,) = await shop.sent("radar.early_fraud_warning")
        shop.accounts.changes, shop.accounts.dies_at = 0, dies_at
        try:
            await shop.receive(body)
        except Crash:
            await shop.receive(body)
        await shop.work()
        await shop.later(A_DAY)

        assert ([1000], 1) == (await given_back(shop), len(await acts(shop)))


# Told again


async def test_a_dismissed_warning_does_not_suspend_again_however_often_it_is_told() -> None:
    shop = await warned()
    case = await the_case(shop)
    await shop.use.reviewing()(case.id, Review(status=WarningStatus.DISMISSED, notes="it was her"), by="olga")

    await told_again(shop)
    await told_again(shop, actionable=False)

    kept = await the_case(shop)
    assert ((), WarningStatus.DISMISSED, "it was her") == ((await shop.kept()).suspended_for, kept.status, kept.notes)
    assert [] == await shop.incidents()


async def test_another_policy_does_nothing_about_a_warning_that_is_known() -> None:
    shop = await warned(NORMAL, OBSERVE_ALL)
    await switched(shop, REFUND_ALL)

    await told_again(shop)

    assert ([], FraudPolicy.OBSERVE) == (await given_back(shop), (await the_case(shop)).policy)


async def test_once_the_payment_went_back_nothing_more_can_be_done_about_it() -> None:
    shop = await warned(NORMAL)
    await shop.gateway.refund(
        await the_invoice(shop), amount_minor=None, reason=RefundReason.REQUESTED, idempotency_key="back"
    )
    await shop.settle()

    assert not (await the_case(shop)).actionable


# What a person makes of it


async def test_a_dismissed_warning_frees_the_account_and_closes_its_incident() -> None:
    shop = await warned()
    case = await the_case(shop)

    done = await shop.use.reviewing()(case.id, Review(status=WarningStatus.DISMISSED, notes="it was her"), by="olga")

    assert (WarningStatus.DISMISSED, "it was her", "olga", shop.clock.now()) == (
        done.status,
        done.notes,
        done.noted_by,
        done.noted_at,
    )
    assert ((), []) == ((await shop.kept()).suspended_for, await shop.incidents())
    (act,) = await acts(shop)
    assert (Act.REVIEWED_WARNING, "olga", "it was her") == (act.act, act.by, act.note)
    assert {"warning": case.id, "payment": case.payment, "status": "dismissed"} == act.about


async def test_a_confirmed_warning_keeps_the_account_suspended() -> None:
    shop = await warned()
    case = await the_case(shop)

    review = Review(status=WarningStatus.CONFIRMED, code=ReasonCode.FRAUDULENT)
    done = await shop.use.reviewing()(case.id, review, by="olga")

    assert (WarningStatus.CONFIRMED, "") == (done.status, done.notes)
    assert ((f"warning:{case.id}",), []) == ((await shop.kept()).suspended_for, await shop.incidents())
    assert [("confirmed", ReasonCode.FRAUDULENT)] == [(act.note, act.code) for act in await acts(shop)]


async def test_while_it_is_looked_into_everything_stays() -> None:
    shop = await warned()
    case = await the_case(shop)
    await shop.use.reviewing()(case.id, Review(status=WarningStatus.REVIEWING), by="olga")

    done = await shop.use.reviewing()(case.id, Review(notes="asked the customer"), by="otto")

    assert (WarningStatus.REVIEWING, "asked the customer", "otto") == (done.status, done.notes, done.noted_by)
    assert ((f"warning:{case.id}",), ["fraud_warning"]) == ((await shop.kept()).suspended_for, await shop.incidents())


async def test_a_review_says_something_about_a_warning_that_there_is() -> None:
    shop = await warned()

    with pytest.raises(InvalidValue):
        await shop.use.reviewing()((await the_case(shop)).id, Review(), by="olga")
    with pytest.raises(WarningNotFound):
        await shop.use.reviewing()("issfr_0", Review(notes="what?"), by="olga")
