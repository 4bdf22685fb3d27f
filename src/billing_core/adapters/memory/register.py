"""The rows of accounts in memory."""

from collections.abc import AsyncIterator
from datetime import datetime

from attrs import asdict, frozen

from billing_core.adapters.books.encoding import ACCOUNTS
from billing_core.adapters.books.writes import AccountWrite
from billing_core.adapters.memory.state import MemoryState
from billing_core.ports.errors import Unavailable
from billing_core.ports.register import AccountRow


@frozen
class MemoryRegister:
    """Ordered by id, as a database would have it."""

    state: MemoryState

    async def row(self, account_id: str) -> AccountRow | None:
        kept = self.state.accounts.get(account_id)
        return None if kept is None else row_of(kept)

    async def page(self, *, after: str = "", limit: int) -> tuple[AccountRow, ...]:
        ids = sorted(account_id for account_id in self.state.accounts if account_id > after)
        return tuple(row_of(self.state.accounts[account_id]) for account_id in ids[:limit])

    async def count(self, *, after: str = "", due_by: datetime | None = None) -> int:
        due = self.state.accounts if due_by is None else [account_id for _, account_id in self._due(due_by)]
        return sum(account_id > after for account_id in due)

    async def due(self, by: datetime) -> AsyncIterator[str]:
        for _, account_id in self._due(by):
            yield account_id

    def _due(self, by: datetime) -> list[tuple[datetime, str]]:
        rows = ((kept.columns.next_due_at, account_id) for account_id, kept in self.state.accounts.items())
        return sorted((at, account_id) for at, account_id in rows if at is not None and at <= by)


def row_of(kept: AccountWrite) -> AccountRow:
    """The row as it is read."""
    try:
        account = ACCOUNTS.decode(kept.snapshot)
    except Unavailable:
        account = None
    return AccountRow(account_id=kept.account_id, version=kept.version, account=account, columns=asdict(kept.columns))
