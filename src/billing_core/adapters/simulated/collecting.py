"""How an invoice gets its money: by its schedule, or by hand."""

from attrs import evolve

from billing_core.adapters.simulated.cards import PAID, Charge, Occasion, Verdict, charge
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.ending import give_up
from billing_core.adapters.simulated.events import tell_invoice, tell_update
from billing_core.adapters.simulated.invoicing import finalize, settle
from billing_core.adapters.simulated.paying import attempt, intent_of
from billing_core.adapters.simulated.subscriptions import Invoice, InvoiceStatus, Subscription
from billing_core.domain.subscription import Status


def ask_bank(draft: Draft, invoice: Invoice, occasion: Occasion) -> Charge:
    """Charges the customer's card; nothing due needs no card."""
    if invoice.amount_due == 0:
        return PAID
    blocks = draft.world.settings.blocks_highest_risk
    return charge(draft.customer(invoice.customer_id).card, occasion, blocks=blocks)


def collect(draft: Draft, invoice: Invoice, *, is_scheduled: bool) -> Charge:
    """Charges while nobody watches."""
    opened = finalize(draft, invoice) if invoice.status is InvoiceStatus.DRAFT else invoice
    answer = ask_bank(draft, opened, Occasion.UNATTENDED)
    match answer.verdict:
        case Verdict.PAID:
            settle(draft, opened)
        case Verdict.PROCESSING:
            await_bank(draft, opened, answer)
        case Verdict.ASKS | Verdict.DECLINED:
            miss(draft, opened, answer, is_scheduled=is_scheduled)
    return answer


def await_bank(draft: Draft, invoice: Invoice, answer: Charge) -> Invoice:
    """The money is under way; the invoice stays open until the bank has answered."""
    intent, holder = intent_of(draft, invoice.id), draft.customer(invoice.customer_id)
    assert intent is not None  # something is due, or the bank had not been asked
    attempt(draft, intent, holder.card, answer)
    waiting = evolve(invoice, next_attempt_at=None)
    draft.put(waiting)
    return waiting


def miss(draft: Draft, opened: Invoice, answer: Charge, *, is_scheduled: bool) -> None:
    """No money came. A failure of a scheduled attempt leads to the next one, or to the end."""
    first = opened.first_failed_at or draft.now
    retries = [first + wait for wait in draft.world.settings.retry_after if first + wait > draft.now]
    next_at = (retries[0] if retries else None) if is_scheduled else opened.next_attempt_at
    is_over = draft.subscription(opened.subscription_id).is_over
    next_at = None if is_over else next_at
    note_failure(draft, evolve(opened, first_failed_at=first, next_attempt_at=next_at), answer)
    sub = fall_behind(draft, draft.subscription(opened.subscription_id))
    if is_scheduled and not retries and not sub.is_over:
        give_up(draft, sub)


def note_failure(draft: Draft, invoice: Invoice, answer: Charge) -> Invoice:
    """An attempt at an open invoice that brought no money: the bank said no, or asks its customer first."""
    intent, holder = intent_of(draft, invoice.id), draft.customer(invoice.customer_id)
    assert intent is not None  # something is due, or the bank had not been asked
    attempt(draft, intent, holder.card, answer)
    failed = evolve(invoice, attempts=invoice.attempts + 1)
    tell_invoice(draft, failed, "payment_action_required" if answer.verdict is Verdict.ASKS else "payment_failed")
    return failed


def fall_behind(draft: Draft, sub: Subscription) -> Subscription:
    """Its invoice is not paid, so it is past due."""
    if sub.status not in {Status.ACTIVE, Status.TRIALING}:
        return sub
    return tell_update(draft, sub, evolve(sub, status=Status.PAST_DUE))
