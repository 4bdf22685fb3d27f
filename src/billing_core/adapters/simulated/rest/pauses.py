"""Subscriptions rest and are taken up again, or are not collected for a while."""

from datetime import datetime

from attrs import evolve

from billing_core.adapters.simulated import subscription_shape
from billing_core.adapters.simulated.changing import Prorations
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.pausing import pause_by_request
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.adapters.simulated.restarting import Resuming, resume_in_place, resume_paused
from billing_core.adapters.simulated.subscriptions import Subscription, Uncollected
from billing_core.domain.subscription import Status

_CAN_REST = frozenset({Status.ACTIVE, Status.TRIALING, Status.PAST_DUE})


def collection(draft: Draft, params: Params, sub: Subscription) -> Subscription:
    """The subscription with its `pause_collection` as it is to be."""
    if not params.has("pause_collection"):
        return sub
    told = params.inside("pause_collection")
    if params.anything("pause_collection") == "":
        return evolve(sub, uncollected=None, collects_at=None)
    names = (each.value for each in Uncollected)
    behavior = told.needed("behavior", told.choice("behavior", *names))
    until = told.moment("resumes_at")
    if until is not None and until <= draft.now:
        raise told.refused("resumes_at", "`resumes_at` must be in the future.")
    return evolve(sub, uncollected=Uncollected(behavior), collects_at=until)


def pause(draft: Draft, params: Params, sub_id: str) -> Json:
    sub = found(draft, Subscription, sub_id, "subscription")
    params.choice("type", "subscription")
    invoices = params.choice("invoicing_behavior", "invoice", "pending_invoice_item") == "invoice"
    credits_from = _credits_from(draft, params.inside("bill_for"), sub)
    if sub.status not in _CAN_REST:
        raise Refused(message=f"The subscription {sub_id} cannot be paused: it is {sub.status.value}.")
    if sub.schedule_id is not None:
        raise Refused(message=f"The subscription {sub_id} cannot be paused: it is managed by a schedule.")
    pause_by_request(draft, sub, credits_from=credits_from, invoices=invoices)
    return _shape(draft, sub_id)


def _credits_from(draft: Draft, bill_for: Params, sub: Subscription) -> datetime | None:
    """From when on unused time is given back; metered usage there is none."""
    bill_for.inside("outstanding_usage_through").choice("type", "none", "now")
    match bill_for.inside("unused_time_from").choice("type", "item_current_period_start", "none", "now"):
        case "none":
            return None
        case "item_current_period_start":
            return sub.period_start
        case _:
            return draft.now


def resume(draft: Draft, params: Params, sub_id: str) -> Json:
    sub = found(draft, Subscription, sub_id, "subscription")
    resuming = Resuming(params.choice("payment_behavior", *(each.value for each in Resuming)) or Resuming.ON_ATTEMPT)
    how = Prorations(params.choice("proration_behavior", *(each.value for each in Prorations)) or Prorations.CREATE)
    anchor = params.inside("billing_cycle_anchor").choice("type", "now", "unchanged")
    if sub.status is not Status.PAUSED:
        raise Refused(message=f"The subscription {sub_id} cannot be resumed: it is {sub.status.value}, not paused.")
    if anchor == "unchanged":
        resume_in_place(draft, sub, resuming, how)
    else:
        resume_paused(draft, sub, resuming)
    return _shape(draft, sub_id)


def _shape(draft: Draft, sub_id: str) -> Json:
    return subscription_shape.subscription(draft, draft.subscription(sub_id))


ROUTES = (
    Route("POST", "/v1/subscriptions/{sub_id}/pause", pause),
    Route("POST", "/v1/subscriptions/{sub_id}/resume", resume),
)
EXPANDING: Expandings = {}
