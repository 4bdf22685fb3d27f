"""Payments as they stand, and money that goes back."""

import pytest

from billing_core.ports.clock import Clock
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.facts import CheckoutProgressed, InvoicePaid
from billing_core.ports.gateway import PaymentGateway, PaymentShown, RefundReason, RefundStatus
from billing_core.testing.contracts.gateway.base import GatewayContract


class PaymentContract(GatewayContract):
    """What was paid, what of it went back, and what a customer sees of both."""

    async def seen(self, gateway: PaymentGateway, limit: int = 10) -> tuple[PaymentShown, ...]:
        """The customer's payments, newest first."""
        payments, _ = await gateway.payments(await self.customer(gateway), limit=limit)
        return payments

    async def test_who_paid_nothing_sees_nothing(self, gateway: PaymentGateway) -> None:
        assert await gateway.payments(await self.customer(gateway), limit=10) == ((), None)

    async def test_a_subscriptions_payment_goes_by_its_invoice(self, gateway: PaymentGateway) -> None:
        subscription_id = await self.subscribe(gateway)

        (payment,) = await self.seen(gateway)

        assert (await self.latest_invoice(gateway, subscription_id), "subscription") == (payment.id, payment.kind)
        assert (
            payment.status,
            payment.amount_minor,
            payment.currency,
            payment.refunded_minor,
        ) == ("succeeded", 1000, "usd", 0)

    async def test_the_newest_payment_is_shown_first_page_by_page(self, gateway: PaymentGateway) -> None:
        await self.subscribe(gateway)
        await self.buy(gateway, "handful")
        customer_id = await self.customer(gateway)

        newest, after = await gateway.payments(customer_id, limit=1)
        oldest, end = await gateway.payments(customer_id, limit=1, after=after)

        assert [payment.kind for payment in (*newest, *oldest)] == ["pack", "subscription"]
        assert (after is not None, end) == (True, None)

    async def test_a_payment_settles_its_invoice(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        invoice = await self.invoice(gateway, subscription_id)

        state = await gateway.fetch_payment(invoice.invoice_id, now=clock.now())

        assert (invoice.invoice_id, invoice, clock.now()) == (state.id, state.settles, state.seen_at)
        assert (state.amount_minor, state.refunded_minor, state.disputes) == (1000, 0, ())

    async def test_a_packs_payment_settles_its_checkout(self, gateway: PaymentGateway, clock: Clock) -> None:
        await self.buy(gateway, "handful")
        (shown,) = await self.seen(gateway)

        state = await gateway.fetch_payment(shown.id, now=clock.now())

        assert isinstance(state.settles, CheckoutProgressed)
        assert ("handful", shown.id, 500) == (state.settles.item, state.settles.payment_id, state.amount_minor)

    async def test_money_is_given_back_in_parts_until_none_is_left(self, gateway: PaymentGateway, clock: Clock) -> None:
        await self.buy(gateway, "handful")
        (shown,) = await self.seen(gateway)

        part = await gateway.refund(shown.id, amount_minor=200, reason=RefundReason.REQUESTED, idempotency_key="1")
        rest = await gateway.refund(shown.id, amount_minor=None, reason=RefundReason.REQUESTED, idempotency_key="2")
        more = await gateway.refund(shown.id, amount_minor=1, reason=RefundReason.REQUESTED, idempotency_key="3")

        assert [(outcome.status, outcome.amount_minor) for outcome in (part, rest)] == [
            (RefundStatus.SUCCEEDED, 200),
            (RefundStatus.SUCCEEDED, 300),
        ]
        assert RefundStatus.REFUSED is more.status
        assert (await gateway.fetch_payment(shown.id, now=clock.now())).refunded_minor == 500
        assert [payment.refunded_minor for payment in await self.seen(gateway)] == [500]

    async def test_the_same_key_gives_back_once(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        invoice_id = await self.latest_invoice(gateway, subscription_id)

        first, again = [
            await gateway.refund(invoice_id, amount_minor=400, reason=RefundReason.DUPLICATE, idempotency_key="k")
            for _ in range(2)
        ]

        assert first == again
        state = await gateway.fetch_payment(invoice_id, now=clock.now())
        assert state.refunded_minor == 400
        assert isinstance(state.settles, InvoicePaid)

    async def test_more_than_was_paid_is_not_given_back(self, gateway: PaymentGateway, clock: Clock) -> None:
        await self.buy(gateway, "handful")
        (shown,) = await self.seen(gateway)

        refused = await gateway.refund(shown.id, amount_minor=501, reason=RefundReason.REQUESTED, idempotency_key="k")

        assert RefundStatus.REFUSED is refused.status
        assert (await gateway.fetch_payment(shown.id, now=clock.now())).refunded_minor == 0

    @pytest.mark.parametrize("payment", ["pi_unknown", "in_unknown", "ch_unknown"])
    async def test_an_unknown_payment_is_said_to_be(self, gateway: PaymentGateway, clock: Clock, payment: str) -> None:
        with pytest.raises(UnknownAtGateway):
            await gateway.fetch_payment(payment, now=clock.now())
