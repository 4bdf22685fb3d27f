"""What happens to a running subscription on request: another price, an end, or a change of mind.

The last wish wins: cancelling drops a change that was to come, and a change clears a cancellation.
"""

from datetime import datetime, timedelta

from attrs import evolve

from billing_core.adapters.simulated.answers import told_line
from billing_core.adapters.simulated.billing import Change, amount_due, change_of, unused_rest
from billing_core.adapters.simulated.cards import Occasion, Verdict
from billing_core.adapters.simulated.collecting import (
    ask_bank,
    bill,
    collect,
    drop_update,
    end,
    ensure_currency,
    finalize,
    settle,
    void,
)
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_invoice, tell_subscription, tell_update
from billing_core.adapters.simulated.goods import Price, recurring
from billing_core.adapters.simulated.results import PaymentResult, PaymentStatus
from billing_core.adapters.simulated.shapes import hosted_invoice_url
from billing_core.adapters.simulated.state import Invoice, InvoiceStatus, PendingUpdate, Schedule, Subscription
from billing_core.adapters.simulated.stocking import priced
from billing_core.domain.errors import IllegalTransition, InvalidValue
from billing_core.domain.money import Money
from billing_core.domain.subscription import VERBS
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.facts import InvoiceLine
from billing_core.ports.gateway import ChangeOutcome, ChangeQuote, ChangeStatus, PlanChange, When

AUTHENTICATE_WITHIN = timedelta(hours=23)
DONE = ChangeOutcome(status=ChangeStatus.DONE)


def preview(draft: Draft, change: PlanChange) -> ChangeQuote:
    """Raises UnknownAtGateway, IllegalTransition, CurrencyLocked, InvalidValue."""
    sub, price = _wished(draft, change)
    at = _moment(draft, sub, change)
    due, next_at = 0, sub.period_end
    lines: tuple[InvoiceLine, ...] = ()
    if change.when is When.NOW and price.id != sub.price:
        planned = _planned(draft, sub, price, at)
        balance = draft.customer(sub.customer_id).balance
        due = amount_due(planned.total, balance) if planned.total > 0 else planned.total
        next_at = planned.period_end
        lines = tuple(told_line(draft, evolve(x, id=f"il_tmp_{n}")) for n, x in enumerate(planned.lines, 1))
    return ChangeQuote(
        due_now_minor=due,
        currency=sub.currency,
        next_amount=Money(price.amount_minor, price.currency),
        next_at=next_at,
        as_of=at,
        lines=lines,
    )


def change_plan(draft: Draft, change: PlanChange) -> ChangeOutcome:
    """Raises UnknownAtGateway, IllegalTransition, CurrencyLocked, InvalidValue."""
    sub, price = _wished(draft, change)
    at = _moment(draft, sub, change)
    if price.id == sub.price:
        _told_as(draft, drop_update(draft, sub), schedule=None)
        return DONE
    if change.when is When.NOW:
        return _change_now(draft, drop_update(draft, sub), _planned(draft, sub, price, at))
    schedule = Schedule(id=draft.new_id("sub_sched"), price=price.id, created_at=draft.now)
    _told_as(draft, drop_update(draft, sub), schedule=schedule)
    return DONE


def _wished(draft: Draft, change: PlanChange) -> tuple[Subscription, Price]:
    sub = draft.subscription(change.subscription_id)
    if sub.status not in VERBS["change"]:
        raise IllegalTransition("change", sub.status.value)
    price = recurring(priced(draft, change.price))
    ensure_currency(sub.currency, price.currency)
    return sub, price


def _moment(draft: Draft, sub: Subscription, change: PlanChange) -> datetime:
    at = (change.as_of or draft.now).replace(microsecond=0)
    if not sub.period_start <= at <= draft.now:
        raise InvalidValue("as_of", "not in the current period so far")
    return at


def _planned(draft: Draft, sub: Subscription, new: Price, at: datetime) -> Change:
    return change_of(sub, draft.price(sub.price), new, at)


def _told_as(draft: Draft, sub: Subscription, *, schedule: Schedule | None) -> None:
    wanted = evolve(sub, schedule=schedule, cancel_at_period_end=False, canceled_at=None, cancel_reason=None)
    tell_update(draft, sub, wanted)


def _change_now(draft: Draft, sub: Subscription, planned: Change) -> ChangeOutcome:
    """Billed at once, and applied only if paid: a decline leaves the subscription as it was."""
    invoice = finalize(draft, bill(draft, sub, planned.lines, reason="subscription_update"))
    answer = ask_bank(draft, invoice, Occasion.CHANGE)
    match answer.verdict:
        case Verdict.PAID:
            _apply(draft, draft.subscription(sub.id), _update(draft, planned, invoice))
            settle(draft, invoice)
            return DONE
        case Verdict.ASKS:
            waiting = evolve(draft.subscription(sub.id), pending_update=_update(draft, planned, invoice))
            tell_update(draft, draft.subscription(sub.id), waiting)
            tell_invoice(draft, invoice, "payment_action_required")
            url = hosted_invoice_url(invoice.id, draft.world)
            return ChangeOutcome(status=ChangeStatus.PENDING_AUTHENTICATION, hosted_invoice_url=url)
        case Verdict.DECLINED:
            failed = evolve(invoice, attempts=1, first_failed_at=draft.now)
            tell_invoice(draft, failed, "payment_failed")
            void(draft, failed)
            draft.put(sub)
            return ChangeOutcome(status=ChangeStatus.DECLINED, decline_code=answer.decline_code)


def _update(draft: Draft, planned: Change, invoice: Invoice) -> PendingUpdate:
    return PendingUpdate(
        invoice_id=invoice.id,
        price=planned.price,
        quantity=planned.quantity,
        anchor=planned.anchor,
        period_start=planned.period_start,
        period_end=planned.period_end,
        expires_at=draft.now + AUTHENTICATE_WITHIN,
    )


def _apply(draft: Draft, sub: Subscription, update: PendingUpdate) -> Subscription:
    changed = evolve(
        sub,
        price=update.price,
        quantity=update.quantity,
        anchor=update.anchor,
        period_start=update.period_start,
        period_end=update.period_end,
        pending_update=None,
        schedule=None,
        cancel_at_period_end=False,
        canceled_at=None,
        cancel_reason=None,
    )
    return tell_update(draft, sub, changed)


def authenticate(draft: Draft, invoice: Invoice, *, ok: bool) -> PaymentResult:
    """The card's owner answers for an open invoice; a change that waited for it is applied."""
    if not ok:
        _ensure_open(invoice)
        tell_invoice(draft, evolve(invoice, attempts=invoice.attempts + 1), "payment_failed")
        return PaymentResult(status=PaymentStatus.DECLINED, decline_code="authentication_required")
    sub = draft.subscription(invoice.subscription_id)
    if sub.pending_update is None or sub.pending_update.invoice_id != invoice.id:
        return retry(draft, invoice)
    _ensure_open(invoice)
    tell_subscription(draft, _apply(draft, sub, sub.pending_update), "pending_update_applied")
    settle(draft, invoice)
    return PaymentResult(status=PaymentStatus.SUCCEEDED)


def retry(draft: Draft, invoice: Invoice) -> PaymentResult:
    """Charges an open invoice once more, beside its schedule."""
    _ensure_open(invoice)
    sub = draft.subscription(invoice.subscription_id)
    if sub.pending_update is not None and sub.pending_update.invoice_id == invoice.id:
        answer = ask_bank(draft, invoice, Occasion.CHANGE)
        if answer.verdict is Verdict.PAID:
            return authenticate(draft, invoice, ok=True)
        failed = "payment_failed" if answer.verdict is Verdict.DECLINED else "payment_action_required"
        tell_invoice(draft, evolve(invoice, attempts=invoice.attempts + 1), failed)
    else:
        answer = collect(draft, invoice, is_scheduled=False)
    match answer.verdict:
        case Verdict.PAID:
            return PaymentResult(status=PaymentStatus.SUCCEEDED)
        case Verdict.ASKS:
            url = hosted_invoice_url(invoice.id, draft.world)
            return PaymentResult(status=PaymentStatus.REQUIRES_AUTHENTICATION, redirect_url=url)
        case Verdict.DECLINED:
            return PaymentResult(status=PaymentStatus.DECLINED, decline_code=answer.decline_code)


def _ensure_open(invoice: Invoice) -> None:
    if invoice.status is not InvoiceStatus.OPEN:
        raise IllegalTransition("pay an invoice", invoice.status.value)


def drop_change(draft: Draft, sub: Subscription) -> None:
    """Where there is none, nothing happens."""
    tell_update(draft, sub, evolve(sub, schedule=None))


def cancel(draft: Draft, sub: Subscription, *, at_period_end: bool, prorate: bool) -> None:
    """Raises UnknownAtGateway where it is over already, as Stripe does."""
    if sub.is_over:
        raise UnknownAtGateway(f"running subscription {sub.id}")
    sub = drop_update(draft, sub)
    reason = "cancellation_requested"
    if at_period_end:
        at = sub.canceled_at or draft.now
        ending = evolve(sub, cancel_at_period_end=True, canceled_at=at, cancel_reason=reason, schedule=None)
        tell_update(draft, sub, ending)
        return
    credit = unused_rest(sub, draft.price(sub.price), draft.now)
    if prorate and credit.amount_minor:
        settle(draft, finalize(draft, bill(draft, sub, (credit,), reason="subscription_update")))
    end(draft, draft.subscription(sub.id), reason=reason)


def resume(draft: Draft, sub: Subscription) -> None:
    """Undoes a cancellation at the period's end. Raises IllegalTransition where it is over."""
    if sub.is_over:
        raise IllegalTransition("resume", sub.status.value)
    tell_update(draft, sub, evolve(sub, cancel_at_period_end=False, canceled_at=None, cancel_reason=None))
