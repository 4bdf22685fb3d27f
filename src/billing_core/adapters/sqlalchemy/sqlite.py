"""Accounts on SQLite: a lane in front of one connection that writes, and another one for reading.

SQLite has one writer at a time anyway. One durable commit for a whole group is what makes it fast.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar, cast

from attrs import define, field, frozen
from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite

from billing_core.adapters.books.bell import Bell
from billing_core.adapters.books.columns import Describe
from billing_core.adapters.books.moment import Now, new_commit_id
from billing_core.adapters.books.plan import plan
from billing_core.adapters.books.recent import RecentAccounts
from billing_core.adapters.books.writes import Call, Outcome, Raised, Writes
from billing_core.adapters.sqlalchemy.failures import Failure, told
from billing_core.adapters.sqlalchemy.sqlite_failures import failure_of
from billing_core.adapters.sqlalchemy.statements import load_accounts, load_causes, load_owners, write
from billing_core.adapters.sqlalchemy.thread import ConnectionThread
from billing_core.adapters.sqlalchemy.transaction import TransactionFailed, answered
from billing_core.ports.records import Job

T = TypeVar("T")
TURNS = 6
"""How often the event loop goes round before a group is taken: on the way from an answer to the next request, read,
checked and in the queue, it goes round as often. Twice as many then share a commit, which costs as much for one."""


@define
class Writer:
    """The one connection that writes, lent to one transaction at a time."""

    thread: ConnectionThread
    _turn: asyncio.Lock = field(factory=asyncio.Lock, init=False)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """All of the work on the thread."""
        async with self._turn:
            return await self.thread.run(work)

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """The work in one transaction, on the event loop; only what waits, for the lock or the disk, is on the thread.

        Raises TransactionFailed, and nothing of the work is written.
        """
        committing = False
        async with self._turn:
            try:
                connection = await self.thread.run(_begun)
                result = work(connection)
                committing = True
                await self.thread.run(Connection.commit)
            except BaseException as error:
                self.thread.hand_over(Connection.rollback)
                if not isinstance(error, Exception):
                    raise
                failure = failure_of(error)
                raise TransactionFailed(failure, told(error, failure, committing=committing)) from error
        return result


def driver_of(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, within the transaction that was begun on it."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _begun(connection: Connection) -> Connection:
    connection.begin()
    return connection


@frozen
class SqliteDatabase:
    """One connection that writes and one that reads."""

    writer: Writer
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
        return await self.read(lambda connection: load_owners(driver_of(connection), provider_ids))

    async def close(self) -> None:
        await self.writer.thread.close()
        await self.reader.close()


@frozen
class SqliteCommitting:
    """What the lane does with a group. Rings the bell when it left jobs behind."""

    writer: Writer
    describe: Describe
    now: Now
    bell: Bell
    _recent: RecentAccounts = field(factory=RecentAccounts, init=False)

    async def __call__(self, calls: Sequence[Call[Any]]) -> Sequence[Outcome]:
        """One commit for all; where one of them is guilty of a failure, halves until it is alone."""
        try:
            writes = await self.writer.transact(lambda begun: self._written(driver_of(begun), calls))
        except TransactionFailed as failed:
            if failed.failure is Failure.SPLIT and len(calls) > 1:
                half = len(calls) // 2
                return [*await self(calls[:half]), *await self(calls[half:])]
            return [Raised(failed.answer)] * len(calls)
        if Job in writes.records:
            self.bell.ring()
        return writes.outcomes

    def _written(self, driver: sqlite3.Connection, calls: Sequence[Call[Any]]) -> Writes:
        writes = plan(
            calls,
            load_accounts(driver, calls),
            load_causes(driver, calls),
            commit_id=new_commit_id(),
            at=self.now(),
            describe=self.describe,
            recent=self._recent,
        )
        write(driver, writes)
        return writes
