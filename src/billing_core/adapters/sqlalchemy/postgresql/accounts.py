"""Accounts on PostgreSQL: a lane in front of one connection that writes. Many processes may do this at once.

A group locks its accounts in the order of their keys, decides in memory, writes in one statement, and is answered
after its commit. Where the connection is lost during the commit, the group's own rows tell whether it landed.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

from attrs import define, field
from sqlalchemy import Connection, bindparam, select

from billing_core.adapters.books.columns import Describe
from billing_core.adapters.books.encoding import ACCOUNTS, Encoded
from billing_core.adapters.books.lane import Lane
from billing_core.adapters.books.moment import Now, new_commit_id
from billing_core.adapters.books.plan import plan
from billing_core.adapters.books.writes import Call, Outcome, Raised, Writes
from billing_core.adapters.sqlalchemy.failures import WHAT, Failure, told
from billing_core.adapters.sqlalchemy.postgresql.connection import DriverConnection
from billing_core.adapters.sqlalchemy.postgresql.database import PostgresqlDatabase
from billing_core.adapters.sqlalchemy.postgresql.failures import failure_of
from billing_core.adapters.sqlalchemy.postgresql.statements import has_landed, load_causes, lock_accounts, write
from billing_core.adapters.sqlalchemy.tables import accounts
from billing_core.adapters.sqlalchemy.transaction import TransactionFailed
from billing_core.domain.account import Account
from billing_core.ports.commit import Cause, Decide
from billing_core.ports.errors import OutcomeUnknown

T = TypeVar("T")
TRIES = 3
ASK_AGAIN_AFTER_S = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0)  # a database that restarts is back within seconds
_ACCOUNT = select(accounts.c.schema, accounts.c.snapshot).where(
    accounts.c.id == bindparam("of_account"), accounts.c.version > 0
)


@define
class PostgresqlAccounts:
    """Every write of this process to any account goes through one lane."""

    database: PostgresqlDatabase
    writer: DriverConnection
    describe: Describe
    now: Now
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
        await self.writer.close()

    async def _commit(self, calls: Sequence[Call[Any]]) -> Sequence[Outcome]:
        """One commit for all; where one of them is guilty of a failure, halves until it is alone."""
        try:
            return await self._tried(calls)
        except TransactionFailed as failed:
            if failed.failure is Failure.SPLIT and len(calls) > 1:
                half = len(calls) // 2
                return [*await self._commit(calls[:half]), *await self._commit(calls[half:])]
            return [Raised(failed.answer)] * len(calls)

    async def _tried(self, calls: Sequence[Call[Any]]) -> Sequence[Outcome]:
        """Again where the database gave up on it for no fault of its own, or had closed the connection."""
        for _ in range(TRIES - 1):
            try:
                return await self._transacted(calls)
            except TransactionFailed as failed:
                if failed.failure not in {Failure.RETRY, Failure.LOST}:
                    raise
        return await self._transacted(calls)

    async def _transacted(self, calls: Sequence[Call[Any]]) -> Sequence[Outcome]:
        """Raises TransactionFailed, and nothing is written."""
        try:
            connection = await self.writer.get()
            writes = await self._written(connection, calls)
        except Exception as error:
            await self.writer.roll_back()
            raise _failed(error) from error
        try:
            await connection.execute("COMMIT")
        except Exception as error:
            await self.writer.drop()
            if not await self._has_landed(calls, writes):
                raise _failed(error) from error
        return writes.outcomes

    async def _written(self, connection: Any, calls: Sequence[Call[Any]]) -> Writes:
        writes = plan(
            calls,
            await lock_accounts(connection, (call.account_id for call in calls)),
            await load_causes(connection, calls),
            commit_id=new_commit_id(),
            at=self.now(),
            describe=self.describe,
        )
        await write(connection, writes)
        return writes

    async def _has_landed(self, calls: Sequence[Call[Any]], writes: Writes) -> bool:
        """After a commit that nobody answered. Raises TransactionFailed where the database does not come back."""
        for pause_s in ASK_AGAIN_AFTER_S:
            try:
                connection = await self.writer.get()
                # Where that commit is still under way, the lock waits for its end.
                await lock_accounts(connection, (call.account_id for call in calls))
                landed = await has_landed(connection, writes)
                await self.writer.roll_back()
            except Exception:  # noqa: BLE001 - it is not back yet
                await self.writer.drop()
                await asyncio.sleep(pause_s)
            else:
                return landed
        raise TransactionFailed(None, OutcomeUnknown(WHAT))


def _failed(error: Exception) -> TransactionFailed:
    failure = failure_of(error)
    return TransactionFailed(failure, told(error, failure, committing=False))
