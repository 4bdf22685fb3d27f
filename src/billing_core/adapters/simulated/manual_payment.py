"""An open invoice is paid beside its schedule, by hand; a change that waited for it is applied."""

from attrs import evolve

from billing_core.adapters.simulated.cards import Charge, Occasion, Verdict
from billing_core.adapters.simulated.changing import apply_update
from billing_core.adapters.simulated.collecting import ask_bank, await_bank, collect, note_failure
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_invoice, tell_subscription
from billing_core.adapters.simulated.invoicing import settle
from billing_core.adapters.simulated.paying import intent_of, is_under_way, refuse_authentication
from billing_core.adapters.simulated.results import PaymentResult, PaymentStatus
from billing_core.adapters.simulated.shapes import hosted_invoice_url
from billing_core.adapters.simulated.subscriptions import Invoice, InvoiceStatus
from billing_core.adapters.simulated.writing_off import take_elsewhere
from billing_core.domain.errors import IllegalTransition


def authenticate(draft: Draft, invoice: Invoice, *, ok: bool) -> PaymentResult:
    """The card's owner answers for an open invoice; a change that waited for it is applied."""
    if ok and not _is_waited_for(draft, invoice):
        return retry(draft, invoice)
    _ensure_open(invoice)
    if ok:
        _pay_update(draft, invoice)
        return PaymentResult(status=PaymentStatus.SUCCEEDED)
    intent = intent_of(draft, invoice.id)
    if intent is not None:
        refuse_authentication(draft, intent)
    tell_invoice(draft, evolve(invoice, attempts=invoice.attempts + 1), "payment_failed")
    return PaymentResult(status=PaymentStatus.DECLINED, decline_code="authentication_required")


def retry(draft: Draft, invoice: Invoice) -> PaymentResult:
    """Charges an open invoice once more, beside its schedule. Raises IllegalTransition, also where a bank is asked."""
    if is_under_way(draft, invoice):
        raise IllegalTransition("pay an invoice", "processing")
    answer = pay(draft, invoice)
    match answer.verdict:
        case Verdict.PAID:
            return PaymentResult(status=PaymentStatus.SUCCEEDED)
        case Verdict.ASKS:
            url = hosted_invoice_url(invoice.id, draft.world)
            return PaymentResult(status=PaymentStatus.REQUIRES_AUTHENTICATION, redirect_url=url)
        case Verdict.PROCESSING:
            return PaymentResult(status=PaymentStatus.PROCESSING)
        case Verdict.DECLINED:
            return PaymentResult(status=PaymentStatus.DECLINED, decline_code=answer.decline_code)


def pay(draft: Draft, invoice: Invoice) -> Charge:
    """Charges the customer's card for an open invoice; a change that waited for it is applied."""
    _ensure_open(invoice)
    if not _is_waited_for(draft, invoice):
        return collect(draft, invoice, is_scheduled=False)
    answer = ask_bank(draft, invoice, Occasion.CHANGE)
    if answer.verdict is Verdict.PAID:
        _pay_update(draft, invoice)
    elif answer.verdict is Verdict.PROCESSING:
        _apply_waiting(draft, invoice)
        await_bank(draft, invoice, answer)
    else:
        note_failure(draft, invoice, answer)
    return answer


def pay_elsewhere(draft: Draft, invoice: Invoice) -> Invoice:
    """Somebody has seen the money; a change that waited for it is applied."""
    _ensure_open(invoice)
    if _is_waited_for(draft, invoice):
        _apply_waiting(draft, invoice)
    return take_elsewhere(draft, invoice)


def _is_waited_for(draft: Draft, invoice: Invoice) -> bool:
    update = draft.subscription(invoice.subscription_id).pending_update
    return update is not None and update.invoice_id == invoice.id


def _pay_update(draft: Draft, invoice: Invoice) -> None:
    _apply_waiting(draft, invoice)
    settle(draft, invoice)


def _apply_waiting(draft: Draft, invoice: Invoice) -> None:
    sub = draft.subscription(invoice.subscription_id)
    assert sub.pending_update is not None  # that is what waits
    tell_subscription(draft, apply_update(draft, sub, sub.pending_update), "pending_update_applied")


def _ensure_open(invoice: Invoice) -> None:
    if invoice.status not in {InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE}:
        raise IllegalTransition("pay an invoice", invoice.status.value)
