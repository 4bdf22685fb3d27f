"""Causes in memory."""

from attrs import frozen

from billing_core.adapters.memory.state import MemoryState
from billing_core.ports.inbox import StoredCause
from billing_core.ports.records import CauseStatus


@frozen
class MemoryInbox:
    """What was kept of the causes of changes."""

    state: MemoryState

    async def get(self, account_id: str, key: str) -> StoredCause | None:
        return self.state.causes.get((account_id, key))

    async def with_status(self, status: CauseStatus, *, limit: int = 100) -> tuple[StoredCause, ...]:
        found = (cause for cause in self.state.causes.values() if cause.status is status)
        newest_first = sorted(found, key=lambda c: (c.received_at, c.account_id, c.key), reverse=True)
        return tuple(newest_first[:limit])
