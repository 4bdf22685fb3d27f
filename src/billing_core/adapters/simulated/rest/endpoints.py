"""Webhook endpoints. Events are sent there if the simulation has been given a way to reach them."""

import hashlib
import hmac

from billing_core.adapters.simulated.draft import API_VERSION, Draft, Json
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.adapters.simulated.shapes import seconds
from billing_core.adapters.simulated.state import Endpoint

_MOST = 16


def create(draft: Draft, params: Params) -> Json:
    url = params.must("url")
    if not url.startswith(("https://", "http://")):
        raise params.refused(
            "url", "Invalid URL: An explicit scheme (such as https) must be provided.", code="url_invalid"
        )
    if len(draft.state.endpoints) >= _MOST:
        raise params.refused("url", f"You have reached the maximum of {_MOST} test webhook endpoints.")
    key = draft.new_id("we")
    made = Endpoint(
        id=key,
        url=url,
        enabled_events=tuple(params.needed("enabled_events", params.texts("enabled_events") or None)),
        api_version=params.text("api_version") or API_VERSION,
        secret=f"whsec_{hmac.new(draft.world.secret.encode(), key.encode(), hashlib.sha256).hexdigest()[:32]}",
        description=params.text("description"),
        metadata=params.metadata(),
        created_at=draft.now,
    )
    draft.put(made)
    return {**shape(made), "secret": made.secret}


def retrieve(draft: Draft, params: Params, endpoint_id: str) -> Json:
    return shape(found(draft, Endpoint, endpoint_id, "webhook endpoint"))


def listed(draft: Draft, params: Params) -> Json:
    return listing(draft, params, "/v1/webhook_endpoints", Endpoint, shape)


def shape(value: Endpoint) -> Json:
    """Without its secret, which is told once."""
    return {
        "id": value.id,
        "object": "webhook_endpoint",
        "api_version": value.api_version,
        "application": None,
        "created": seconds(value.created_at),
        "description": value.description,
        "enabled_events": list(value.enabled_events),
        "livemode": False,
        "metadata": dict(value.metadata),
        "status": "enabled",
        "url": value.url,
    }


ROUTES = (
    Route("POST", "/v1/webhook_endpoints", create),
    Route("GET", "/v1/webhook_endpoints", listed),
    Route("GET", "/v1/webhook_endpoints/{endpoint_id}", retrieve),
)
EXPANDING: Expandings = {}
