"""Jobs as Procrastinate keeps them: written by the transaction that they belong to, and asked about by it alone.

A job's key goes into `args`, where an index of ours finds those that wait. Procrastinate's own `queueing_lock` is
unique: with it, a job that is put back would collide with one that has come meanwhile. Each task has a queue of its
name, so that a worker can leave some to others.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import text

from billing_core.adapters.books.text import encoded
from billing_core.adapters.books.writes import RecordWrite
from billing_core.adapters.sqlalchemy.database import Database
from billing_core.ports.jobs import HEAD_START, Backlog
from billing_core.ports.records import Job

EPOCH_S = 1_577_836_800  # the seconds from 1970 to 2020: counted from there, a place is a small number

# A job of the same key that waits is locked, so that no worker begins it before this transaction has an end, and
# moved forward. One that is locked by somebody else does not count as waiting: nobody waits for anybody here, and so
# there is no deadlock, but now and then two jobs of one key. How long a job rests is counted by the database's clock,
# as Procrastinate counts; NULL is at once. The same clock tells a job's place in the line: Procrastinate's priority is
# a number of seconds from 2020 to that place, and negative, since what is greater goes first there.
QUEUE_JOBS = f"""
with wanted as (
    select task, args, key, now() + rest as at, number,
        priority * {HEAD_START.seconds} - floor(extract(epoch from now()) - {EPOCH_S})::int as priority
    from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::interval[])
        with ordinality as given (task, priority, args, key, rest, number)
), waiting as (
    select found.id, wanted.key, wanted.priority, coalesce(wanted.at, '-infinity') as at
    from wanted cross join lateral (
        select id from procrastinate_jobs
        where args ->> 'key' = wanted.key and status = 'todo'
        limit 1 for update skip locked
    ) found
), forward as (
    update procrastinate_jobs job
    set priority = greatest(job.priority, waiting.priority),
        scheduled_at = nullif(least(coalesce(job.scheduled_at, '-infinity'), waiting.at), '-infinity')
    from waiting
    where job.id = waiting.id and (waiting.priority > job.priority or waiting.at < job.scheduled_at)
)
insert into procrastinate_jobs (queue_name, task_name, priority, args, scheduled_at)
select task, task, priority, args::jsonb, at
from wanted where key is null or key not in (select key from waiting)
order by number
"""

_BUSY = text(
    "select exists (select from procrastinate_jobs"
    " where status = 'doing' or status = 'todo' and coalesce(scheduled_at <= now(), true))"
)

# Of those that a worker begins by the hour, whose priority is 0, the place in line is not known.
_BACKLOG = text(
    f"""
select count(*) filter (where is_due), count(*) filter (where status = 'doing'),
    count(*) filter (where status = 'todo' and not is_due), count(*) filter (where status = 'todo' and attempts > 0),
    min(greatest(scheduled_at, to_timestamp({EPOCH_S} - priority))) filter (where is_due and priority < 0)
from (
    select *, status = 'todo' and coalesce(scheduled_at <= now(), true) as is_due
    from procrastinate_jobs where status in ('todo', 'doing')
) job
"""
)

# A key that waits is found by an index; of those under way there are as many as workers have hands.
_KNOWN = text(
    "select args ->> 'key' from procrastinate_jobs where args ->> 'key' = any(:keys) and status = 'todo'"
    " union select args ->> 'key' from procrastinate_jobs where args ->> 'key' = any(:keys) and status = 'doing'"
)


def job_arguments(writes: Sequence[RecordWrite]) -> list[list[Any]]:
    """One array per parameter. Of a group's jobs with one key one is written, as soon and as urgent as any of them."""
    jobs: dict[object, Job] = {}
    for number, write in enumerate(writes):
        job: Job = write.record
        name = number if job.key is None else job.key
        jobs[name] = _merged(jobs[name], job) if name in jobs else job
    at = writes[0].at
    return [
        [job.task for job in jobs.values()],
        [job.priority for job in jobs.values()],
        [encoded("job", {"args": job.args, "key": job.key}).decode() for job in jobs.values()],
        [job.key for job in jobs.values()],
        [None if job.not_before is None or job.not_before <= at else job.not_before - at for job in jobs.values()],
    ]


def _merged(one: Job, other: Job) -> Job:
    times = [job.not_before for job in (one, other) if job.not_before is not None]
    return evolve(one, priority=max(one.priority, other.priority), not_before=min(times) if len(times) > 1 else None)


@frozen
class ProcrastinateJobs:
    """What waits in Procrastinate's tables. It is due by the database's clock, since that is how it is run."""

    database: Database

    async def idle(self, now: datetime) -> bool:
        return not await self.database.read(lambda connection: connection.scalar(_BUSY))

    async def backlog(self, now: datetime) -> Backlog:
        counts = await self.database.read(lambda connection: connection.execute(_BACKLOG).one())
        due, under_way, later, failing, since = counts
        return Backlog(due=due, under_way=under_way, later=later, failing=failing, waits_since=since)

    async def known(self, keys: Collection[str]) -> frozenset[str]:
        found = {"keys": list(keys)}
        return await self.database.read(lambda connection: frozenset(connection.scalars(_KNOWN, found)))
