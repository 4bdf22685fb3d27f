"""Changes that cost less, take another interval, or are not allowed."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve

from billing_core.domain.errors import BillingError, CurrencyLocked, IllegalTransition, InvalidValue
from billing_core.domain.money import Money
from billing_core.domain.payments import Sign
from billing_core.ports.clock import Clock
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.gateway import ChangeStatus, PaymentGateway, PlanChange, When
from billing_core.testing.contracts.gateway.base import GatewayContract


class IntervalContract(GatewayContract):
    """A month becomes a year and a year a month; less may be paid at once, or later."""

    async def ten_days_in(self, gateway: PaymentGateway, clock: Clock, price: str) -> str:
        """The id of a subscription that began ten days ago."""
        subscription_id = await self.subscribe(gateway, price)
        sub = await self.look(gateway, clock, subscription_id)
        await self.advance(gateway, sub.period_start + timedelta(days=10))
        return subscription_id

    async def test_a_year_begins_at_once(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.ten_days_in(gateway, clock, "basic_month")
        wish = PlanChange(subscription_id=subscription_id, price="basic_year", when=When.NOW, as_of=clock.now())

        quote = await gateway.preview_change(wish)
        done = await gateway.change_plan(wish, idempotency_key="year")

        sub = await self.look(gateway, clock, subscription_id)
        lines = (await self.invoice(gateway, subscription_id)).lines
        assert (done.status, sub.price) == (ChangeStatus.DONE, "basic_year")
        assert (clock.now(), clock.now(), quote.next_at) == (sub.anchor, sub.period_start, sub.period_end)
        assert sub.period_end > sub.period_start + timedelta(days=364)
        assert {
            (Sign.CREDIT, "basic_month", True),
            (Sign.CHARGE, "basic_year", False),
        } == {(line.sign, line.price, line.prorated) for line in lines}

    async def test_a_month_waits_for_the_end_of_the_year(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway, "basic_year")
        wish = PlanChange(subscription_id=subscription_id, price="basic_month", when=When.PERIOD_END)

        await gateway.change_plan(wish, idempotency_key="month")
        before = await self.look(gateway, clock, subscription_id)
        await self.advance(gateway, before.period_end + timedelta(hours=2))

        after = await self.look(gateway, clock, subscription_id)
        assert (before.price, after.price, after.pending_change) == ("basic_year", "basic_month", None)
        assert before.period_end == after.period_start
        assert after.period_end <= after.period_start + timedelta(days=31)

    async def test_less_at_once_is_credited(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.ten_days_in(gateway, clock, "pro_month")
        wish = PlanChange(subscription_id=subscription_id, price="basic_month", when=When.NOW, as_of=clock.now())

        quote = await gateway.preview_change(wish)
        done = await gateway.change_plan(wish, idempotency_key="less")

        invoice = await self.invoice(gateway, subscription_id)
        assert (done.status, quote.due_now_minor < 0, invoice.amount_minor) == (ChangeStatus.DONE, True, 0)
        assert (await self.look(gateway, clock, subscription_id)).price == "basic_month"

    async def test_a_credit_pays_for_what_is_next(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.ten_days_in(gateway, clock, "pro_month")
        down = PlanChange(subscription_id=subscription_id, price="basic_month", when=When.NOW, as_of=clock.now())
        await gateway.change_plan(down, idempotency_key="down")

        quote = await gateway.preview_change(evolve(down, price="pro_month"))

        assert quote.due_now_minor == 0
        assert {Sign.CREDIT, Sign.CHARGE} == {line.sign for line in quote.lines}

    async def test_the_same_key_changes_once(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.ten_days_in(gateway, clock, "basic_month")
        wish = PlanChange(subscription_id=subscription_id, price="pro_month", when=When.NOW, as_of=clock.now())

        first = await gateway.change_plan(wish, idempotency_key="once")
        invoice_id = await self.latest_invoice(gateway, subscription_id)

        assert first == await gateway.change_plan(wish, idempotency_key="once")
        assert invoice_id == await self.latest_invoice(gateway, subscription_id)

    async def test_a_change_now_drops_one_that_waits(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        wish = PlanChange(subscription_id=subscription_id, price="basic_year", when=When.PERIOD_END)
        await gateway.change_plan(wish, idempotency_key="later")

        await gateway.change_plan(evolve(wish, price="pro_month", when=When.NOW), idempotency_key="now")

        sub = await self.look(gateway, clock, subscription_id)
        assert (sub.price, sub.pending_change) == ("pro_month", None)

    async def test_a_change_now_clears_a_cancellation(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        await gateway.cancel(subscription_id, at_period_end=True, prorate=False, idempotency_key="cancel")

        wish = PlanChange(subscription_id=subscription_id, price="pro_month", when=When.NOW)
        await gateway.change_plan(wish, idempotency_key="now")

        sub = await self.look(gateway, clock, subscription_id)
        assert (sub.price, sub.cancel_at_period_end, sub.ends_at) == ("pro_month", False, None)

    async def test_a_change_to_what_it_is_clears_what_was_wished(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        wish = PlanChange(subscription_id=subscription_id, price="pro_month", when=When.PERIOD_END)
        await gateway.change_plan(wish, idempotency_key="later")

        quote = await gateway.preview_change(evolve(wish, price="basic_month", when=When.NOW))
        await gateway.change_plan(evolve(wish, price="basic_month", when=When.NOW), idempotency_key="stay")

        assert (0, Money(1000, "usd")) == (quote.due_now_minor, quote.next_amount)
        assert (await self.look(gateway, clock, subscription_id)).pending_change is None

    @pytest.mark.parametrize(
        ("price", "as_of", "expected"),
        [
            ("pro_month_jpy", None, CurrencyLocked),
            ("handful", None, InvalidValue),
            ("pro_month", timedelta(days=-1), InvalidValue),
            ("pro_month", timedelta(days=400), InvalidValue),
        ],
    )
    async def test_what_cannot_be_is_refused(
        self,
        gateway: PaymentGateway,
        clock: Clock,
        price: str,
        as_of: timedelta | None,
        expected: type[BillingError],
    ) -> None:
        subscription_id = await self.subscribe(gateway)
        wish = _wish(subscription_id, price, clock.now() + as_of if as_of else None)

        with pytest.raises(expected):
            await gateway.preview_change(wish)
        with pytest.raises(expected):
            await gateway.change_plan(wish, idempotency_key="k")

    async def test_what_is_over_is_changed_no_more(self, gateway: PaymentGateway) -> None:
        subscription_id = await self.subscribe(gateway)
        await gateway.cancel(subscription_id, at_period_end=False, prorate=False, idempotency_key="end")

        with pytest.raises(IllegalTransition):
            await gateway.change_plan(_wish(subscription_id, "pro_month"), idempotency_key="k")
        with pytest.raises(IllegalTransition):
            await gateway.resume(subscription_id, idempotency_key="k2")

    async def test_a_change_of_the_unknown_is_said_to_be(self, gateway: PaymentGateway) -> None:
        with pytest.raises(UnknownAtGateway):
            await gateway.preview_change(_wish("sub_unknown", "pro_month"))
        with pytest.raises(UnknownAtGateway):
            await gateway.change_plan(_wish("sub_unknown", "pro_month"), idempotency_key="k")


def _wish(subscription_id: str, price: str, as_of: datetime | None = None) -> PlanChange:
    return PlanChange(subscription_id=subscription_id, price=price, when=When.NOW, as_of=as_of)
