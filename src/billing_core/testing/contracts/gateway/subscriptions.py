"""Subscriptions as they run and end."""

from datetime import timedelta

import pytest

from billing_core.domain.payments import Sign
from billing_core.domain.subscription import Status
from billing_core.ports.clock import Clock
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.gateway import PaymentGateway
from billing_core.testing.contracts.gateway.base import GatewayContract


class SubscriptionContract(GatewayContract):
    """A subscription from its first payment to its end."""

    async def test_a_paid_checkout_becomes_a_running_subscription(self, gateway: PaymentGateway, clock: Clock) -> None:
        sub = await self.look(gateway, clock, await self.subscribe(gateway))

        assert (sub.status, sub.price, sub.quantity) == (Status.ACTIVE, "basic_month", 1)
        assert sub.anchor == sub.period_start < sub.period_end

    async def test_a_fetch_is_dated_by_when_it_began(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        began = clock.now() - timedelta(seconds=2)

        assert began == (await gateway.fetch_subscription(subscription_id, now=began)).seen_at

    async def test_its_invoice_pays_for_the_whole_period(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        sub = await self.look(gateway, clock, subscription_id)
        invoice = await self.invoice(gateway, subscription_id)

        assert (1000, "usd", subscription_id) == (invoice.amount_minor, invoice.currency, invoice.subscription_id)
        assert [("basic_month", Sign.CHARGE, sub.period_start, sub.period_end, False)] == [
            (line.price, line.sign, line.start, line.end, line.prorated) for line in invoice.lines
        ]

    async def test_a_period_follows_the_other(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        first = await self.look(gateway, clock, subscription_id)

        await self.advance(gateway, first.period_end + timedelta(hours=2))
        second = await self.look(gateway, clock, subscription_id)

        assert (first.period_end, first.anchor) == (second.period_start, second.anchor)

    async def test_a_cancellation_can_be_undone(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        await gateway.cancel(subscription_id, at_period_end=True, prorate=False, idempotency_key="1")
        await gateway.resume(subscription_id, idempotency_key="2")

        sub = await self.look(gateway, clock, subscription_id)

        assert (sub.cancel_at_period_end, sub.status) == (False, Status.ACTIVE)

    async def test_a_cancellation_now_is_the_end(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        await gateway.cancel(subscription_id, at_period_end=False, prorate=False, idempotency_key="1")

        sub = await self.look(gateway, clock, subscription_id)

        assert Status.CANCELED is sub.status
        assert sub.ended_at is not None

    async def test_what_is_unknown_is_said_to_be(self, gateway: PaymentGateway, clock: Clock) -> None:
        with pytest.raises(UnknownAtGateway):
            await gateway.fetch_subscription("sub_unknown", now=clock.now())
        with pytest.raises(UnknownAtGateway):
            await gateway.fetch_invoice("in_unknown")
        with pytest.raises(UnknownAtGateway):
            await gateway.card_of("sub_unknown")
