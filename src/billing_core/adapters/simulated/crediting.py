"""Which line a credit gives back from."""

from attrs import evolve

from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.subscriptions import Invoice, InvoiceStatus, Line, Subscription


def credited(draft: Draft, sub: Subscription, credit: Line) -> tuple[Invoice, Line] | None:
    """The latest charge of the same price that covers the credit's start, and its invoice."""
    charges = [
        (invoice, line)
        for invoice in draft.named(Invoice, sub.id)
        if invoice.status is not InvoiceStatus.VOID
        for line in invoice.lines
        if line.price == credit.price and not line.is_credit and line.start <= credit.start < line.end
    ]
    return charges[-1] if charges else None


def naming_credited(draft: Draft, sub: Subscription, line: Line) -> Line:
    """The line; a credit with the name of the line that it gives back from."""
    charged = credited(draft, sub, line) if line.is_credit else None
    return evolve(line, credited=f"{charged[0].id}/{charged[1].id}") if charged else line
