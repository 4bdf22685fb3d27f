"""A period starts before its time: a trial is ended, or a paused subscription goes on."""

from enum import Enum

from attrs import evolve

from billing_core.adapters.simulated.billing import next_end, unused_rest, whole_period
from billing_core.adapters.simulated.cards import Occasion, Verdict
from billing_core.adapters.simulated.changing import Prorations, card_error
from billing_core.adapters.simulated.collecting import ask_bank, collect
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_subscription, tell_update
from billing_core.adapters.simulated.invoicing import bill, finalize
from billing_core.adapters.simulated.renewals import end_period
from billing_core.adapters.simulated.subscriptions import Invoice, Line, Subscription
from billing_core.domain.subscription import Status


class Resuming(Enum):
    """Whether a paused subscription goes on as its invoice is tried, or only once that is paid."""

    ON_ATTEMPT = "resume_on_payment_attempt"
    ON_SUCCESS = "resume_on_payment_success"


def end_trial(draft: Draft, sub: Subscription) -> None:
    """The first paid period starts now, from where months are counted; where there is no trial, nothing happens."""
    if sub.status is not Status.TRIALING:
        return
    ended = evolve(sub, trial_end=draft.now, period_end=draft.now, anchor=draft.now)
    draft.put(ended)
    end_period(draft, ended)
    after = draft.subscription(sub.id)
    if after.latest_invoice_id and after.latest_invoice_id != sub.latest_invoice_id:
        collect(draft, draft.invoice(after.latest_invoice_id), is_scheduled=True)


def resume_paused(draft: Draft, sub: Subscription, resuming: Resuming = Resuming.ON_ATTEMPT) -> None:
    """A whole period starts now, and is charged for. Raises Refused where it is to be paid first, and is not."""
    price = draft.price(sub.price)
    end = next_end(draft.now, draft.now, price)
    awake = _awake(sub)
    line = whole_period(price, draft.now, end, quantity=sub.quantity)
    _go_on(draft, sub, evolve(awake, anchor=draft.now, period_start=draft.now, period_end=end), (line,), resuming)


def resume_in_place(draft: Draft, sub: Subscription, resuming: Resuming, prorations: Prorations) -> None:
    """It goes on in the period in which it would be had it never rested; the rest of that is charged for."""
    price, start, end = draft.price(sub.price), sub.period_start, sub.period_end
    while end <= draft.now:
        start, end = end, next_end(sub.anchor, end, price)
    awake = evolve(_awake(sub), period_start=start, period_end=end)
    rest = unused_rest(awake, price, draft.now)
    lines = (evolve(rest, amount_minor=-rest.amount_minor, is_credit=False),)
    match prorations:
        case Prorations.NONE:
            _go_on(draft, sub, awake, (), resuming)
        case Prorations.CREATE:
            _go_on(draft, sub, evolve(awake, pending_lines=(*awake.pending_lines, *lines)), (), resuming)
        case Prorations.ALWAYS_INVOICE:
            _go_on(draft, sub, awake, lines, resuming)


def _awake(sub: Subscription) -> Subscription:
    return evolve(sub, status=Status.ACTIVE, paused_at=None, pause_reason=None)


def _go_on(
    draft: Draft, before: Subscription, after: Subscription, lines: tuple[Line, ...], resuming: Resuming
) -> None:
    tell_subscription(draft, tell_update(draft, before, after), "resumed")
    if not lines:
        return
    invoice = bill(draft, after, lines, reason="subscription_cycle")
    if resuming is Resuming.ON_SUCCESS:
        invoice = _ensure_paid(draft, invoice)
    collect(draft, invoice, is_scheduled=True)


def _ensure_paid(draft: Draft, invoice: Invoice) -> Invoice:
    """The invoice, of which the bank is known to pay what is due. Raises Refused."""
    opened = finalize(draft, invoice)
    answer = ask_bank(draft, opened, Occasion.UNATTENDED)
    if answer.verdict not in {Verdict.PAID, Verdict.PROCESSING}:
        raise card_error(answer)
    return opened
