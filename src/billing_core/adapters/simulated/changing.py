"""Another price or quantity for a running subscription: prorated, billed at once or later, and applied or not."""

from datetime import datetime, timedelta
from enum import Enum

from attrs import evolve, frozen

from billing_core.adapters.simulated.billing import Change, change_of
from billing_core.adapters.simulated.cards import PAID, Charge, Occasion, Verdict
from billing_core.adapters.simulated.collecting import ask_bank, await_bank, fall_behind, note_failure
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.ending import drop_update
from billing_core.adapters.simulated.events import tell_update
from billing_core.adapters.simulated.goods import Price
from billing_core.adapters.simulated.invoicing import bill, finalize, settle
from billing_core.adapters.simulated.money_shape import GENERIC, declined
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.schedules import Schedule
from billing_core.adapters.simulated.scheduling import go_on, take_over
from billing_core.adapters.simulated.subscriptions import Invoice, PendingUpdate, Subscription

PAY_WITHIN = timedelta(hours=23)


class Prorations(Enum):
    """Whether the rests of the period are billed at once, with the next invoice, or not at all."""

    ALWAYS_INVOICE = "always_invoice"
    CREATE = "create_prorations"
    NONE = "none"


class Unpaid(Enum):
    """What an invoice that is not paid makes of the change that it bills."""

    WAIT = "pending_if_incomplete"
    ALLOW = "allow_incomplete"
    ERROR = "error_if_incomplete"


@frozen(kw_only=True)
class Wish:
    """What an item is to become, from when on, and how that is paid. `cancel_at_period_end` None leaves that alone."""

    price: Price
    quantity: int
    at: datetime
    prorations: Prorations = Prorations.CREATE
    unpaid: Unpaid = Unpaid.ALLOW
    cancel_at_period_end: bool | None = None


def plan(draft: Draft, sub: Subscription, wish: Wish) -> Change:
    """What the change makes of the subscription, with the lines that it causes."""
    old = draft.price(sub.price)
    change = change_of(sub, old, wish.price, wish.at, quantity=wish.quantity)
    if wish.prorations is Prorations.NONE:
        return evolve(change, lines=tuple(line for line in change.lines if not line.prorated))
    return change


def is_billed_now(sub: Subscription, planned: Change, wish: Wish) -> bool:
    """A new period is billed as it starts, a rest only where that is wished."""
    starts_anew = planned.period_end != sub.period_end
    return starts_anew or (wish.prorations is Prorations.ALWAYS_INVOICE and bool(planned.lines))


def change(draft: Draft, sub: Subscription, wish: Wish) -> Charge:
    """Does it, or leaves it pending; answers what the bank said. Raises Refused where that is an error."""
    if (wish.price.id, wish.quantity) == (sub.price, sub.quantity):
        return PAID
    sub = drop_update(draft, sub, verb="pending_update_expired")
    planned = plan(draft, sub, wish)
    if not is_billed_now(sub, planned, wish):
        update = _update(draft, planned, "", wish)
        apply_update(draft, evolve(sub, pending_lines=(*sub.pending_lines, *planned.lines)), update, before=sub)
        return PAID
    invoice = finalize(draft, bill(draft, sub, planned.lines, reason="subscription_update"))
    return _collected(draft, invoice, _update(draft, planned, invoice.id, wish), wish)


def _collected(draft: Draft, invoice: Invoice, update: PendingUpdate, wish: Wish) -> Charge:
    answer, sub = ask_bank(draft, invoice, Occasion.CHANGE), draft.subscription(invoice.subscription_id)
    if answer.verdict is Verdict.PAID:
        apply_update(draft, sub, update)
        settle(draft, invoice)
        return answer
    if answer.verdict is Verdict.PROCESSING:  # counts as paid, until the bank says otherwise
        apply_update(draft, sub, update)
        await_bank(draft, invoice, answer)
        return answer
    match wish.unpaid:
        case Unpaid.WAIT:
            tell_update(draft, sub, evolve(sub, pending_update=update))
            note_failure(draft, invoice, answer)
        case Unpaid.ALLOW:
            apply_update(draft, sub, update)
            note_failure(draft, evolve(invoice, first_failed_at=draft.now), answer)
            fall_behind(draft, draft.subscription(sub.id))
        case Unpaid.ERROR:
            raise card_error(answer)
    return answer


def card_error(answer: Charge) -> Refused:
    """The answer to a card that does not pay where only a paid change is wanted."""
    if answer.verdict is Verdict.ASKS:
        code = "subscription_payment_intent_requires_action"
        message = "Payment for this subscription requires additional user action before it can be completed."
        return Refused(message=message, code=code, type="card_error", status=402)
    return declined(answer.decline_code or GENERIC)


def _update(draft: Draft, planned: Change, invoice_id: str, wish: Wish) -> PendingUpdate:
    return PendingUpdate(
        invoice_id=invoice_id,
        price=planned.price,
        quantity=planned.quantity,
        anchor=planned.anchor,
        period_start=planned.period_start,
        period_end=planned.period_end,
        expires_at=draft.now + PAY_WITHIN,
        cancel_at_period_end=wish.cancel_at_period_end,
    )


def apply_update(
    draft: Draft, sub: Subscription, update: PendingUpdate, *, before: Subscription | None = None
) -> Subscription:
    """The subscription as the update wants it. `before` is what it was, where something else changed with it."""
    changed = evolve(
        sub,
        price=update.price,
        quantity=update.quantity,
        anchor=update.anchor,
        period_start=update.period_start,
        period_end=update.period_end,
        pending_update=None,
    )
    if update.cancel_at_period_end is not None:
        changed = ending(draft, changed, at_period_end=update.cancel_at_period_end)
    tell_update(draft, before or sub, changed)
    take_over(draft, changed)
    return changed


def end_phase(draft: Draft, schedule: Schedule) -> None:
    """A phase ends within a period: its successor is a change there, and the end of the last one no change at all."""
    phase, sub = schedule.following, go_on(draft, draft.subscription(schedule.subscription_id))
    if phase is not None:
        prorations = Prorations(phase.proration_behavior)
        wish = Wish(price=draft.price(phase.price), quantity=phase.quantity, at=draft.now, prorations=prorations)
        change(draft, sub, wish)


def ending(draft: Draft, sub: Subscription, *, at_period_end: bool, at: datetime | None = None) -> Subscription:
    """The subscription as it is to end with its period, at that moment, or not at all."""
    if not at_period_end and at is None:
        return evolve(sub, cancel_at_period_end=False, cancel_at=None, canceled_at=None, cancel_reason=None)
    return evolve(
        sub,
        cancel_at_period_end=at_period_end,
        cancel_at=at,
        canceled_at=sub.canceled_at or draft.now,
        cancel_reason="cancellation_requested",
    )
