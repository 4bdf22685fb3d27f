"""Reading the events."""

from collections.abc import AsyncIterator
from typing import Protocol

from attrs import frozen

from billing_core.domain.events import Event


@frozen(kw_only=True)
class StoredEvent:
    """An event with its place: `number` within its stream (from 1), `cause` if something outside caused it."""

    account_id: str
    number: int
    event: Event
    cause: str | None = None


@frozen(kw_only=True)
class UnreadableEvent:
    """An event that is there, but that cannot be read, and why."""

    account_id: str
    number: int
    problem: str


class History(Protocol):
    """Streams of events, in order. Raises: Unavailable."""

    def of(self, account_id: str, *, after: int = 0) -> AsyncIterator[StoredEvent]:
        """The account's events whose number is greater than `after`. Unavailable also where one cannot be read."""
        ...

    def between(self, first: str, last: str) -> AsyncIterator[StoredEvent | UnreadableEvent]:
        """All events of the accounts from `first` to `last`, both included: stream after stream, each in order."""
        ...

    def accounts(self) -> AsyncIterator[str]:
        """The ids of all accounts that have events, in key order."""
        ...

    async def newest(
        self, account_id: str, *, before: int | None = None, limit: int
    ) -> tuple[StoredEvent | UnreadableEvent, ...]:
        """The account's last events, the newest first; with `before`, the last of those with smaller numbers."""
        ...
