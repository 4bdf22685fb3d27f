"""The rows of accounts as they are kept, for proving them and for finding who is due."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol

from attrs import frozen

from billing_core.domain.account import Account


@frozen(kw_only=True)
class AccountRow:
    """One row, read at one moment. `account` is its snapshot, None where that cannot be read.

    `columns` are the plain columns beside it, by name.
    """

    account_id: str
    version: int
    account: Account | None
    columns: Mapping[str, object]


class Register(Protocol):
    """The accounts that have a row, in the store's own order of ids. Raises: Unavailable."""

    async def row(self, account_id: str) -> AccountRow | None:
        """The account's row; None for one that was never seen."""
        ...

    async def page(self, *, after: str = "", limit: int) -> tuple[AccountRow, ...]:
        """The next rows whose ids come after that one."""
        ...

    async def count(self, *, after: str = "", due_by: datetime | None = None) -> int:
        """How many accounts come after that id; with `due_by`, only those that are due by then."""
        ...

    def due(self, by: datetime) -> AsyncIterator[str]:
        """The ids of those whose `next_due_at` is at or before the instant, the longest due first, then by id."""
        ...
