"""From what the gateway tells of money to what the account books of it. Pure."""

from billing_core.application.errors import UnknownPrice
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog, Kind
from billing_core.domain.errors import InvalidValue
from billing_core.domain.payments import Payment, Purchase, Span
from billing_core.ports.facts import CheckoutProgressed, InvoiceLine, InvoicePaid


def payment_of(fact: InvoicePaid | CheckoutProgressed, account: Account, catalog: Catalog) -> Payment | None:
    """The payment that the fact tells; None where another fact will. Raises UnknownPrice."""
    if isinstance(fact, InvoicePaid):
        return payment_of_invoice(fact, account, catalog)
    return payment_of_pack(fact, catalog)


def payment_of_invoice(invoice: InvoicePaid, account: Account, catalog: Catalog) -> Payment:
    """The payment that the invoice is. Raises UnknownPrice for a line that no catalog version knows."""
    sub = account.subscription(invoice.subscription_id) if invoice.subscription_id else None
    return Payment(
        id=invoice.invoice_id,
        subscription_id=invoice.subscription_id,
        amount_minor=invoice.amount_minor,
        currency=invoice.currency,
        paid_at=invoice.paid_at,
        spans=tuple(span_of(line, catalog, pinned=sub.version if sub else None) for line in invoice.lines),
    )


def span_of(line: InvoiceLine, catalog: Catalog, *, pinned: int | None = None) -> Span:
    """What the line paid for. Raises UnknownPrice; InvalidValue for a fraction of a plan."""
    offer = catalog.offer(line.price, pinned=pinned or catalog.in_force_at(line.start).number)
    if offer is None:
        raise UnknownPrice(line.price)
    if line.quantity != int(line.quantity):
        raise InvalidValue("quantity", f"{line.quantity} of {line.price} is no whole number")
    return Span(
        key=line.key,
        kind=offer.kind,
        item=offer.item,
        sign=int(line.sign),
        quantity=int(line.quantity),
        start=line.start,
        end=line.end,
        prorated=line.prorated,
    )


def payment_of_pack(news: CheckoutProgressed, catalog: Catalog) -> Payment | None:
    """The payment that a paid one-time checkout of a pack is; None where an invoice will tell it.

    One that cost nothing has no payment at the gateway, so its session stands for it. A session may name a catalog
    version that is not of these books; then the one counts that was sold at the time.
    """
    if news.kind is not Kind.PACK or news.subscription_id is not None or news.item is None:
        return None
    named = next((version for version in catalog.versions if version.number == news.version), None)
    version = named or catalog.in_force_at(news.at)
    return Payment(
        id=news.payment_id or news.session_id,
        subscription_id=None,
        amount_minor=news.amount_minor,
        currency=news.currency,
        paid_at=news.at,
        purchase=Purchase(pack=news.item, version=version.number, quantity=news.quantity),
    )
