"""Who owns an id at a provider, and what came for ids that nobody owns yet."""

from datetime import datetime
from typing import Protocol

from attrs import frozen


@frozen(kw_only=True)
class ParkedEvent:
    """A verified webhook about an object whose owner is not known yet."""

    event_id: str
    provider_id: str
    kind: str
    body: bytes
    received_at: datetime


class Directory(Protocol):
    """Ownership is written by OwnerClaimed records and never moves. Raises: Unavailable."""

    async def owner_of(self, provider_id: str) -> str | None:
        """The account that owns the id, or None."""
        ...

    async def park(self, event: ParkedEvent) -> None:
        """Keeps the event durably until its owner is known; parking it twice keeps it once."""
        ...

    async def parked_for(self, provider_id: str) -> tuple[ParkedEvent, ...]:
        """What is parked for the id, oldest first."""
        ...

    async def unpark(self, event_id: str) -> None:
        """Forgets a parked event, once it was received under its owner."""
        ...
