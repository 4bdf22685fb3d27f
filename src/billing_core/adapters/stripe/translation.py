"""From Stripe's events to facts, in the shapes of every API version since 2017.

The version decides only whether a shape can be known at all; the values are then read where they are found, since
two endpoints may send the same change in two versions. What cannot be read is said to be not understood, so that it
becomes an incident.
"""

from collections.abc import Mapping
from datetime import datetime

from billing_core.adapters.stripe import checkouts, invoices
from billing_core.adapters.stripe.shapes import (
    Misshapen,
    Shape,
    customer_of,
    id_of,
    moment,
    needed,
    part,
    text,
)
from billing_core.adapters.stripe.versions import is_known
from billing_core.ports.facts import Fact, NothingToDo, NotUnderstood, SubscriptionTouched, TrialEnding

_UNPAID = frozenset({"invoice.payment_failed", "invoice.payment_action_required", "invoice.finalization_failed"})


def fact_of(event: Shape, event_type: str, *, prices: Mapping[str, str], at: datetime | None) -> Fact:
    """What the event says; `at` is when it was made, None where that could not be read."""
    if event.get("object") == "v2.core.event":
        return NotUnderstood(type=event_type, problem="thin")
    told = part(event, "data", "object")
    try:
        _ensure_readable(event)
        return _read(event_type, told, prices=prices, at=needed(at, "created"))
    except Misshapen as misshapen:
        return NotUnderstood(type=event_type, problem=misshapen.problem, customer_id=customer_of(told))


def _ensure_readable(event: Shape) -> None:
    """The envelope is a snapshot event of our own Stripe account, in a version that is known."""
    if event.get("object") != "event":
        raise Misshapen("not an event")
    if not is_known(text(event, "api_version") or ""):
        raise Misshapen(f"unknown api_version {text(event, 'api_version')}")
    if event.get("account") is not None:
        raise Misshapen("of a connected account")
    if not isinstance(event.get("livemode"), bool):
        raise Misshapen("no usable livemode")


def _read(event_type: str, told: Shape, *, prices: Mapping[str, str], at: datetime) -> Fact:
    if event_type == "customer.subscription.trial_will_end":
        return _trial_ending(_an(told, "subscription"))
    if event_type.startswith("customer.subscription."):
        return _touched(id_of(_an(told, "subscription"), "id"), told)
    if event_type.startswith("subscription_schedule."):
        schedule = _an(told, "subscription_schedule")
        followed = id_of(schedule, "subscription") or id_of(schedule, "released_subscription")
        return _touched(followed, schedule) if followed else NothingToDo(event_type)
    if event_type == "invoice.paid":
        return invoices.paid(_an(told, "invoice"), prices=prices, at=at)
    if event_type in _UNPAID:
        needs_authentication = event_type == "invoice.payment_action_required"
        return invoices.unpaid(_an(told, "invoice"), needs_authentication=needs_authentication)
    if event_type.startswith("checkout.session."):
        return _checkout(_an(told, "checkout.session"), event_type, at)
    return NothingToDo(event_type)


def _an(told: Shape, name: str) -> Shape:
    if told.get("object") != name:
        raise Misshapen(f"its object is no {name}")
    return told


def _touched(subscription_id: str | None, told: Shape) -> SubscriptionTouched:
    return SubscriptionTouched(
        subscription_id=needed(subscription_id, "id"), customer_id=needed(customer_of(told), "customer")
    )


def _trial_ending(subscription: Shape) -> TrialEnding:
    return TrialEnding(
        subscription_id=needed(text(subscription, "id"), "id"),
        customer_id=needed(customer_of(subscription), "customer"),
        ends_at=needed(moment(subscription, "trial_end"), "trial_end"),
    )


def _checkout(session: Shape, event_type: str, at: datetime) -> Fact:
    """A session in setup mode keeps a card and sells nothing, though it, too, says that no payment is required."""
    news = None if session.get("mode") == "setup" else checkouts.news_of(session, event_type)
    return checkouts.progressed(session, news, at=at) if news else NothingToDo(event_type)
