"""What the gateway answers, in domain words."""

from datetime import datetime
from decimal import Decimal

from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.scheduling import next_phase
from billing_core.adapters.simulated.subscriptions import Invoice, InvoiceStatus, Line, Subscription
from billing_core.domain.payments import Sign
from billing_core.domain.subscription import PendingChange, SubscriptionSnapshot
from billing_core.ports.facts import InvoiceLine, InvoicePaid


def told_line(draft: Draft, line: Line) -> InvoiceLine:
    return InvoiceLine(
        key=line.id,
        price=draft.price(line.price).key,
        sign=Sign.CREDIT if line.is_credit else Sign.CHARGE,
        quantity=Decimal(line.quantity),
        start=line.start,
        end=line.end,
        prorated=line.prorated,
    )


def told_invoice(draft: Draft, invoice: Invoice) -> InvoicePaid | None:
    """A paid invoice; None where it is not paid."""
    if invoice.status is not InvoiceStatus.PAID or invoice.paid_at is None:
        return None
    return InvoicePaid(
        invoice_id=invoice.id,
        subscription_id=invoice.subscription_id,
        customer_id=invoice.customer_id,
        amount_minor=invoice.amount_paid,
        currency=invoice.currency,
        paid_at=invoice.paid_at,
        lines=tuple(told_line(draft, line) for line in invoice.lines),
    )


def told_subscription(draft: Draft, sub: Subscription, *, seen_at: datetime) -> SubscriptionSnapshot:
    phase = None if sub.is_over else next_phase(draft, sub)
    is_changing = phase is not None and phase.price != sub.price
    return SubscriptionSnapshot(
        id=sub.id,
        customer_id=sub.customer_id,
        status=sub.status,
        created_at=sub.created_at,
        seen_at=seen_at,
        price=draft.price(sub.price).key,
        quantity=sub.quantity,
        anchor=sub.anchor,
        period_start=sub.period_start,
        period_end=sub.period_end,
        cancel_at=None if sub.is_over else sub.ends_at,
        cancel_at_period_end=sub.cancel_at_period_end and not sub.is_over,
        ended_at=sub.ended_at,
        trial_start=sub.trial_start,
        trial_end=sub.trial_end,
        pending_change=PendingChange(draft.price(phase.price).key, phase.start) if phase and is_changing else None,
    )
