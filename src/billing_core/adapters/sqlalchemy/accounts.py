"""Accounts in a database: read by a snapshot, changed through a lane."""

from typing import TypeVar

from attrs import frozen
from sqlalchemy import Connection, bindparam, select

from billing_core.adapters.books.encoding import ACCOUNTS, Encoded
from billing_core.adapters.books.lane import Lane
from billing_core.adapters.books.writes import Call
from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.tables import accounts
from billing_core.domain.account import Account
from billing_core.ports.commit import Cause, Decide

T = TypeVar("T")
_ACCOUNT = select(accounts.c.schema, accounts.c.snapshot).where(
    accounts.c.id == bindparam("of_account"), accounts.c.version > 0
)


@frozen
class SqlAccounts:
    """Every write of this process to any account goes through the one lane."""

    database: Database
    lane: Lane

    async def get(self, account_id: str) -> Account:
        def load(connection: Connection) -> Account:
            row = connection.execute(_ACCOUNT, {"of_account": account_id}).one_or_none()
            return Account(id=account_id) if row is None else ACCOUNTS.decode(Encoded(*row))

        return await self.database.read(load)

    async def change(self, account_id: str, decide: Decide[T], *, cause: Cause[T] | None = None) -> T:
        return await self.lane.change(Call(account_id, decide, cause))
