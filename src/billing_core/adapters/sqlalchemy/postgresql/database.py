"""PostgreSQL for the reading adapters, and for the few writes that belong to no account."""

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import field, frozen
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine

from billing_core.adapters.sqlalchemy.failures import Failure, told
from billing_core.adapters.sqlalchemy.postgresql.failures import failure_of
from billing_core.adapters.sqlalchemy.transaction import TransactionFailed, transact

T = TypeVar("T")


@frozen
class PostgresqlDatabase:
    """Connections of one pool. What reads sees one state of the database for as long as it reads."""

    engine: AsyncEngine
    _reading: AsyncEngine = field(init=False)

    def __attrs_post_init__(self) -> None:
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        object.__setattr__(self, "_reading", self.engine.execution_options(**options))

    @property
    def insert(self) -> Callable[..., Any]:
        return postgresql.insert

    async def read(self, work: Callable[[Connection], T]) -> T:
        """A connection that was lost is replaced once: nothing is lost by reading again."""
        try:
            return await _transacted(self._reading, work)
        except TransactionFailed as failed:
            if failed.failure is not Failure.LOST:
                raise failed.answer from failed.__cause__
        return await _answered(self._reading, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await _answered(self.engine, work)


async def _answered(engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
    try:
        return await _transacted(engine, work)
    except TransactionFailed as failed:
        raise failed.answer from failed.__cause__


async def _transacted(engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
    """Raises TransactionFailed."""
    connection = engine.connect()
    try:
        await connection.start()
    except Exception as error:
        failure = failure_of(error)
        raise TransactionFailed(failure, told(error, failure, committing=False)) from error
    try:
        return await connection.run_sync(transact, work, failure_of)
    finally:
        await connection.close()
