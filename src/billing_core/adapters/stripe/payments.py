"""Asking Stripe for a payment as it stands, by any name of it.

A payment is the invoice or, where there is none, the payment intent. Since basil several intents may pay one invoice,
and only `invoice_payments` tell which; from before there were intents come charges that stand alone.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from attrs import frozen

from billing_core.adapters.stripe import checkouts
from billing_core.adapters.stripe.api import Api, of, reading
from billing_core.adapters.stripe.collected import Collected, of_charge, of_intent
from billing_core.adapters.stripe.fetching import INVOICES, Fetching
from billing_core.adapters.stripe.invoices import currency_of
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.shapes import Misshapen, Shape, customer_of, id_of, needed, part, text
from billing_core.domain.fraud import riskiest
from billing_core.ports.facts import CheckoutNews, CheckoutProgressed, InvoicePaid
from billing_core.ports.gateway import PaymentState

CHARGES = "/v1/charges"
INVOICE_PAYMENTS = "/v1/invoice_payments"
PAYMENT_INTENTS = "/v1/payment_intents"
REFUNDS = "/v1/refunds"
DISPUTES = "/v1/disputes"
SESSIONS = "/v1/checkout/sessions"

_PAID = frozenset({"paid", "no_payment_required"})


@frozen
class Found:
    """A payment, and what was collected for it piece by piece."""

    state: PaymentState
    collected: tuple[Collected, ...]


@frozen
class Payments:
    """What the port says of one payment. Raises GatewayRefused for one that cannot be read."""

    api: Api
    prices: PriceBook

    async def fetch_payment(self, payment: str, *, now: datetime) -> PaymentState:
        return (await self.find(payment, now=now)).state

    async def find(self, payment: str, *, now: datetime) -> Found:
        """The payment with its pieces."""
        with reading(f"payment {payment}"):
            if payment.startswith("in_"):
                return await self._of_invoice(payment, now)
            charge: Shape = {} if payment.startswith("pi_") else await self.api.get(of(CHARGES, payment))
            intent_id = id_of(charge, "payment_intent") if charge else payment
            if intent_id is None:
                return _alone(await self._by_charge(charge), None, now)
            invoice_id = await self._invoice_of(intent_id)
            if invoice_id is not None:
                return await self._of_invoice(invoice_id, now)
            collected = await self._by_intent(intent_id)
            return _alone(collected, await self._checkout_of(collected), now)

    async def _of_invoice(self, invoice_id: str, now: datetime) -> Found:
        """A one-time purchase is told by its checkout, also where an invoice was made for it."""
        invoice = await self.api.get(of(INVOICES, invoice_id))
        paid = await Fetching(self.api, self.prices).paid(invoice)
        collected = [each async for each in self._collected_for(invoice_id)]
        settles: InvoicePaid | CheckoutProgressed | None = paid
        if paid is not None and paid.subscription_id is None:
            sessions = [await self._checkout_of(each) for each in collected]
            settles = next(filter(None, sessions), paid if paid.lines else None)
        return Found(
            PaymentState(
                id=invoice_id,
                customer_id=customer_of(invoice),
                amount_minor=paid.amount_minor if paid else sum(each.amount_minor for each in collected),
                currency=currency_of(invoice),
                refunded_minor=sum(each.refunded_minor for each in collected),
                disputes=tuple(dispute for each in collected for dispute in each.disputes),
                settles=settles,
                risk=riskiest(each.risk for each in collected),
                seen_at=now,
            ),
            tuple(collected),
        )

    async def _invoice_of(self, intent_id: str) -> str | None:
        """Raises Misshapen where the intent pays several, since it could not be told for which a part went back."""
        pages = self.api.pages(INVOICE_PAYMENTS, payment={"type": "payment_intent", "payment_intent": intent_id})
        paid = {id_of(each, "invoice") async for each in pages if text(each, "status") != "canceled"}
        if len(paid) > 1:
            raise Misshapen("it pays several invoices")
        return next(iter(paid), None)

    async def _collected_for(self, invoice_id: str) -> AsyncIterator[Collected]:
        """What was paid outside of Stripe is not among it."""
        async for each in self.api.pages(INVOICE_PAYMENTS, invoice=invoice_id, status="paid"):
            payment = part(each, "payment")
            intent_id, charge_id = id_of(payment, "payment_intent"), id_of(payment, "charge")
            if intent_id is not None:
                yield await self._by_intent(intent_id)
            elif charge_id is not None:
                yield await self._by_charge(await self.api.get(of(CHARGES, charge_id)))

    async def _by_intent(self, intent_id: str) -> Collected:
        intent = await self.api.get(of(PAYMENT_INTENTS, intent_id), expand=["latest_charge"])
        return of_intent(intent, *await self._fate(payment_intent=intent_id))

    async def _by_charge(self, charge: Shape) -> Collected:
        return of_charge(charge, *await self._fate(charge=needed(text(charge, "id"), "id")))

    async def _fate(self, **payment: str) -> tuple[list[Shape], list[Shape]]:
        """The refunds and the disputes of a payment."""
        refunds = [refund async for refund in self.api.pages(REFUNDS, **payment)]
        return refunds, [dispute async for dispute in self.api.pages(DISPUTES, **payment)]

    async def _checkout_of(self, collected: Collected) -> CheckoutProgressed | None:
        """The paid checkout of ours that the money came in by."""
        if collected.by != "payment_intent":
            return None
        pages = self.api.pages(SESSIONS, payment_intent=collected.id, expand=["data.line_items"])
        sessions = [session async for session in pages if session.get("payment_status") in _PAID]
        told = [checkouts.progressed(session, CheckoutNews.PAID, at=collected.at) for session in sessions]
        return next((progressed for progressed in told if progressed.kind is not None), None)


def _alone(collected: Collected, settles: CheckoutProgressed | None, now: datetime) -> Found:
    """A payment without an invoice is the one piece that was collected. Raises Misshapen."""
    state = PaymentState(
        id=collected.id,
        customer_id=collected.customer_id,
        amount_minor=collected.amount_minor,
        currency=collected.currency,
        refunded_minor=collected.refunded_minor,
        disputes=collected.disputes,
        settles=settles,
        risk=collected.risk,
        seen_at=now,
    )
    return Found(state, (collected,))
