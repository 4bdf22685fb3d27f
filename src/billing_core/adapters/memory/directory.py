"""Owners and parked events in memory."""

from attrs import frozen

from billing_core.adapters.books.text import encoded
from billing_core.adapters.memory.state import MemoryState
from billing_core.ports.directory import ParkedEvent


@frozen
class MemoryDirectory:
    """Who owns an id, and what waits for ids that nobody owns."""

    state: MemoryState

    async def owner_of(self, provider_id: str) -> str | None:
        return self.state.owners.get(provider_id)

    async def park(self, event: ParkedEvent) -> None:
        encoded("parked event", event)
        self.state.parked.setdefault(event.event_id, event)

    async def parked_for(self, provider_id: str) -> tuple[ParkedEvent, ...]:
        waiting = (event for event in self.state.parked.values() if event.provider_id == provider_id)
        return tuple(sorted(waiting, key=lambda event: (event.received_at, event.event_id)))

    async def unpark(self, event_id: str) -> None:
        self.state.parked.pop(event_id, None)
