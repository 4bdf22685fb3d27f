"""From Stripe's events to facts, in the shapes of every API version since 2017.

The version decides only whether a shape can be known at all; the values are then read where they are found, since
two endpoints may send the same change in two versions. What cannot be read is said to be not understood, so that it
becomes an incident.

An event comes as a snapshot, with its object, or thin, with its type alone. A thin one is a reason to fetch the
snapshot that was made with it; the snapshot has an id of its own, so that it counts once whichever way it comes.
"""

from collections.abc import Mapping
from datetime import datetime

from billing_core.adapters.stripe.events import Told, read, reader_of
from billing_core.adapters.stripe.shapes import Misshapen, Shape, customer_of, needed, part, text, yes_or_no
from billing_core.adapters.stripe.versions import is_known
from billing_core.ports.facts import Announced, Fact, NothingToDo, NotUnderstood

_THIN = "v2.core.event"


def fact_of(event: Shape, event_type: str, *, prices: Mapping[str, str], at: datetime | None) -> Fact:
    """What the event says; `at` is when it was made, None where that could not be read."""
    told = part(event, "data", "object")
    try:
        needed(yes_or_no(event, "livemode"), "livemode")
        if event.get("object") == _THIN:
            return _announced(event, event_type)
        _ensure_readable(event)
        return read(Told(event_type, told, needed(at, "created"), prices))
    except Misshapen as misshapen:
        return NotUnderstood(type=event_type, problem=misshapen.problem, customer_id=customer_of(told))


def _announced(event: Shape, event_type: str) -> Fact:
    """Events of v1's objects come thin under the names that they have as snapshots, with a prefix."""
    version, _, kind = event_type.partition(".")
    if version != "v1" or reader_of(kind) is None:
        return NothingToDo(event_type)
    return Announced(event_id=needed(text(event, "id"), "id"))


def _ensure_readable(event: Shape) -> None:
    """The envelope is a snapshot event of our own Stripe account, in a version that is known."""
    if event.get("object") != "event":
        raise Misshapen("not an event")
    if not is_known(text(event, "api_version") or ""):
        raise Misshapen(f"unknown api_version {text(event, 'api_version')}")
    if event.get("account") is not None:
        raise Misshapen("of a connected account")
