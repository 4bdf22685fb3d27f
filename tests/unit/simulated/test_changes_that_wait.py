"""Changes that a bank asks about at the simulated Stripe: they wait for an answer, and not for ever."""

from datetime import UTC, datetime, timedelta

import pytest

from billing_core.adapters.simulated import PaymentStatus
from billing_core.domain.errors import IllegalTransition
from billing_core.domain.subscription import Status
from billing_core.ports.gateway import ChangeStatus, When
from tests.shops.simulated import ASKS, DECLINES_LATER, GOOD, START, Shop, a_change

HALF = START + timedelta(days=14)  # of the 28 days to 28 February


async def test_a_change_that_needs_its_owner_waits_for_the_invoice() -> None:
    shop = Shop()
    session = await shop.opened()
    await shop.stripe.pay(session.id, ASKS)
    await shop.stripe.authenticate(session.id)
    sub = (await shop.stripe.state()).sessions[session.id].subscription_id or ""
    await shop.to(HALF)
    outcome = await shop.gateway.change_plan(a_change(sub, "pro_month"), idempotency_key="k")

    assert ChangeStatus.PENDING_AUTHENTICATION is outcome.status
    assert outcome.hosted_invoice_url == "https://shop.test/dev/invoices/in_00000002"
    assert (await shop.look(sub)).price == "basic_month"
    assert len(await shop.events("invoice.payment_action_required")) == 1

    await shop.later(hours=1)
    assert PaymentStatus.SUCCEEDED is (await shop.stripe.authenticate_invoice("in_00000002")).status
    invoice = await shop.paid("in_00000002")
    assert invoice is not None
    assert ((await shop.look(sub)).price, invoice.lines[0].start) == ("pro_month", HALF)
    assert len(await shop.events("customer.subscription.pending_update_applied")) == 1


async def asking(shop: Shop) -> str:
    """A subscription whose change to pro waits for authentication of in_00000002."""
    session = await shop.opened()
    await shop.stripe.pay(session.id, ASKS)
    await shop.stripe.authenticate(session.id)
    sub = (await shop.stripe.state()).sessions[session.id].subscription_id or ""
    await shop.gateway.change_plan(a_change(sub, "pro_month"), idempotency_key="k")
    return sub


async def test_a_change_that_nobody_authenticates_expires() -> None:
    shop = Shop()
    sub = await asking(shop)
    assert PaymentStatus.DECLINED is (await shop.stripe.authenticate_invoice("in_00000002", ok=False)).status
    await shop.later(hours=23)

    assert (await shop.look(sub)).price == "basic_month"
    assert len(await shop.events("customer.subscription.pending_update_expired")) == 1
    with pytest.raises(IllegalTransition):
        await shop.stripe.authenticate_invoice("in_00000002")


async def test_another_card_pays_a_change_that_waits() -> None:
    shop = Shop()
    sub = await asking(shop)
    assert PaymentStatus.REQUIRES_AUTHENTICATION is (await shop.stripe.retry_invoice("in_00000002")).status
    await shop.replaced(GOOD)

    assert PaymentStatus.SUCCEEDED is (await shop.stripe.retry_invoice("in_00000002")).status
    assert (await shop.look(sub)).price == "pro_month"


async def test_the_last_change_drops_one_that_waits() -> None:
    shop = Shop()
    sub = await asking(shop)
    await shop.gateway.change_plan(a_change(sub, "basic_year", When.PERIOD_END), idempotency_key="k2")

    assert len(await shop.events("invoice.voided")) == 1
    assert getattr((await shop.look(sub)).pending_change, "price", None) == "basic_year"


async def test_a_change_that_waits_does_not_outlive_the_period() -> None:
    shop = Shop()
    await shop.subscribed()
    await shop.replaced(ASKS)
    (sub,) = (await shop.stripe.state()).subscriptions.values()
    await shop.to(sub.period_end - timedelta(hours=1))
    await shop.gateway.change_plan(a_change(sub.id, "pro_month"), idempotency_key="k")
    await shop.to(sub.period_end)

    assert (await shop.stripe.state()).subscriptions[sub.id].pending_update is None
    assert (await shop.look(sub.id)).price == "basic_month"


async def test_a_change_that_waits_does_not_outlive_the_subscription() -> None:
    shop = Shop()
    sub = await shop.subscribed(card=DECLINES_LATER)
    await shop.to(datetime(2026, 3, 7, 0, tzinfo=UTC))
    await shop.replaced(ASKS)
    await shop.gateway.change_plan(a_change(sub, "pro_month"), idempotency_key="k")
    await shop.replaced(DECLINES_LATER)
    await shop.later(hours=12)

    assert (await shop.look(sub)).status is Status.CANCELED
    assert len(await shop.events("invoice.voided")) == 1
