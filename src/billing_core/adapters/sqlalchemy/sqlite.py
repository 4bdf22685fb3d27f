"""Accounts on SQLite: a lane in front of one writer thread, and a thread of its own for reading.

SQLite has one writer at a time anyway. One durable commit for a whole group is what makes it fast.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from attrs import field, frozen
from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite

from billing_core.adapters.books.bell import Bell
from billing_core.adapters.books.columns import Describe
from billing_core.adapters.books.moment import Now, new_commit_id
from billing_core.adapters.books.plan import plan
from billing_core.adapters.books.recent import RecentAccounts
from billing_core.adapters.books.writes import Call, Outcome, Raised, Writes
from billing_core.adapters.sqlalchemy.failures import Failure
from billing_core.adapters.sqlalchemy.sqlite_failures import failure_of
from billing_core.adapters.sqlalchemy.statements import load_accounts, load_causes, load_owners, write
from billing_core.adapters.sqlalchemy.thread import ConnectionThread
from billing_core.adapters.sqlalchemy.transaction import TransactionFailed, answered, transact
from billing_core.ports.records import Job

T = TypeVar("T")


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


@frozen
class SqliteCommitting:
    """What the lane does with a group. Rings the bell when it left jobs behind."""

    writer: ConnectionThread
    describe: Describe
    now: Now
    bell: Bell
    _recent: RecentAccounts = field(factory=RecentAccounts, init=False)

    async def __call__(self, calls: Sequence[Call[Any]]) -> Sequence[Outcome]:
        committed = await self.writer.run(lambda connection: self._committed(connection, calls))
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
            recent=self._recent,
        )
        write(connection, writes)
        return writes


@frozen
class _Committed:
    outcomes: tuple[Outcome, ...]
    has_jobs: bool
