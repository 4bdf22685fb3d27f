"""Fetching what a notification without content announces.

An event of v2 names the event of v1 that tells the same, as it would have come by webhook: `snapshot_event`. It is the
one that both kinds of endpoint share, so it is taken where it is. Where it is not, one is made around the object that
the notification is about, as that is now.
"""

from collections.abc import Mapping

import msgspec
from attrs import frozen
from stripe import api_version

from billing_core.adapters.stripe.api import Api, of, reading
from billing_core.adapters.stripe.shapes import Shape, dated, needed, part, text
from billing_core.ports.errors import GatewayRefused

EVENTS = "/v1/events"
EVENTS_V2 = "/v2/core/events"

_COLLECTIONS: Mapping[str, str] = {
    "charge": "/v1/charges",
    "checkout.session": "/v1/checkout/sessions",
    "customer": "/v1/customers",
    "dispute": "/v1/disputes",
    "invoice": "/v1/invoices",
    "price": "/v1/prices",
    "product": "/v1/products",
    "refund": "/v1/refunds",
    "subscription": "/v1/subscriptions",
    "subscription_schedule": "/v1/subscription_schedules",
}


@frozen
class Announcements:
    """What the port says of announced events."""

    api: Api

    async def fetch_event(self, event_id: str) -> bytes:
        """Raises GatewayRefused for one that tells of nothing that can be fetched."""
        announced = await self.api.get(of(EVENTS_V2, event_id))
        snapshot_id = text(announced, "snapshot_event")
        if snapshot_id is not None:
            return msgspec.json.encode(await self.api.get(of(EVENTS, snapshot_id)))
        return msgspec.json.encode(await self._made_of(announced))

    async def _made_of(self, announced: Shape) -> Shape:
        """The object is asked for by its kind and id: a URL in a message is no address to follow."""
        about = part(announced, "related_object")
        with reading(f"event {text(announced, 'id')}"):
            event_id, told = needed(text(announced, "id"), "id"), needed(text(announced, "type"), "type")
            created = needed(dated(announced, "created"), "created")
            object_id = needed(text(about, "id"), "related object")
        kind = text(about, "type") or ""
        if not told.startswith("v1.") or kind not in _COLLECTIONS:
            raise GatewayRefused(f"event {event_id} ({told}) has no snapshot and tells of a {kind}")
        return {
            "id": f"{event_id}:{object_id}",  # the notification's own id is taken: under it that it came is kept
            "object": "event",
            "type": told.removeprefix("v1."),
            "api_version": api_version,
            "created": int(created.timestamp()),
            "livemode": announced.get("livemode"),
            "data": {"object": await self.api.get(of(_COLLECTIONS[kind], object_id))},
        }
