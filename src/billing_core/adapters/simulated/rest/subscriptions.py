"""Subscriptions: looked at, changed and ended."""

from datetime import datetime
from functools import partial

from attrs import evolve

from billing_core.adapters.simulated import changing, shapes, subscription_shape
from billing_core.adapters.simulated.canceling import cancel_now
from billing_core.adapters.simulated.changing import Unpaid, ending
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.events import tell_update
from billing_core.adapters.simulated.goods import Price
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.rest.errors import missing
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.items import unpaid_of, wish_of
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.pauses import collection
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.adapters.simulated.restarting import end_trial
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.subscriptions import Subscription
from billing_core.domain.subscription import Status

_ENDED = {"canceled", "incomplete_expired"}
_STATUSES = ("all", "ended", *(status.value for status in Status))
_ENDINGS = ("cancel_at", "cancel_at_period_end")


def retrieve(draft: Draft, params: Params, sub_id: str) -> Json:
    return _shape(draft, found(draft, Subscription, sub_id, "subscription"))


def listed(draft: Draft, params: Params) -> Json:
    holder = referred(draft, params, "customer", Customer, "customer")
    price = referred(draft, params, "price", Price, "price")
    of = holder or price
    status = params.choice("status", *_STATUSES)

    def where(sub: Subscription) -> bool:
        is_meant = (holder is None or sub.customer_id == holder.id) and (price is None or sub.price == price.id)
        return is_meant and _has(sub, status)

    shape = partial(_shape, draft)
    return listing(draft, params, "/v1/subscriptions", Subscription, shape, by=of, where=where)


def _has(sub: Subscription, status: str | None) -> bool:
    """Unless they are asked for, canceled ones are left out."""
    match status:
        case None:
            return sub.status is not Status.CANCELED
        case "all":
            return True
        case "ended":
            return sub.status.value in _ENDED
        case _:
            return sub.status.value == status


def update(draft: Draft, params: Params, sub_id: str) -> Json:
    sub = found(draft, Subscription, sub_id, "subscription")
    unpaid, metadata = unpaid_of(params), params.metadata(over=sub.metadata)
    wish = evolve(wish_of(draft, params, sub), unpaid=unpaid)
    ends, ends_with_period, ends_at = _ending(draft, params, sub)
    ends_trial = params.choice("trial_end", "now") is not None
    _ensure_allowed(params, sub, unpaid)
    is_changed = (wish.price.id, wish.quantity) != (sub.price, sub.quantity)
    if ends and is_changed and not params.has("cancel_at"):
        wish = evolve(wish, cancel_at_period_end=ends_with_period)
    elif ends:
        tell_update(draft, sub, ending(draft, sub, at_period_end=ends_with_period, at=ends_at))
    sub = draft.subscription(sub_id)
    tell_update(draft, sub, evolve(collection(draft, params, sub), metadata=metadata))
    changing.change(draft, draft.subscription(sub_id), wish)
    if ends_trial:
        end_trial(draft, draft.subscription(sub_id))
    return _shape(draft, draft.subscription(sub_id))


def _ensure_allowed(params: Params, sub: Subscription, unpaid: Unpaid) -> None:
    asks_for_more = any(params.has(name) for name in ("items", "trial_end", "pause_collection", *_ENDINGS))
    if sub.is_over and asks_for_more:
        message = "A canceled subscription can only update its cancellation_details and metadata."
        raise Refused(message=message)
    if sub.schedule_id is not None and any(params.has(name) for name in _ENDINGS):
        message = (
            f"The subscription is managed by the subscription schedule `{sub.schedule_id}`, and updating any"
            " cancelation behavior directly is not allowed. Please update the schedule instead."
        )
        raise Refused(message=message)
    for name in ("metadata", "cancel_at", "pause_collection"):
        if unpaid is Unpaid.WAIT and params.has(name):
            message = f"`{name}` is not supported when `payment_behavior` is `pending_if_incomplete`."
            raise params.refused(name, message)


def _ending(draft: Draft, params: Params, sub: Subscription) -> tuple[bool, bool, datetime | None]:
    """Whether the end is to change, whether it is to be the period's, and which moment else."""
    with_period = params.flag("cancel_at_period_end")
    if not params.has("cancel_at"):
        keeps = with_period is None or (with_period is False and not sub.cancel_at_period_end)
        return not keeps, bool(with_period), None
    if with_period is not None:
        message = "Received both cancel_at and cancel_at_period_end parameters. Please pass in only one."
        raise params.refused("cancel_at", message)
    if params.anything("cancel_at") in {"", "min_period_end", "max_period_end"}:
        return True, False, sub.period_end if params.anything("cancel_at") else None
    at = params.moment("cancel_at")
    if at is None or at <= draft.now:
        raise params.refused("cancel_at", "`cancel_at` must be in the future.")
    return True, False, at


def cancel(draft: Draft, params: Params, sub_id: str) -> Json:
    sub = found(draft, Subscription, sub_id, "subscription")
    if sub.is_over:
        raise missing("subscription", sub_id)
    cancel_now(draft, sub, invoices=bool(params.flag("invoice_now")), prorates=bool(params.flag("prorate")))
    return _shape(draft, draft.subscription(sub_id))


def _shape(draft: Draft, sub: Subscription) -> Json:
    return subscription_shape.subscription(draft, sub)


ROUTES = (
    Route("GET", "/v1/subscriptions", listed),
    Route("GET", "/v1/subscriptions/{sub_id}", retrieve),
    Route("POST", "/v1/subscriptions/{sub_id}", update),
    Route("DELETE", "/v1/subscriptions/{sub_id}", cancel),
)
EXPANDING: Expandings = {
    ("subscription", "customer"): lambda draft, told: shapes.customer(draft.customer(told["customer"])),
    ("subscription", "default_payment_method"): lambda draft, told: None,  # whose customer's card pays
}
