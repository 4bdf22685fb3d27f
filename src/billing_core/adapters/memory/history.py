"""Events in memory."""

from collections.abc import AsyncIterator

from attrs import frozen

from billing_core.adapters.books.encoding import decode_event
from billing_core.adapters.books.writes import EventWrite
from billing_core.adapters.memory.state import MemoryState
from billing_core.ports.errors import Unavailable
from billing_core.ports.history import StoredEvent, UnreadableEvent


@frozen
class MemoryHistory:
    """The streams, as they are while they are read."""

    state: MemoryState

    async def of(self, account_id: str, *, after: int = 0) -> AsyncIterator[StoredEvent]:
        for kept in self.state.events.get(account_id, ())[after:]:
            yield _stored(kept)

    async def between(self, first: str, last: str) -> AsyncIterator[StoredEvent | UnreadableEvent]:
        for account_id in sorted(account_id for account_id in self.state.events if first <= account_id <= last):
            for kept in self.state.events[account_id]:
                yield _read(kept)

    async def accounts(self) -> AsyncIterator[str]:
        for account_id in sorted(self.state.events):
            yield account_id

    async def newest(
        self, account_id: str, *, before: int | None = None, limit: int
    ) -> tuple[StoredEvent | UnreadableEvent, ...]:
        stream = self.state.events.get(account_id, [])
        last = len(stream) if before is None else min(before - 1, len(stream))
        return tuple([_read(kept) for kept in reversed(stream[max(0, last - limit) : max(0, last)])])


def _read(kept: EventWrite) -> StoredEvent | UnreadableEvent:
    try:
        return _stored(kept)
    except Unavailable as error:
        return UnreadableEvent(account_id=kept.account_id, number=kept.number, problem=str(error))


def _stored(kept: EventWrite) -> StoredEvent:
    return StoredEvent(account_id=kept.account_id, number=kept.number, event=decode_event(kept.event), cause=kept.cause)
