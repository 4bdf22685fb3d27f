"""Reading the causes of changes: webhooks and requests with an idempotency key."""

from datetime import datetime
from typing import Protocol

from attrs import frozen

from billing_core.ports.records import CauseStatus

REQUEST = "http"
"""The kind of those that requests with an idempotency key are."""


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

    async def find(self, key: str) -> tuple[StoredCause, ...]:
        """The causes of that key, whosever they are, by account. It reads all keys, so it is for a person who waits."""
        ...

    async def with_status(
        self, status: CauseStatus, *, prefix: str = "", before: StoredCause | None = None, limit: int = 100
    ) -> tuple[StoredCause, ...]:
        """The causes in that status whose keys begin so, newest first; with `before`, those behind that one."""
        ...

    async def count(self, status: CauseStatus, *, prefix: str = "") -> int:
        """How many causes in that status have keys that begin so."""
        ...

    async def forget_requests(self, prefix: str, *, before: datetime, limit: int) -> int:
        """Deletes processed causes of the kind REQUEST whose keys begin so and that were received before that instant,
        `limit` of them at most. Answers how many; a key that is forgotten is a new one. Raises OutcomeUnknown too."""
        ...
