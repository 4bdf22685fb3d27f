"""Checkouts at the simulated Stripe: what each card does, and what is made only once it paid."""

from datetime import timedelta

import pytest

from billing_core.adapters.simulated import PaymentStatus
from billing_core.domain.errors import CurrencyLocked, IllegalTransition, InvalidValue
from billing_core.domain.subscription import Status
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway
from tests.shops.simulated import ASKS, GOOD, NO_FUNDS, START, Shop


async def test_nothing_is_made_before_the_payment() -> None:
    shop = Shop()
    await shop.opened()
    state = await shop.stripe.state()

    assert (state.subscriptions, state.invoices) == ({}, {})


async def test_a_paid_checkout_leads_back_with_its_id() -> None:
    shop = Shop()
    session = await shop.opened()
    result = await shop.stripe.pay(session.id, GOOD)

    assert f"https://shop.test/dev/checkout/{session.id}" == session.url
    assert PaymentStatus.SUCCEEDED is result.status
    assert f"https://app.test/done?session={session.id}" == result.redirect_url


async def test_a_completed_checkout_tells_all_that_came_of_it() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    (event,) = await shop.events("checkout.session.completed")
    told = event["data"]["object"]

    assert ("subscription", sub, "in_00000001", "paid") == (
        told["mode"],
        told["subscription"],
        told["invoice"],
        told["payment_status"],
    )
    assert (told["client_reference_id"], told["amount_total"], told["currency"]) == ("acc_1", 1000, "usd")
    assert told["metadata"] == {
        "billing_core_account": "acc_1",
        "billing_core_kind": "plan",
        "billing_core_item": "basic",
        "billing_core_version": "1",
    }


async def test_a_declined_card_leaves_the_checkout_open() -> None:
    shop = Shop()
    session = await shop.opened()
    result = await shop.stripe.pay(session.id, NO_FUNDS)

    assert (result.status, result.decline_code) == (PaymentStatus.DECLINED, "insufficient_funds")
    assert (await shop.stripe.state()).subscriptions == {}
    assert PaymentStatus.SUCCEEDED is (await shop.stripe.pay(session.id, GOOD)).status


async def test_a_card_that_asks_pays_once_its_owner_agreed() -> None:
    shop = Shop()
    session = await shop.opened()
    asked = await shop.stripe.pay(session.id, ASKS)

    assert PaymentStatus.REQUIRES_AUTHENTICATION is asked.status
    assert f"{session.url}/bank" == asked.redirect_url
    assert (await shop.stripe.state()).subscriptions == {}
    assert PaymentStatus.SUCCEEDED is (await shop.stripe.authenticate(session.id)).status
    assert len((await shop.stripe.state()).subscriptions) == 1


async def test_an_owner_may_say_no() -> None:
    shop = Shop()
    session = await shop.opened()
    await shop.stripe.pay(session.id, ASKS)

    assert PaymentStatus.DECLINED is (await shop.stripe.authenticate(session.id, ok=False)).status
    with pytest.raises(IllegalTransition):
        await shop.stripe.authenticate(session.id)


async def test_an_unknown_card_is_refused_without_repeating_its_number() -> None:
    shop = Shop()
    session = await shop.opened()

    with pytest.raises(InvalidValue) as refused:
        await shop.stripe.pay(session.id, "4111 1111 1111 1111")
    assert "4111" not in str(refused.value)


async def test_a_checkout_is_paid_once() -> None:
    shop = Shop()
    session = await shop.opened()
    await shop.stripe.pay(session.id, GOOD)

    with pytest.raises(IllegalTransition):
        await shop.stripe.pay(session.id, GOOD)


async def test_a_checkout_expires_after_a_day() -> None:
    shop = Shop()
    session = await shop.opened()
    await shop.later(hours=24)

    assert [session.id] == [e["data"]["object"]["id"] for e in await shop.events("checkout.session.expired")]
    with pytest.raises(IllegalTransition):
        await shop.stripe.pay(session.id, GOOD)


async def test_expiring_a_paid_checkout_changes_nothing() -> None:
    shop = Shop()
    session = await shop.opened()
    await shop.stripe.pay(session.id, GOOD)
    await shop.gateway.expire_checkout(session.id)

    assert await shop.events("checkout.session.expired") == []


async def test_a_pack_is_a_payment_without_an_invoice() -> None:
    shop = Shop()
    session = await shop.opened("handful")
    await shop.stripe.pay(session.id, GOOD)
    (event,) = await shop.events("checkout.session.completed")
    told = event["data"]["object"]

    assert (
        told["mode"],
        told["payment_intent"],
        told["subscription"],
        told["invoice"],
        told["amount_total"],
    ) == ("payment", "pi_00000001", None, None, 500)


async def test_a_card_that_bought_a_pack_is_not_kept() -> None:
    shop = Shop()
    session = await shop.opened("handful")
    await shop.stripe.pay(session.id, GOOD)
    (customer,) = (await shop.stripe.state()).customers.values()

    assert customer.card is None


async def test_a_recurring_pack_is_a_subscription() -> None:
    shop = Shop()
    sub = await shop.look(await shop.subscribed("refill_month"))

    assert (sub.status, sub.price) == (Status.ACTIVE, "refill_month")


async def test_a_customer_pays_in_one_currency() -> None:
    shop = Shop()
    late = await shop.opened("basic_month_jpy")
    await shop.subscribed("basic_month")

    with pytest.raises(CurrencyLocked):
        await shop.opened("pro_month_jpy")
    with pytest.raises(CurrencyLocked):
        await shop.stripe.pay(late.id, GOOD)


async def test_yen_are_charged_as_they_are() -> None:
    shop = Shop()
    await shop.subscribed("basic_month_jpy")
    invoice = await shop.paid("in_00000001")

    assert invoice is not None
    assert (invoice.amount_minor, invoice.currency) == (1500, "jpy")


async def test_what_stripe_does_not_know_is_not_sold() -> None:
    shop = Shop()
    request = await shop.request(customer_id="cus_unknown")

    with pytest.raises(UnknownAtGateway):
        await shop.gateway.open_checkout(request, idempotency_key="1")
    with pytest.raises(GatewayRefused):
        await shop.opened(price="unknown", version=9)
    with pytest.raises(UnknownAtGateway):
        await shop.stripe.pay("cs_unknown", GOOD)


async def test_a_trial_begins_with_an_invoice_over_nothing() -> None:
    shop = Shop()
    sub = await shop.look(await shop.subscribed(trial_days=14))
    invoice = await shop.paid("in_00000001")
    (event,) = await shop.events("checkout.session.completed")

    assert invoice is not None
    assert (Status.TRIALING, START, START + timedelta(days=14)) == (sub.status, sub.trial_start, sub.trial_end)
    assert (sub.trial_end, sub.trial_end) == (sub.period_end, sub.anchor)
    assert (invoice.amount_minor, len(invoice.lines)) == (0, 1)
    assert event["data"]["object"]["payment_status"] == "no_payment_required"


async def test_a_trial_without_a_card_needs_none() -> None:
    shop = Shop()

    assert (
        Status.TRIALING
        is (await shop.look(await shop.subscribed(card=None, trial_days=14, trial_needs_card=False))).status
    )


async def test_any_other_checkout_needs_a_card() -> None:
    shop = Shop()
    for wishes in ({}, {"trial_days": 14}, {"trial_needs_card": False}):
        session = await shop.opened(**wishes)
        with pytest.raises(InvalidValue):
            await shop.stripe.pay(session.id, None)
