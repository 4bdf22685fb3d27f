"""What becomes of a subscription's schedule: made, changed, gone along with, let go."""

from collections.abc import Sequence

from attrs import evolve

from billing_core.adapters.simulated import schedule_shape
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_update
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.schedules import EndBehavior, Phase, Schedule, ScheduleStatus
from billing_core.adapters.simulated.subscriptions import Subscription


def active_schedule(draft: Draft, sub: Subscription) -> Schedule | None:
    """The one that manages the subscription; one that ended with it is told with it still, but manages nothing."""
    schedule = draft.state.schedules.get(sub.schedule_id or "")
    return schedule if schedule is not None and schedule.is_active else None


def tell_schedule(draft: Draft, schedule: Schedule, verb: str) -> Schedule:
    """`subscription_schedule.<verb>`."""
    draft.put(schedule)
    draft.emit(f"subscription_schedule.{verb}", schedule_shape.schedule(schedule))
    return schedule


def schedule_from(draft: Draft, sub: Subscription) -> Schedule:
    """A schedule that goes on as the subscription stands. Raises Refused."""
    if sub.is_over:
        raise Refused(message="You cannot create a schedule from a subscription that is canceled.")
    if sub.schedule_id is not None:
        attached = f"You cannot migrate a subscription that is already attached to a schedule: `{sub.schedule_id}`."
        raise Refused(message=attached, param="from_subscription")
    current = Phase(
        start=sub.period_start, end=sub.period_end, price=sub.price, quantity=sub.quantity, trial_end=sub.trial_end
    )
    schedule = Schedule(
        id=draft.new_id("sub_sched"),
        subscription_id=sub.id,
        customer_id=sub.customer_id,
        currency=sub.currency,
        created_at=draft.now,
        phases=(current,),
        end_behavior=EndBehavior.RELEASE if sub.ends_at is None else EndBehavior.CANCEL,
    )
    tell_schedule(draft, schedule, "created")
    tell_update(draft, sub, evolve(sub, schedule_id=schedule.id))
    return schedule


def rephase(draft: Draft, schedule: Schedule, phases: Sequence[Phase], end_behavior: EndBehavior) -> Schedule:
    """Other phases from the current one on. Raises Refused."""
    ensure_active(schedule, "update")
    sub = draft.subscription(schedule.subscription_id)
    first = phases[0]
    if first.start != schedule.phase.start:
        raise Refused(message="You can not modify the start date of the current phase.", param="phases[0][start_date]")
    if first.end <= draft.now:
        raise Refused(message="The current phase must end in the future.", param="phases[0][end_date]")
    if (first.price, first.quantity) != (sub.price, sub.quantity):
        message = "The simulated Stripe changes what a subscription is to in later phases only."
        raise Refused(message=message, param="phases[0][items]")
    changed = evolve(schedule, phases=(*schedule.phases[: schedule.current], *phases), end_behavior=end_behavior)
    tell_schedule(draft, changed, "updated")
    if end_behavior is EndBehavior.CANCEL:
        after = evolve(sub, cancel_at=phases[-1].end, cancel_at_period_end=False)
    else:
        after = evolve(sub, cancel_at=None, cancel_at_period_end=False, canceled_at=None, cancel_reason=None)
    tell_update(draft, sub, after)
    return changed


def release(draft: Draft, schedule: Schedule) -> Schedule:
    """Lets the subscription go on by itself as it is. Raises Refused."""
    ensure_active(schedule, "release")
    released = evolve(schedule, status=ScheduleStatus.RELEASED, released_at=draft.now)
    sub = draft.subscription(schedule.subscription_id)
    tell_update(draft, sub, evolve(sub, schedule_id=None))
    return tell_schedule(draft, released, "released")


def ensure_active(schedule: Schedule, verb: str) -> None:
    """Raises Refused for one that has ended."""
    if not schedule.is_active:
        status = schedule.status.value
        raise Refused(message=f"You cannot {verb} a subscription schedule that is currently in the `{status}` status.")


def cancel_schedule(draft: Draft, sub: Subscription) -> None:
    """The subscription is over, and its schedule with it; where it has none, nothing happens."""
    schedule = active_schedule(draft, sub)
    if schedule is not None:
        is_done = schedule.end_behavior is EndBehavior.CANCEL and schedule.phases[-1].end <= draft.now
        if is_done:
            ended = evolve(schedule, status=ScheduleStatus.COMPLETED, completed_at=draft.now)
        else:
            ended = evolve(schedule, status=ScheduleStatus.CANCELED, canceled_at=draft.now)
        tell_schedule(draft, ended, ended.status.value)


def next_phase(draft: Draft, sub: Subscription) -> Phase | None:
    """What the schedule makes of the subscription where its period ends; None where nothing is to change there."""
    schedule = active_schedule(draft, sub)
    if schedule is None or schedule.phase.end > sub.period_end:
        return None
    return schedule.following


def go_on(draft: Draft, sub: Subscription) -> Subscription:
    """Time has passed: the schedule is in its next phase, or is over and lets go, where its present phase has ended."""
    schedule = active_schedule(draft, sub)
    if schedule is None or schedule.phase.end > draft.now:
        return sub
    if schedule.following is None:
        release(draft, schedule)
        return draft.subscription(sub.id)
    tell_schedule(draft, evolve(schedule, current=schedule.current + 1), "updated")
    return sub


def take_over(draft: Draft, sub: Subscription) -> None:
    """The subscription was changed now, so its schedule's phase becomes two; where that says so already, nothing."""
    schedule = active_schedule(draft, sub)
    if schedule is None or (schedule.phase.price, schedule.phase.quantity) == (sub.price, sub.quantity):
        return
    past, future = schedule.phases[: schedule.current], schedule.phases[schedule.current + 1 :]
    changed = evolve(schedule.phase, price=sub.price, quantity=sub.quantity)
    if schedule.phase.start < draft.now:
        past, changed = (*past, evolve(schedule.phase, end=draft.now)), evolve(changed, start=draft.now)
    tell_schedule(draft, evolve(schedule, phases=(*past, changed, *future), current=len(past)), "updated")
