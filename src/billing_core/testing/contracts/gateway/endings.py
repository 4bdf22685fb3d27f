"""How subscriptions end, with credit and without."""

from datetime import timedelta

from billing_core.domain.payments import Sign
from billing_core.domain.subscription import Status
from billing_core.ports.clock import Clock
from billing_core.ports.gateway import PaymentGateway
from billing_core.testing.contracts.gateway.base import GatewayContract


class EndingContract(GatewayContract):
    """Cancellations take place, once, and cost or credit what was wished."""

    async def test_a_cancellation_takes_place_with_the_period(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        await gateway.cancel(subscription_id, at_period_end=True, prorate=False, idempotency_key="k")
        before = await self.look(gateway, clock, subscription_id)

        await self.advance(gateway, before.period_end + timedelta(hours=2))

        after = await self.look(gateway, clock, subscription_id)
        assert (Status.ACTIVE, before.period_end) == (before.status, before.ends_at)
        assert (Status.CANCELED, before.period_end) == (after.status, after.ended_at)

    async def test_a_cancellation_now_credits_the_rest_where_that_is_wished(
        self, gateway: PaymentGateway, clock: Clock
    ) -> None:
        subscription_id = await self.subscribe(gateway)
        sub = await self.look(gateway, clock, subscription_id)
        await self.advance(gateway, sub.period_start + timedelta(days=10))

        await gateway.cancel(subscription_id, at_period_end=False, prorate=True, idempotency_key="k")

        invoice = await self.invoice(gateway, subscription_id)
        (credit,) = invoice.lines
        assert (invoice.amount_minor, credit.sign, credit.prorated) == (0, Sign.CREDIT, True)
        assert ("basic_month", clock.now(), sub.period_end) == (credit.price, credit.start, credit.end)

    async def test_a_cancellation_now_bills_nothing_where_that_is_not_wished(self, gateway: PaymentGateway) -> None:
        subscription_id = await self.subscribe(gateway)
        invoice_id = await self.latest_invoice(gateway, subscription_id)

        await gateway.cancel(subscription_id, at_period_end=False, prorate=False, idempotency_key="k")

        assert invoice_id == await self.latest_invoice(gateway, subscription_id)

    async def test_what_is_over_is_canceled_in_peace(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        await gateway.cancel(subscription_id, at_period_end=False, prorate=True, idempotency_key="k")
        ended = await self.look(gateway, clock, subscription_id)

        await gateway.cancel(subscription_id, at_period_end=False, prorate=True, idempotency_key="k")
        await gateway.cancel(subscription_id, at_period_end=True, prorate=False, idempotency_key="k2")

        assert ended == await self.look(gateway, clock, subscription_id)

    async def test_canceling_again_and_resuming_again_is_fine(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        before = await self.look(gateway, clock, subscription_id)
        for key in ("1", "2"):
            await gateway.cancel(subscription_id, at_period_end=True, prorate=False, idempotency_key=f"cancel {key}")
        for key in ("1", "2"):
            await gateway.resume(subscription_id, idempotency_key=f"resume {key}")

        assert before == await self.look(gateway, clock, subscription_id)

    async def test_a_wish_that_comes_again_undoes_no_later_one(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        for verb in ("cancel", "resume", "cancel"):
            if verb == "cancel":
                await gateway.cancel(subscription_id, at_period_end=True, prorate=False, idempotency_key="1")
            else:
                await gateway.resume(subscription_id, idempotency_key="2")

        assert (await self.look(gateway, clock, subscription_id)).cancel_at_period_end is False
