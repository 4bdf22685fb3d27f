"""Events in memory."""

from collections.abc import AsyncIterator

from attrs import frozen

from billing_core.adapters.books.encoding import decode_event
from billing_core.adapters.memory.state import MemoryState
from billing_core.ports.history import StoredEvent


@frozen
class MemoryHistory:
    """The streams, as they are while they are read."""

    state: MemoryState

    async def of(self, account_id: str, *, after: int = 0) -> AsyncIterator[StoredEvent]:
        for kept in self.state.events.get(account_id, ())[after:]:
            yield StoredEvent(
                account_id=account_id, number=kept.number, event=decode_event(kept.event), cause=kept.cause
            )

    async def accounts(self) -> AsyncIterator[str]:
        for account_id in sorted(self.state.events):
            yield account_id
