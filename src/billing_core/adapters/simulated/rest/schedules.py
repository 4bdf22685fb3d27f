"""Subscription schedules: made from a subscription, given phases, let go."""

from datetime import datetime

from billing_core.adapters.simulated import schedule_shape
from billing_core.adapters.simulated.billing import next_end
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.items import price_in
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.adapters.simulated.schedules import EndBehavior, Phase, Schedule
from billing_core.adapters.simulated.scheduling import release, rephase, schedule_from
from billing_core.adapters.simulated.subscriptions import Subscription
from billing_core.domain.calendar import nth_month
from billing_core.domain.catalog import Interval

_PRORATIONS = ("always_invoice", "create_prorations", "none")


def create(draft: Draft, params: Params) -> Json:
    sub = referred(draft, params, "from_subscription", Subscription, "subscription")
    return _shape(draft, schedule_from(draft, params.needed("from_subscription", sub)))


def retrieve(draft: Draft, params: Params, schedule_id: str) -> Json:
    return _shape(draft, _found(draft, schedule_id))


def update(draft: Draft, params: Params, schedule_id: str) -> Json:
    schedule = _found(draft, schedule_id)
    params.choice("proration_behavior", *_PRORATIONS)
    said = params.choice("end_behavior", *(known.value for known in EndBehavior))
    phases = _phases(draft, params, draft.subscription(schedule.subscription_id)) or schedule.phases
    end_behavior = EndBehavior(said) if said else schedule.end_behavior
    return _shape(draft, rephase(draft, schedule, phases, end_behavior))


def let_go(draft: Draft, params: Params, schedule_id: str) -> Json:
    return _shape(draft, release(draft, _found(draft, schedule_id)))


def _phases(draft: Draft, params: Params, sub: Subscription) -> tuple[Phase, ...]:
    phases: list[Phase] = []
    for row in params.rows("phases"):
        phases.append(_phase(draft, row, sub, start=phases[-1].end if phases else None))
    return tuple(phases)


def _phase(draft: Draft, row: Params, sub: Subscription, *, start: datetime | None) -> Phase:
    """A phase starts where the one before ends, and lasts a period of its price where it does not say otherwise."""
    items = row.rows("items")
    if len(items) != 1:
        raise row.refused("items", "The simulated Stripe has subscriptions to one price only.")
    price = items[0].needed("price", price_in(draft, items[0], sub))
    begins = row.needed("start_date", row.moment("start_date") or start)
    if start is not None and begins != start:
        raise row.refused("start_date", "The start date of a phase must be the end date of the one before it.")
    ends = row.moment("end_date") or _after(row.inside("duration"), begins) or next_end(begins, begins, price)
    if ends <= begins:
        raise row.refused("end_date", "The end date of a phase must be after its start date.")
    for ignored in ("collection_method", "automatic_tax", "description"):
        row.anything(ignored)
    return Phase(
        start=begins,
        end=ends,
        price=price.id,
        quantity=items[0].whole("quantity", least=1) or 1,
        trial_end=row.moment("trial_end"),
        proration_behavior=row.choice("proration_behavior", *_PRORATIONS) or "create_prorations",
        metadata=row.metadata(),
    )


def _after(duration: Params, start: datetime) -> datetime | None:
    interval = duration.choice("interval", *(known.value for known in Interval))
    count = duration.whole("interval_count", least=1) or 1
    return nth_month(start, Interval(interval).months * count) if interval else None


def _found(draft: Draft, schedule_id: str) -> Schedule:
    return found(draft, Schedule, schedule_id, "subscription schedule")


def _shape(draft: Draft, schedule: Schedule) -> Json:
    return schedule_shape.schedule(schedule)


def _in_subscription(draft: Draft, shape: Json) -> Json | None:
    key = shape.get("schedule")
    return _shape(draft, _found(draft, key)) if isinstance(key, str) else None


ROUTES = (
    Route("POST", "/v1/subscription_schedules", create),
    Route("GET", "/v1/subscription_schedules/{schedule_id}", retrieve),
    Route("POST", "/v1/subscription_schedules/{schedule_id}", update),
    Route("POST", "/v1/subscription_schedules/{schedule_id}/release", let_go),
)
EXPANDING: Expandings = {("subscription", "schedule"): _in_subscription}
