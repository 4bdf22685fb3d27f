"""Causes in memory."""

from datetime import datetime

from attrs import frozen

from billing_core.adapters.memory.state import MemoryState
from billing_core.ports.inbox import REQUEST, StoredCause
from billing_core.ports.records import CauseStatus


@frozen
class MemoryInbox:
    """What was kept of the causes of changes."""

    state: MemoryState

    async def get(self, account_id: str, key: str) -> StoredCause | None:
        return self.state.causes.get((account_id, key))

    async def find(self, key: str) -> tuple[StoredCause, ...]:
        return tuple(sorted((c for c in self.state.causes.values() if c.key == key), key=lambda c: c.account_id))

    async def with_status(
        self, status: CauseStatus, *, prefix: str = "", before: StoredCause | None = None, limit: int = 100
    ) -> tuple[StoredCause, ...]:
        found = self._with_status(status, prefix)
        newest_first = sorted(found, key=_place, reverse=True)
        return tuple([c for c in newest_first if before is None or _place(c) < _place(before)][:limit])

    async def count(self, status: CauseStatus, *, prefix: str = "") -> int:
        return len(self._with_status(status, prefix))

    async def forget_requests(self, prefix: str, *, before: datetime, limit: int) -> int:
        processed = self._with_status(CauseStatus.PROCESSED, prefix)
        some = [c for c in processed if c.kind == REQUEST and c.received_at < before][:limit]
        for cause in some:
            del self.state.causes[cause.account_id, cause.key]
        return len(some)

    def _with_status(self, status: CauseStatus, prefix: str) -> list[StoredCause]:
        return [c for c in self.state.causes.values() if c.status is status and c.key.startswith(prefix)]


def _place(cause: StoredCause) -> tuple[datetime, str, str]:
    return cause.received_at, cause.account_id, cause.key
