"""What hosted pages show to who stands before them."""

from datetime import datetime

from attrs import frozen

from billing_core.adapters.simulated.checkout import PLACEHOLDER
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.money import IntentStatus
from billing_core.adapters.simulated.paying import intent_of
from billing_core.adapters.simulated.subscriptions import Invoice, InvoiceStatus, Line
from billing_core.adapters.simulated.visits import Session
from billing_core.domain.money import Money


@frozen(kw_only=True)
class Window:
    """What is sold and for how much: `price` is the whole price, `off` what a promotion code takes from it, `due` what
    is charged now. `every` is the interval of what is paid again and again, else None.

    `status` is `open`, `complete` or `expired`; `is_asking` while the bank asks the card's owner.
    """

    id: str
    status: str
    names: tuple[str, ...]
    email: str | None
    price: Money
    off: Money
    due: Money
    every: str | None
    trial_days: int
    needs_card: bool
    is_asking: bool
    takes_codes: bool
    success_url: str | None
    cancel_url: str | None


def window(draft: Draft, session: Session) -> Window:
    """The checkout, as its page tells of it."""
    prices = [draft.price(line.price) for line in session.selling.lines]
    holder = draft.state.customers.get(session.customer_id or "")
    currency = session.selling.currency
    url = session.success_url
    return Window(
        id=session.id,
        status=session.status.value,
        names=tuple(draft.state.products[price.product_id].name for price in prices),
        email=session.customer_email or (holder.email if holder else None),
        price=Money(session.amount_minor, currency),
        off=Money(session.discount_minor, currency),
        due=Money(session.total, currency),
        every=next((price.interval.value for price in prices if price.interval), None),
        trial_days=session.selling.trial_days,
        needs_card=session.needs_card,
        is_asking=session.asking is not None,
        takes_codes=session.selling.allow_promotion_codes and not session.discounts,
        success_url=url.replace(PLACEHOLDER, session.id) if url else None,
        cancel_url=session.cancel_url,
    )


@frozen(kw_only=True)
class PaperLine:
    """What a line of an invoice is for; `amount_minor` is below 0 where it gives something back."""

    name: str
    start: datetime
    end: datetime
    amount_minor: int


@frozen(kw_only=True)
class Paper:
    """An invoice as its page tells of it.

    `status` is `draft`, `open`, `paid`, `uncollectible` or `void`; `is_asking` where the bank asks the card's owner,
    `last4` the end of the number that it is charged to.
    """

    id: str
    status: str
    created_at: datetime
    paid_at: datetime | None
    email: str | None
    currency: str
    lines: tuple[PaperLine, ...]
    due: Money
    is_asking: bool
    last4: str | None


def paper(draft: Draft, invoice: Invoice) -> Paper:
    """The invoice, as its page tells of it."""
    holder, intent = draft.customer(invoice.customer_id), intent_of(draft, invoice.id)
    card = (intent.card if intent else None) or holder.card
    is_open = invoice.status in {InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE}
    asks = intent is not None and (
        intent.status is IntentStatus.REQUIRES_ACTION or intent.decline_code == "authentication_required"
    )
    return Paper(
        id=invoice.id,
        status=invoice.status.value,
        created_at=invoice.created_at,
        paid_at=invoice.paid_at,
        email=holder.email,
        currency=invoice.currency,
        lines=tuple(_line(draft, line) for line in invoice.lines),
        due=Money(max(invoice.amount_due, 0), invoice.currency),
        is_asking=is_open and asks,
        last4=card.last4 if card else None,
    )


def _line(draft: Draft, line: Line) -> PaperLine:
    product = draft.state.products[draft.price(line.price).product_id]
    return PaperLine(name=product.name, start=line.start, end=line.end, amount_minor=line.net)
