"""What comes due by itself: expiries, the notice of a trial's end, period ends and attempts to collect.

One thing at a time, in the order of their instants, so that a jump of a year ends as a year of days does.
"""

from datetime import datetime

from attrs import evolve

from billing_core.adapters.simulated import checkout
from billing_core.adapters.simulated.agenda import Agenda, Matter
from billing_core.adapters.simulated.billing import next_end, whole_period
from billing_core.adapters.simulated.changing import end_phase
from billing_core.adapters.simulated.collecting import collect
from billing_core.adapters.simulated.debiting import conclude
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.ending import drop_update, end
from billing_core.adapters.simulated.events import tell_subscription, tell_update
from billing_core.adapters.simulated.invoicing import bill
from billing_core.adapters.simulated.money import PaymentIntent
from billing_core.adapters.simulated.pausing import collect_again, hold_back, pause
from billing_core.adapters.simulated.schedules import Schedule
from billing_core.adapters.simulated.scheduling import go_on, next_phase
from billing_core.adapters.simulated.subscriptions import PauseReason, Subscription
from billing_core.domain.subscription import Status


def bring(draft: Draft, agenda: Agenda, now: datetime) -> None:
    """Does everything that is due by then, each at its own moment."""
    while (due := agenda.first(draft.state)) is not None and due[0] <= now:
        draft.now = max(draft.now, due[0])
        _do(draft, due[1], due[2])
        agenda.add(draft.taken())
    draft.now = now


def _do(draft: Draft, matter: Matter, key: str) -> None:
    match matter:
        case Matter.CHECKOUT_EXPIRY:
            checkout.expire(draft, draft.session(key))
        case Matter.UPDATE_EXPIRY:
            drop_update(draft, draft.subscription(key), verb="pending_update_expired")
        case Matter.TRIAL_NOTICE:
            tell_subscription(draft, evolve(draft.subscription(key), trial_noticed=True), "trial_will_end")
        case Matter.PERIOD_END:
            end_period(draft, draft.subscription(key))
        case Matter.COLLECTION:
            collect(draft, draft.invoice(key), is_scheduled=True)
        case Matter.COLLECTING_AGAIN:
            collect_again(draft, draft.subscription(key))
        case Matter.SETTLEMENT:
            conclude(draft, draft.find(PaymentIntent, key))
        case Matter.PHASE_END:
            end_phase(draft, draft.find(Schedule, key))


def end_period(draft: Draft, sub: Subscription) -> None:
    """It is renewed, with a draft invoice that is collected soon, or it is over."""
    has_card = draft.customer(sub.customer_id).card is not None
    at_end = "nothing" if has_card or sub.status is not Status.TRIALING else sub.without_card
    is_wanted = sub.ends_at is not None and sub.ends_at <= draft.now
    if is_wanted or at_end == "cancel":
        end(draft, sub, reason="cancellation_requested" if is_wanted else "payment_failed")
        return
    if at_end == "pause":
        pause(draft, sub, PauseReason.NO_CARD)
        return
    renewed = _renewed(draft, sub)
    price = draft.price(renewed.price)
    line = whole_period(price, renewed.period_start, renewed.period_end, quantity=renewed.quantity)
    tell_update(draft, sub, renewed)
    invoice = bill(draft, go_on(draft, renewed), (line,), reason="subscription_cycle")
    waits = draft.world.settings.draft_for
    is_collected = renewed.status is not Status.UNPAID and renewed.uncollected is None
    due_at = draft.now + waits if is_collected else None
    waiting = evolve(invoice, period_start=sub.period_start, period_end=sub.period_end, next_attempt_at=due_at)
    draft.put(waiting)
    if renewed.uncollected is not None:
        hold_back(draft, waiting, renewed.uncollected)


def _renewed(draft: Draft, sub: Subscription) -> Subscription:
    """The next period. A scheduled price takes over; another interval counts anew from here, as a trial's end does."""
    start, phase = sub.period_end, next_phase(draft, sub)
    price_id, quantity = (phase.price, phase.quantity) if phase else (sub.price, sub.quantity)
    before, after = draft.price(sub.price), draft.price(price_id)
    anchor = sub.anchor if before.months == after.months else start
    return evolve(
        sub,
        price=price_id,
        quantity=quantity,
        status=Status.ACTIVE if sub.status is Status.TRIALING else sub.status,
        anchor=anchor,
        period_start=start,
        period_end=next_end(anchor, start, after),
    )
