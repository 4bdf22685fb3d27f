"""How an invoice is made: billed, finalized against the customer's balance, settled or voided."""

from attrs import evolve

from billing_core.adapters.simulated import money_shape
from billing_core.adapters.simulated.billing import amount_due, balance_used
from billing_core.adapters.simulated.cards import PAID
from billing_core.adapters.simulated.crediting import naming_credited
from billing_core.adapters.simulated.discounting import discounted, left_after
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_customer, tell_invoice, tell_update
from billing_core.adapters.simulated.paying import ask_for, attempt, cancel, intent_of
from billing_core.adapters.simulated.subscriptions import Invoice, InvoiceStatus, Line, Subscription
from billing_core.domain.errors import CurrencyLocked
from billing_core.domain.subscription import Status

_CREATED = "subscription_create"


def bill(draft: Draft, sub: Subscription, lines: tuple[Line, ...], *, reason: str) -> Invoice:
    """A draft invoice of what is pending and those lines, known as the subscription's latest. Raises CurrencyLocked."""
    holder = draft.customer(sub.customer_id)
    ensure_currency(holder.currency, sub.currency)
    invoice_id = draft.new_id("in")
    cheaper = (naming_credited(draft, sub, discounted(draft, sub, x)) for x in (*sub.pending_lines, *lines))
    named = tuple(evolve(x, id=draft.new_id("il")) for x in cheaper)
    invoice = Invoice(
        id=invoice_id,
        customer_id=sub.customer_id,
        subscription_id=sub.id,
        currency=sub.currency,
        reason=reason,
        created_at=draft.now,
        lines=named,
        period_start=draft.now,
        period_end=draft.now,
        prorated_at=next((x.start for x in named if x.prorated), None),
        discounts=tuple(x for x in sub.discounts if any(x.id == key for line in named for key, _ in line.discounts)),
    )
    left = left_after(draft, sub, named)
    draft.put(evolve(draft.subscription(sub.id), latest_invoice_id=invoice_id, discounts=left, pending_lines=()))
    tell_customer(draft, evolve(holder, currency=sub.currency), before=holder)
    tell_invoice(draft, invoice, "created")
    return invoice


def ensure_currency(locked: str | None, wanted: str) -> None:
    """A customer is invoiced in one currency for ever. Raises CurrencyLocked."""
    if locked is not None and locked != wanted:
        raise CurrencyLocked(locked)


def finalize(draft: Draft, invoice: Invoice) -> Invoice:
    """Fixes what is due, using up the customer's balance or adding to it."""
    holder = draft.customer(invoice.customer_id)
    used = balance_used(invoice.total, holder.balance)
    tell_customer(draft, evolve(holder, balance=holder.balance + used), before=holder)
    opened = evolve(
        invoice,
        status=InvoiceStatus.OPEN,
        starting_balance=holder.balance,
        used_minor=used,
        amount_due=amount_due(invoice.total, holder.balance),
        finalized_at=draft.now,
    )
    tell_invoice(draft, opened, "finalized")
    if opened.amount_due:
        what = "Subscription creation" if invoice.reason == _CREATED else "Subscription update"
        ask_for(draft, opened.amount_due, opened.currency, holder=holder, invoice_id=opened.id, description=what)
    return opened


def settle(draft: Draft, invoice: Invoice) -> Invoice:
    """The money is there; a subscription that owes nothing more is active again."""
    intent, holder = intent_of(draft, invoice.id), draft.customer(invoice.customer_id)
    if intent is not None:
        intent = attempt(draft, intent, holder.card, PAID)
    attempts = invoice.attempts + (1 if invoice.amount_due else 0)
    paid = evolve(
        invoice,
        status=InvoiceStatus.PAID,
        amount_paid=invoice.amount_due,
        attempts=attempts,
        paid_at=draft.now,
        next_attempt_at=None,
    )
    tell_invoice(draft, paid, "paid", "payment_succeeded")
    if intent is not None:
        draft.emit("invoice_payment.paid", money_shape.invoice_payment(intent))
    sub = draft.subscription(invoice.subscription_id)
    is_late = sub.status in {Status.PAST_DUE, Status.UNPAID}
    if is_late and not any(invoice.status is InvoiceStatus.OPEN for invoice in draft.named(Invoice, sub.id)):
        tell_update(draft, sub, evolve(sub, status=Status.ACTIVE))
    return paid


def void(draft: Draft, invoice: Invoice) -> None:
    """Nobody owes it any more; the balance it used is given back."""
    holder = draft.customer(invoice.customer_id)
    tell_customer(draft, evolve(holder, balance=holder.balance - invoice.used_minor), before=holder)
    voided = evolve(invoice, status=InvoiceStatus.VOID, voided_at=draft.now, next_attempt_at=None)
    intent = intent_of(draft, invoice.id)
    if intent is not None:
        cancel(draft, intent, reason="void_invoice")
    tell_invoice(draft, voided, "voided")
