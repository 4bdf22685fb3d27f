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


class History(Protocol):
    """Streams of events, in order. Raises: Unavailable."""

    def of(self, account_id: str, *, after: int = 0) -> AsyncIterator[StoredEvent]:
        """The account's events whose number is greater than `after`."""
        ...

    def accounts(self) -> AsyncIterator[str]:
        """The ids of all accounts that have events, in key order."""
        ...
