"""Committing groups on PostgreSQL. Many processes may do this at once.

A group locks its accounts in the order of their keys, decides in memory, writes in one statement, and is answered
after its commit. Where the connection is lost during the commit, the group's own rows tell whether it landed.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from attrs import field, frozen

from billing_core.adapters.books.columns import Describe
from billing_core.adapters.books.moment import Now, new_commit_id
from billing_core.adapters.books.plan import plan
from billing_core.adapters.books.recent import RecentAccounts
from billing_core.adapters.books.writes import Call, Outcome, Raised, Writes
from billing_core.adapters.sqlalchemy.failures import WHAT, Failure, told
from billing_core.adapters.sqlalchemy.postgresql.connection import DriverConnection
from billing_core.adapters.sqlalchemy.postgresql.failures import failure_of
from billing_core.adapters.sqlalchemy.postgresql.statements import has_landed, load_causes, lock_accounts, write
from billing_core.adapters.sqlalchemy.transaction import TransactionFailed
from billing_core.ports.errors import OutcomeUnknown

TRIES = 3
ASK_AGAIN_AFTER_S = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0)  # a database that restarts is back within seconds


@frozen
class Committing:
    """What the lane does with a group: each of its callers gets an answer."""

    connection: DriverConnection
    describe: Describe
    now: Now
    _recent: RecentAccounts = field(factory=RecentAccounts, init=False)

    async def __call__(self, calls: Sequence[Call[Any]]) -> Sequence[Outcome]:
        """One commit for all; where one of them is guilty of a failure, halves until it is alone."""
        try:
            return await self._tried(calls)
        except TransactionFailed as failed:
            if failed.failure is Failure.SPLIT and len(calls) > 1:
                half = len(calls) // 2
                return [*await self(calls[:half]), *await self(calls[half:])]
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
            driver = await self.connection.get()
            writes = await self._written(driver, calls)
        except Exception as error:
            await self.connection.roll_back()
            raise _failed(error) from error
        try:
            await driver.execute("COMMIT")
        except Exception as error:
            await self.connection.drop()
            if not await self._has_landed(calls, writes):
                raise _failed(error) from error
        return writes.outcomes

    async def _written(self, driver: Any, calls: Sequence[Call[Any]]) -> Writes:
        writes = plan(
            calls,
            await lock_accounts(driver, (call.account_id for call in calls)),
            await load_causes(driver, calls),
            commit_id=new_commit_id(),
            at=self.now(),
            describe=self.describe,
            recent=self._recent,
        )
        await write(driver, writes)
        return writes

    async def _has_landed(self, calls: Sequence[Call[Any]], writes: Writes) -> bool:
        """After a commit that nobody answered. Raises TransactionFailed where the database does not come back."""
        for pause_s in ASK_AGAIN_AFTER_S:
            try:
                driver = await self.connection.get()
                # Where that commit is still under way, the lock waits for its end.
                await lock_accounts(driver, (call.account_id for call in calls))
                landed = await has_landed(driver, writes)
                await self.connection.roll_back()
            except Exception:  # noqa: BLE001 - it is not back yet
                await self.connection.drop()
                await asyncio.sleep(pause_s)
            else:
                return landed
        raise TransactionFailed(None, OutcomeUnknown(WHAT))


def _failed(error: Exception) -> TransactionFailed:
    failure = failure_of(error)
    return TransactionFailed(failure, told(error, failure, committing=False))
