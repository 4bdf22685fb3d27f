"""Invoices that no card pays: nobody hopes for the money any more, or it came another way."""

from attrs import evolve

from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_invoice, tell_update
from billing_core.adapters.simulated.paying import cancel, intent_of
from billing_core.adapters.simulated.subscriptions import Invoice, InvoiceStatus
from billing_core.domain.subscription import Status


def write_off(draft: Draft, invoice: Invoice) -> Invoice:
    """It is uncollectible: nobody asks for it, though it can still be paid."""
    written_off = evolve(invoice, status=InvoiceStatus.UNCOLLECTIBLE, uncollectible_at=draft.now, next_attempt_at=None)
    tell_invoice(draft, written_off, "marked_uncollectible")
    catch_up(draft, invoice.subscription_id)
    return written_off


def take_elsewhere(draft: Draft, invoice: Invoice) -> Invoice:
    """It was paid outside of Stripe: no charge is made."""
    intent = intent_of(draft, invoice.id)
    if intent is not None:
        cancel(draft, intent, reason="automatic")
    paid = evolve(
        invoice,
        status=InvoiceStatus.PAID,
        elsewhere_minor=invoice.amount_due,
        paid_at=draft.now,
        next_attempt_at=None,
    )
    tell_invoice(draft, paid, "paid")
    catch_up(draft, invoice.subscription_id)
    return paid


def catch_up(draft: Draft, subscription_id: str) -> None:
    """A subscription that has no open invoice any more is not late."""
    sub = draft.subscription(subscription_id)
    is_late = sub.status in {Status.PAST_DUE, Status.UNPAID}
    if is_late and not any(invoice.status is InvoiceStatus.OPEN for invoice in draft.named(Invoice, sub.id)):
        tell_update(draft, sub, evolve(sub, status=Status.ACTIVE))
