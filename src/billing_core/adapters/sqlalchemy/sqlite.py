"""Accounts on SQLite: a lane in front of one writer thread, and a thread of its own for reading.

SQLite has one writer at a time anyway. One durable commit for a whole group is what makes it fast.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from attrs import define, field, frozen
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import sqlite

from billing_core.adapters.books.bell import Bell
from billing_core.adapters.books.columns import Describe
from billing_core.adapters.books.encoding import ACCOUNTS, Encoded
from billing_core.adapters.books.lane import Lane
from billing_core.adapters.books.moment import Now, new_commit_id
from billing_core.adapters.books.plan import plan
from billing_core.adapters.books.writes import Call, Outcome, Raised, Writes
from billing_core.adapters.sqlalchemy.failures import Failure
from billing_core.adapters.sqlalchemy.sqlite_failures import failure_of
from billing_core.adapters.sqlalchemy.statements import load_accounts, load_causes, load_owners, write
from billing_core.adapters.sqlalchemy.tables import accounts
from billing_core.adapters.sqlalchemy.thread import ConnectionThread
from billing_core.adapters.sqlalchemy.transaction import TransactionFailed, answered, transact
from billing_core.domain.account import Account
from billing_core.ports.commit import Cause, Decide
from billing_core.ports.records import Job

T = TypeVar("T")
_ACCOUNT = select(accounts.c.schema, accounts.c.snapshot).where(accounts.c.id == bindparam("of_account"))


@frozen
class SqliteDatabase:
    """One thread that writes and one that reads, each with its own connection."""

    writer: ConnectionThread
    reader: ConnectionThread

    @property
    def insert(self) -> Callable[..., Any]:
        return sqlite.insert

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self.reader.run(lambda connection: answered(connection, work, failure_of))

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await self.writer.run(lambda connection: answered(connection, work, failure_of))

    async def owners_of(self, provider_ids: Collection[str]) -> Mapping[str, str]:
        """Who owns each of the ids that has an owner."""
        return await self.read(lambda connection: load_owners(connection, provider_ids))

    async def close(self) -> None:
        await self.writer.close()
        await self.reader.close()


@define
class SqliteAccounts:
    """Rings the bell when a group left jobs behind."""

    database: SqliteDatabase
    describe: Describe
    now: Now
    bell: Bell
    lane: Lane = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.lane = Lane(self._commit)

    async def get(self, account_id: str) -> Account:
        def load(connection: Connection) -> Account:
            row = connection.execute(_ACCOUNT, {"of_account": account_id}).one_or_none()
            return Account(id=account_id) if row is None else ACCOUNTS.decode(Encoded(*row))

        return await self.database.read(load)

    async def change(self, account_id: str, decide: Decide[T], *, cause: Cause[T] | None = None) -> T:
        return await self.lane.change(Call(account_id, decide, cause))

    async def close(self) -> None:
        """Answers those who wait, and takes no more."""
        await self.lane.close()

    async def _commit(self, calls: Sequence[Call[Any]]) -> Sequence[Outcome]:
        committed = await self.database.writer.run(lambda connection: self._committed(connection, calls))
        if committed.has_jobs:
            self.bell.ring()
        return committed.outcomes

    def _committed(self, connection: Connection, calls: Sequence[Call[Any]]) -> "_Committed":
        """One commit for all; where one of them is guilty of a failure, halves until it is alone."""
        try:
            writes = transact(connection, lambda begun: self._written(begun, calls), failure_of)
        except TransactionFailed as failed:
            if failed.failure is Failure.SPLIT and len(calls) > 1:
                half = len(calls) // 2
                first, second = self._committed(connection, calls[:half]), self._committed(connection, calls[half:])
                return _Committed(first.outcomes + second.outcomes, first.has_jobs or second.has_jobs)
            return _Committed((Raised(failed.answer),) * len(calls), has_jobs=False)
        return _Committed(writes.outcomes, Job in writes.records)

    def _written(self, connection: Connection, calls: Sequence[Call[Any]]) -> Writes:
        writes = plan(
            calls,
            load_accounts(connection, calls),
            load_causes(connection, calls),
            commit_id=new_commit_id(),
            at=self.now(),
            describe=self.describe,
        )
        write(connection, writes)
        return writes


@frozen
class _Committed:
    outcomes: tuple[Outcome, ...]
    has_jobs: bool
