"""How an invoice gets its money: made, finalized against the customer's balance, charged, paid, retried or voided."""

from attrs import evolve

from billing_core.adapters.simulated.billing import amount_due, balance_used
from billing_core.adapters.simulated.cards import PAID, Charge, Occasion, Verdict, charge
from billing_core.adapters.simulated.discounting import discounted, left_after
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_customer, tell_invoice, tell_subscription, tell_update
from billing_core.adapters.simulated.settings import AfterRetries
from billing_core.adapters.simulated.state import Invoice, InvoiceStatus, Line, Subscription
from billing_core.domain.errors import CurrencyLocked
from billing_core.domain.subscription import Status


def bill(draft: Draft, sub: Subscription, lines: tuple[Line, ...], *, reason: str) -> Invoice:
    """A draft invoice of the subscription's, known as its latest. Raises CurrencyLocked."""
    holder = draft.customer(sub.customer_id)
    ensure_currency(holder.currency, sub.currency)
    invoice_id = draft.new_id("in")
    cheaper = (discounted(draft, sub, x) for x in lines)
    named = tuple(evolve(x, id=draft.new_id("il"), credited=_credited(draft, sub, x)) for x in cheaper)
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
        prorated_at=next((x.start for x in lines if x.prorated), None),
        discounts=tuple(x for x in sub.discounts if any(x.id == key for line in named for key, _ in line.discounts)),
    )
    left = left_after(draft, sub, named)
    draft.put(evolve(draft.subscription(sub.id), latest_invoice_id=invoice_id, discounts=left))
    tell_customer(draft, evolve(holder, currency=sub.currency), before=holder)
    tell_invoice(draft, invoice, "created")
    return invoice


def ensure_currency(locked: str | None, wanted: str) -> None:
    """A customer is invoiced in one currency for ever. Raises CurrencyLocked."""
    if locked is not None and locked != wanted:
        raise CurrencyLocked(locked)


def _credited(draft: Draft, sub: Subscription, line: Line) -> str | None:
    """The line that a credit gives back from: the latest charge of that price which covers its start."""
    if not line.is_credit:
        return None
    charges = [
        f"{invoice.id}/{charged.id}"
        for invoice in draft.named(Invoice, sub.id)
        if invoice.status is not InvoiceStatus.VOID
        for charged in invoice.lines
        if charged.price == line.price and not charged.is_credit and charged.start <= line.start < charged.end
    ]
    return charges[-1] if charges else None


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
    return opened


def settle(draft: Draft, invoice: Invoice) -> Invoice:
    """The money is there; a subscription that owes nothing more is active again."""
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
    tell_invoice(draft, voided, "voided")


def ask_bank(draft: Draft, invoice: Invoice, occasion: Occasion) -> Charge:
    """Charges the customer's card; nothing due needs no card."""
    if invoice.amount_due == 0:
        return PAID
    return charge(draft.customer(invoice.customer_id).card, occasion)


def collect(draft: Draft, invoice: Invoice, *, is_scheduled: bool) -> Charge:
    """Charges while nobody watches. A failure of a scheduled attempt leads to the next one, or to the end."""
    opened = finalize(draft, invoice) if invoice.status is InvoiceStatus.DRAFT else invoice
    answer = ask_bank(draft, opened, Occasion.UNATTENDED)
    if answer.verdict is Verdict.PAID:
        settle(draft, opened)
        return answer
    first = opened.first_failed_at or draft.now
    failed = evolve(opened, attempts=opened.attempts + 1, first_failed_at=first)
    retries = [first + wait for wait in draft.world.settings.retry_after if first + wait > draft.now]
    if is_scheduled:
        failed = evolve(failed, next_attempt_at=retries[0] if retries else None)
    tell_invoice(draft, failed, "payment_failed")
    sub = draft.subscription(invoice.subscription_id)
    if sub.status in {Status.ACTIVE, Status.TRIALING}:
        sub = tell_update(draft, sub, evolve(sub, status=Status.PAST_DUE))
    if is_scheduled and not retries and not sub.is_over:
        give_up(draft, sub)
    return answer


def give_up(draft: Draft, sub: Subscription) -> None:
    """What the merchant chose for a renewal that was never paid."""
    match draft.world.settings.after_retries:
        case AfterRetries.CANCELED:
            end(draft, sub, reason="payment_failed")
        case AfterRetries.UNPAID:
            tell_update(draft, sub, evolve(sub, status=Status.UNPAID))


def drop_update(draft: Draft, sub: Subscription, *, verb: str | None = None) -> Subscription:
    """Voids the invoice that a change waits for, and forgets the change."""
    if sub.pending_update is None:
        return sub
    void(draft, draft.invoice(sub.pending_update.invoice_id))
    after = evolve(sub, pending_update=None)
    draft.put(after)
    if verb is not None:
        tell_subscription(draft, after, verb)
    return after


def end(draft: Draft, sub: Subscription, *, reason: str) -> None:
    """The subscription is over, and nobody asks for its open invoices any more, though they can still be paid."""
    sub = drop_update(draft, sub)
    ended = evolve(
        sub,
        status=Status.CANCELED,
        ended_at=draft.now,
        canceled_at=sub.canceled_at or draft.now,
        cancel_reason=sub.cancel_reason or reason,
        schedule=None,
    )
    for invoice in draft.named(Invoice, sub.id):
        if invoice.next_attempt_at is not None:
            draft.put(evolve(invoice, next_attempt_at=None))
    tell_subscription(draft, ended, "deleted")
