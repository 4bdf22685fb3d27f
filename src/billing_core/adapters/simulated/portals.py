"""The portal's doors: each is opened for its bearer, for an hour."""

import hashlib
import hmac
from datetime import timedelta

from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.visits import Portal

OPEN_FOR = timedelta(hours=1)


def open_portal(draft: Draft, customer_id: str, return_url: str, *, configuration_id: str) -> Portal:
    """Raises UnknownAtGateway."""
    session_id = draft.new_id("bps")
    door = Portal(
        id=hmac.new(draft.world.secret.encode(), session_id.encode(), hashlib.sha256).hexdigest(),
        session_id=session_id,
        customer_id=draft.customer(customer_id).id,
        return_url=return_url,
        expires_at=draft.now + OPEN_FOR,
        configuration_id=configuration_id,
    )
    draft.put(door)
    return door


def portal_url(draft: Draft, door: Portal) -> str:
    """Where it opens: a secret."""
    return f"{draft.world.base_url}/dev/portal/{door.id}"
