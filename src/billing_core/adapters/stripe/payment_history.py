"""The payments of a customer, for the customer's eyes."""

from collections.abc import Mapping

from attrs import frozen

from billing_core.adapters.stripe.api import Api, reading
from billing_core.adapters.stripe.checkouts import ITEM, KIND
from billing_core.adapters.stripe.invoices import currency_of, subscription_of
from billing_core.adapters.stripe.shapes import Shape, id_of, moment, needed, part, rows, text, url, whole
from billing_core.domain.catalog import Kind
from billing_core.ports.gateway import PaymentShown

_INVOICES = "/v1/invoices"
_STATUSES = {
    "succeeded": "succeeded",
    "processing": "pending",
    "requires_action": "pending",
    "requires_capture": "pending",
    "requires_confirmation": "pending",
    "requires_payment_method": "failed",
    "canceled": "canceled",
}
_LONGEST = 1000
_NO_INVOICE: Shape = {}


@frozen
class PaymentHistory:
    """One payment per payment intent, with its invoice where it pays one.

    An intent does not name its invoice, so the customer's latest hundred are read beside it, and what they do not
    account for is asked one by one.
    """

    api: Api

    async def payments(
        self, customer_id: str, *, limit: int, after: str | None = None
    ) -> tuple[tuple[PaymentShown, ...], str | None]:
        """Newest first; an intent that nobody ever tried to pay is left out, so a page may be shorter than `limit`."""
        page = await self.api.get(
            "/v1/payment_intents",
            customer=customer_id,
            limit=limit,
            starting_after=after,
            expand=["data.latest_charge"],
        )
        with reading("a list of payments"):
            listed = rows(page, "data")
            has_more = page.get("has_more") is True
            tried = [intent for intent in listed if intent.get("latest_charge") or intent.get("status") == "succeeded"]
            following = needed(text(listed[-1], "id"), "id") if has_more and listed else None
        invoices = await self._latest_invoices(customer_id) if any(map(_may_have_invoice, tried)) else {}
        shown = [_shown(intent, await self._invoice_of(intent, invoices)) for intent in tried]
        return tuple(shown), following

    async def _latest_invoices(self, customer_id: str) -> Mapping[str, Shape]:
        """By the payment intents that pay them."""
        page = await self.api.get(_INVOICES, customer=customer_id, limit=100, expand=["data.payments"])
        with reading("a list of invoices"):
            return {
                intent_id: invoice
                for invoice in rows(page, "data")
                for payment in rows(part(invoice, "payments"), "data")
                if (intent_id := id_of(part(payment, "payment"), "payment_intent")) is not None
            }

    async def _invoice_of(self, intent: Shape, invoices: Mapping[str, Shape]) -> Shape:
        intent_id = text(intent, "id") or ""
        if intent_id in invoices or not _may_have_invoice(intent):
            return invoices.get(intent_id, _NO_INVOICE)
        page = await self.api.get(
            "/v1/invoice_payments",
            payment={"type": "payment_intent", "payment_intent": intent_id},
            limit=1,
            expand=["data.invoice"],
        )
        with reading("a list of invoice payments"):
            found = rows(page, "data")
            return part(found[0], "invoice") if found else _NO_INVOICE


def _may_have_invoice(intent: Shape) -> bool:
    """What a checkout sold without a subscription has our metadata, and no invoice."""
    return text(part(intent, "metadata"), KIND) is None


def _shown(intent: Shape, invoice: Shape) -> PaymentShown:
    with reading("a payment"):
        charge, status = part(intent, "latest_charge"), _STATUSES.get(text(intent, "status") or "", "pending")
        received = whole(intent, "amount_received") if status == "succeeded" else None
        return PaymentShown(
            id=needed(text(invoice, "id") or text(intent, "id"), "id"),
            at=needed(moment(intent, "created"), "created"),
            kind=_kind_of(invoice),
            status=status,
            amount_minor=needed(received or whole(intent, "amount"), "amount"),
            currency=currency_of(intent),
            refunded_minor=max(0, whole(charge, "amount_refunded") or 0),
            description=_description(intent, invoice),
            receipt_url=url(charge, "receipt_url"),
            invoice_url=url(invoice, "hosted_invoice_url"),
        )


def _kind_of(invoice: Shape) -> str:
    """A pack that comes again and again is paid by a subscription's invoice, whose metadata say what it is."""
    sold = text(part(invoice, "parent", "subscription_details", "metadata"), KIND)
    is_pack = sold == Kind.PACK.value or not invoice or subscription_of(invoice) is None
    return "pack" if is_pack else "subscription"


def _description(intent: Shape, invoice: Shape) -> str:
    first = next(iter(rows(part(invoice, "lines"), "data")), _NO_INVOICE)
    return (
        text(first, "description", longest=_LONGEST)
        or text(intent, "description", longest=_LONGEST)
        or text(part(intent, "metadata"), ITEM)
        or ""
    )
