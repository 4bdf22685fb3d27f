"""Jobs in a table, claimed under a lease."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from attrs import frozen
from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select, update

from billing_core.adapters.books.bell import Bell
from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import micros
from billing_core.adapters.sqlalchemy.tables import jobs
from billing_core.ports.jobs import ClaimedJob

_ARGS = msgspec.json.Decoder(dict[str, str])


@frozen
class SqlJobs:
    """A claim is known by the job's id and its attempt, which no later claim shares: that is the fencing token.

    The bell is rung by writers of this process; what others write is seen when `wait` times out.
    """

    database: Database
    bell: Bell

    async def claim(self, now: datetime, *, lease: timedelta) -> ClaimedJob | None:
        first = select(jobs.c.id).where(_due(now)).order_by(jobs.c.priority.desc(), jobs.c.id).limit(1)
        claim = (
            update(jobs)
            .where(jobs.c.id == first.scalar_subquery())
            .values(leased_until=micros(now + lease), attempt=jobs.c.attempt + 1)
            .returning(jobs.c.id, jobs.c.task, jobs.c.args, jobs.c.attempt)
        )

        def work(connection: Connection) -> ClaimedJob | None:
            row = connection.execute(claim).one_or_none()
            if row is None:
                return None
            return ClaimedJob(id=row.id, task=row.task, args=_ARGS.decode(row.args), attempt=row.attempt)

        # Asked of the reader first: a worker that finds nothing must not stand in the writers' way.
        if not await self.database.read(lambda connection: connection.scalar(select(exists(first)))):
            return None
        return await self.database.write(work)

    async def finish(self, job: ClaimedJob) -> None:
        await self.database.write(lambda connection: connection.execute(delete(jobs).where(_held(job))))

    async def put_back(self, job: ClaimedJob, *, not_before: datetime, error: str) -> None:
        """Where another of its key waits by now, that one does the work."""
        other = jobs.alias("other")
        waits = exists().where(other.c.key == jobs.c.key, other.c.leased_until.is_(None))
        superseded = delete(jobs).where(_held(job), waits)
        back = update(jobs).where(_held(job)).values(leased_until=None, not_before=micros(not_before), error=error)

        def work(connection: Connection) -> Any:
            connection.execute(superseded)
            return connection.execute(back)

        await self.database.write(work)

    async def wait(self, *, timeout_s: float) -> None:
        await self.bell.wait(timeout_s=timeout_s)

    async def idle(self, now: datetime) -> bool:
        busy = select(exists().where(or_(_due(now), jobs.c.leased_until.is_not(None))))
        return not await self.database.read(lambda connection: connection.scalar(busy))


def _due(now: datetime) -> ColumnElement[bool]:
    """Waiting and its time has come, or claimed by somebody whose lease is over."""
    at = micros(now)
    waiting = and_(jobs.c.leased_until.is_(None), jobs.c.not_before <= at)
    return or_(waiting, jobs.c.leased_until <= at)


def _held(job: ClaimedJob) -> ColumnElement[bool]:
    return and_(jobs.c.id == job.id, jobs.c.attempt == job.attempt, jobs.c.leased_until.is_not(None))
