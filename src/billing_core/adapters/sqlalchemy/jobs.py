"""Jobs in a table, claimed under a lease."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import msgspec
from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from billing_core.adapters.books.bell import Bell
from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import micros, moment_or_none
from billing_core.adapters.sqlalchemy.tables import jobs
from billing_core.ports.jobs import Backlog, ClaimedJob

_ARGS = msgspec.json.Decoder(dict[str, str])


@frozen
class SqlJobs:
    """A claim is known by the job's id and its attempt, which no later claim shares: that is the fencing token.

    The bell is rung by writers of this process; what others write is seen when `wait` times out.
    """

    database: Database
    bell: Bell

    async def claim(
        self,
        now: datetime,
        *,
        lease: timedelta,
        tasks: Collection[str] | None = None,
        leaving: Collection[str] = (),
    ) -> ClaimedJob | None:
        first = _first(now, tasks, leaving)
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

    async def renew(self, job: ClaimedJob, *, until: datetime) -> bool:
        longer = update(jobs).where(_held(job)).values(leased_until=micros(until))
        return await self.database.write(lambda connection: connection.execute(longer).rowcount == 1)

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
        busy = select(exists().where(or_(_due(jobs, now), jobs.c.leased_until.is_not(None))))
        return not await self.database.read(lambda connection: connection.scalar(busy))

    async def backlog(self, now: datetime) -> Backlog:
        due, under_way = _due(jobs, now), jobs.c.leased_until > micros(now)
        since = case((jobs.c.not_before > jobs.c.place, jobs.c.not_before), else_=jobs.c.place)
        waits = or_(jobs.c.leased_until.is_(None), jobs.c.leased_until <= micros(now))
        query = select(
            func.count().filter(due),
            func.count().filter(under_way),
            func.count().filter(waits),
            func.count().filter(and_(waits, jobs.c.attempt > 0)),
            func.min(since).filter(due),
        ).select_from(jobs)
        counts = await self.database.read(lambda connection: connection.execute(query).one())
        return Backlog(
            due=counts[0],
            under_way=counts[1],
            later=counts[2] - counts[0],
            failing=counts[3],
            waits_since=moment_or_none(counts[4]),
        )

    async def known(self, keys: Collection[str]) -> frozenset[str]:
        query = select(jobs.c.key).where(jobs.c.key.in_(keys))
        return await self.database.read(lambda connection: frozenset(connection.scalars(query)))


def _first(now: datetime, tasks: Collection[str] | None, leaving: Collection[str]) -> Select[tuple[int]]:
    """The first in line of the tasks' firsts, so that what waits of one task is no burden on who asks for others."""
    kinds = select(func.min(jobs.c.task).label("task")).cte("kinds", recursive=True)
    following = select(func.min(jobs.c.task)).where(jobs.c.task > kinds.c.task).scalar_subquery()
    kinds = kinds.union_all(select(following).where(kinds.c.task.is_not(None)))
    in_line = jobs.alias("in_line")
    first_of_its_kind = (
        select(in_line.c.id)
        .where(in_line.c.task == kinds.c.task, _due(in_line, now))
        .order_by(in_line.c.place, in_line.c.id)
        .limit(1)
        .correlate(kinds)
        .scalar_subquery()
    )
    wanted = kinds.c.task.not_in(leaving) if tasks is None else kinds.c.task.in_(set(tasks) - set(leaving))
    firsts = select(jobs.c.id).join_from(kinds, jobs, jobs.c.id == first_of_its_kind).where(wanted)
    return firsts.order_by(jobs.c.place, jobs.c.id).limit(1)


def _due(of: FromClause, now: datetime) -> ColumnElement[bool]:
    """Waiting and its time has come, or claimed by somebody whose lease is over."""
    at = micros(now)
    waiting = and_(of.c.leased_until.is_(None), of.c.not_before <= at)
    return or_(waiting, of.c.leased_until <= at)


def _held(job: ClaimedJob) -> ColumnElement[bool]:
    return and_(jobs.c.id == job.id, jobs.c.attempt == job.attempt, jobs.c.leased_until.is_not(None))
