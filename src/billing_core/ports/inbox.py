"""Reading the causes of changes: webhooks and requests with an idempotency key."""

from datetime import datetime
from typing import Protocol

from attrs import frozen

from billing_core.ports.records import CauseStatus


@frozen(kw_only=True)
class StoredCause:
    """A cause as it was kept. `answer` is encoded; `attempts` counts how often it failed."""

    account_id: str
    key: str
    kind: str
    status: CauseStatus
    fingerprint: str
    answer: bytes
    body: bytes
    error: str | None
    attempts: int
    received_at: datetime


class Inbox(Protocol):
    """Raises: Unavailable."""

    async def get(self, account_id: str, key: str) -> StoredCause | None:
        """The cause of that key, or None."""
        ...

    async def with_status(self, status: CauseStatus, *, limit: int = 100) -> tuple[StoredCause, ...]:
        """The causes in that status, newest first."""
        ...
