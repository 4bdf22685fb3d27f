"""Events, as they were sent: of the last thirty days, and as notifications without content."""

import re

import msgspec

from billing_core.adapters.simulated import thin
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.outbox import KEPT_FOR
from billing_core.adapters.simulated.rest.errors import missing
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.adapters.simulated.state import Sent

_MOST_TYPES = 20


def retrieve(draft: Draft, params: Params, event_id: str) -> Json:
    return told(_kept(draft, event_id))


def retrieve_thin(draft: Draft, params: Params, event_id: str) -> Json:
    return thin.fetched(told(_kept(draft, thin.snapshot_id(event_id))))


def listed(draft: Draft, params: Params) -> Json:
    types, kind = params.texts("types"), params.text("type")
    is_delivered = params.flag("delivery_success")
    if types is not None and kind is not None:
        message = "You may only specify one of these parameters: type, types."
        raise params.refused("types", message)
    if types is not None and len(types) > _MOST_TYPES:
        raise params.refused("types", f"You can name at most {_MOST_TYPES} types.")
    wanted = _pattern([kind] if kind else types)
    oldest = draft.now - KEPT_FOR

    def where(sent: Sent) -> bool:
        is_meant = wanted is None or wanted.fullmatch(sent.type) is not None
        return is_meant and sent.created_at > oldest and is_delivered in {None, sent.delivered_at is not None}

    return listing(draft, params, "/v1/events", Sent, told, where=where)


def told(sent: Sent) -> Json:
    """The event as it was made; only how many still wait for it changes."""
    body: Json = msgspec.json.decode(sent.body)
    return {**body, "pending_webhooks": 0 if sent.next_at is None else 1}


def _kept(draft: Draft, event_id: str) -> Sent:
    sent = draft.state.outbox.get(event_id)
    if sent is None or sent.created_at <= draft.now - KEPT_FOR:
        raise missing("event", event_id)
    return sent


def _pattern(types: list[str] | None) -> "re.Pattern[str] | None":
    """`charge.*` stands for all that begin so."""
    if types is None:
        return None
    return re.compile("|".join(re.escape(each).replace(r"\*", ".*") for each in types))


ROUTES = (
    Route("GET", "/v1/events", listed),
    Route("GET", "/v1/events/{event_id}", retrieve),
    Route("GET", "/v2/core/events/{event_id}", retrieve_thin),
)
EXPANDING: Expandings = {}
