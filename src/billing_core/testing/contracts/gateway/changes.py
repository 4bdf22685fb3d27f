"""Moving a subscription to another price."""

from datetime import timedelta

from attrs import evolve

from billing_core.domain.money import Money
from billing_core.domain.payments import Sign
from billing_core.domain.subscription import PendingChange
from billing_core.ports.clock import Clock
from billing_core.ports.facts import InvoiceLine
from billing_core.ports.gateway import ChangeStatus, PaymentGateway, PlanChange, When
from billing_core.testing.contracts.gateway.base import GatewayContract


class ChangeContract(GatewayContract):
    """Changes now and at the end of the period. The last wish wins."""

    async def test_an_upgrade_now_costs_what_was_quoted(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        sub = await self.look(gateway, clock, subscription_id)
        await self.advance(gateway, sub.period_start + timedelta(days=10))
        wish = PlanChange(subscription_id=subscription_id, price="pro_month", when=When.NOW)
        quote = await gateway.preview_change(wish)

        done = await gateway.change_plan(evolve(wish, as_of=quote.as_of), idempotency_key="up")

        invoice = await self.invoice(gateway, subscription_id)
        assert ChangeStatus.DONE is done.status
        assert (await self.look(gateway, clock, subscription_id)).price == "pro_month"
        assert quote.due_now_minor == invoice.amount_minor
        assert {_told(line) for line in quote.lines} == {_told(line) for line in invoice.lines}
        assert {Sign.CREDIT, Sign.CHARGE} == {line.sign for line in quote.lines}

    async def test_a_change_at_the_end_of_the_period_waits(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway, "pro_month")
        wish = PlanChange(subscription_id=subscription_id, price="basic_month", when=When.PERIOD_END)

        quote = await gateway.preview_change(wish)
        await gateway.change_plan(wish, idempotency_key="down")

        sub = await self.look(gateway, clock, subscription_id)
        assert (0, Money(1000, "usd")) == (quote.due_now_minor, quote.next_amount)
        assert ("pro_month", PendingChange("basic_month", sub.period_end)) == (sub.price, sub.pending_change)

    async def test_a_change_that_waits_can_be_dropped(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway, "pro_month")
        wish = PlanChange(subscription_id=subscription_id, price="basic_month", when=When.PERIOD_END)
        await gateway.change_plan(wish, idempotency_key="down")

        await gateway.drop_change(subscription_id)
        await gateway.drop_change(subscription_id)

        assert (await self.look(gateway, clock, subscription_id)).pending_change is None

    async def test_the_last_wish_wins(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway, "pro_month")
        wish = PlanChange(subscription_id=subscription_id, price="basic_month", when=When.PERIOD_END)
        await gateway.change_plan(wish, idempotency_key="1")
        await gateway.cancel(subscription_id, at_period_end=True, prorate=False, idempotency_key="2")
        canceled = await self.look(gateway, clock, subscription_id)
        await gateway.change_plan(wish, idempotency_key="3")
        changed = await self.look(gateway, clock, subscription_id)

        assert (canceled.cancel_at_period_end, canceled.pending_change) == (True, None)
        assert (
            changed.cancel_at_period_end,
            changed.pending_change and changed.pending_change.price,
        ) == (False, "basic_month")


def _told(line: InvoiceLine) -> InvoiceLine:
    return evolve(line, key="")
