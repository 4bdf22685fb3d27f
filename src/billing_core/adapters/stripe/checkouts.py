"""Checkout sessions: what the customer set out to buy comes back in the metadata that was put there."""

import re
from datetime import datetime

from billing_core.adapters.stripe.invoices import currency_of
from billing_core.adapters.stripe.shapes import (
    Misshapen,
    Shape,
    customer_of,
    id_of,
    needed,
    part,
    rows,
    text,
    whole,
)
from billing_core.domain.catalog import Kind
from billing_core.ports.facts import CheckoutNews, CheckoutProgressed

ACCOUNT = "billing_core_account"
KIND = "billing_core_kind"
ITEM = "billing_core_item"
VERSION = "billing_core_version"

_KINDS = {kind.value: kind for kind in Kind}
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_PAID = {
    "paid": CheckoutNews.PAID,
    "no_payment_required": CheckoutNews.PAID,
}


def news_of(session: Shape, event_type: str) -> CheckoutNews | None:
    """What an event tells of its session; None for events that tell nothing new. Raises Misshapen."""
    status = text(session, "payment_status") or ""
    match event_type.removeprefix("checkout.session."):
        case "completed":
            news = CheckoutNews.PROCESSING if status == "unpaid" else _PAID.get(status)
            return needed(news, "payment status")
        case "async_payment_succeeded":
            return needed(_PAID.get(status), "payment status")
        case "async_payment_failed":
            return CheckoutNews.FAILED
        case "expired":
            return CheckoutNews.EXPIRED
        case _:
            return None


def progressed(session: Shape, news: CheckoutNews, *, at: datetime) -> CheckoutProgressed:
    """Raises Misshapen. The metadata is ours; the reference may come from a link's URL, so it comes second."""
    metadata, is_paid = part(session, "metadata"), news is CheckoutNews.PAID
    version = text(metadata, VERSION) or ""
    amount = whole(session, "amount_total")
    if is_paid and (amount is None or amount < 0):
        raise Misshapen("no usable amount")
    return CheckoutProgressed(
        session_id=needed(text(session, "id"), "id"),
        customer_id=customer_of(session),
        account_hint=text(metadata, ACCOUNT) or text(session, "client_reference_id"),
        status=news,
        kind=_KINDS.get(text(metadata, KIND) or ""),
        item=text(metadata, ITEM),
        version=int(version) if _NUMBER.fullmatch(version) else None,
        quantity=_quantity(session),
        subscription_id=id_of(session, "subscription"),
        payment_id=id_of(session, "invoice") or id_of(session, "payment_intent"),
        amount_minor=max(0, amount or 0),
        currency=currency_of(session) if is_paid else text(session, "currency") or "",
        at=at,
    )


def _quantity(session: Shape) -> int:
    """How many were bought; a session sells one item, and tells its lines only where they are expanded."""
    lines = rows(part(session, "line_items"), "data")
    quantity = whole(lines[0], "quantity") if len(lines) == 1 else 1
    return quantity if quantity is not None and 1 <= quantity < 10**6 else 1
