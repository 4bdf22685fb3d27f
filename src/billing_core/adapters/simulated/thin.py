"""Thin events: a notification says that something happened to an object, and nothing of what; whoever wants to know
fetches the event, which names its snapshot, or the object.

Their ids are those of their snapshots in other words, so that nothing has to be kept of them.
"""

from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

_SNAPSHOT, _THIN = "evt_", "evt_thin_"


def notification(event: Json) -> Json:
    """What is posted to an endpoint that gets thin events."""
    told, request = event["data"]["object"], event["request"]
    return {
        "id": _THIN + event["id"].removeprefix(_SNAPSHOT),
        "object": "v2.core.event",
        "created": datetime.fromtimestamp(event["created"], UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "livemode": event["livemode"],
        "reason": {"type": "request", "request": request} if request["id"] else None,
        "related_object": {"id": told["id"], "type": told["object"], "url": _url(told)},
        "type": f"v1.{event['type']}",
    }


def fetched(event: Json) -> Json:
    """What `GET /v2/core/events/{id}` answers for its notification."""
    return {**notification(event), "changes": None, "snapshot_event": event["id"]}


def snapshot_id(thin_id: str) -> str:
    """The id of the snapshot of a thin event; one that is no thin event's comes back as it is."""
    return thin_id.replace(_THIN, _SNAPSHOT, 1) if thin_id.startswith(_THIN) else thin_id


def _url(told: Json) -> str:
    return f"/v1/{told['object'].replace('.', '/')}s/{told['id']}"
