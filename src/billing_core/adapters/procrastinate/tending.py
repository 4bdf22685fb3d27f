"""What every worker looks after from time to time, for all of them: jobs that nobody else would bring to an end."""

from collections.abc import Collection

from procrastinate import App

from billing_core.adapters.books.attempting import Attempting
from billing_core.ports.jobs import ClaimedJob

# One statement of our own rather than Procrastinate's listing and retrying of each job: between these, another worker
# may have put the job back, and a third one begun it. That nobody claims it is asked when its row is locked, by a
# scalar subquery, since a join would not be asked again.
_PUT_BACK = """
update procrastinate_jobs
set status = 'todo', attempts = attempts + 1, worker_id = null, abort_requested = false, scheduled_at = null
where id in (
    select id from procrastinate_jobs job
    where status = 'doing' and coalesce(
        (select last_heartbeat from procrastinate_workers where id = job.worker_id), '-infinity'
    ) < now() - make_interval(secs => %(stalled_after_s)s)
    for update skip locked
)
"""
# A worker that names its queues is never given what no queue of its own has, so nobody would.
_FAIL_UNKNOWN = """
update procrastinate_jobs
set status = 'failed', attempts = attempts + 1
where id in (
    select id from procrastinate_jobs
    where status = 'todo' and queue_name <> all(%(known)s::text[]) and coalesce(scheduled_at <= now(), true)
    for update skip locked
)
"""
_FAILED = "select id, task_name, args, attempts from procrastinate_jobs where status = 'failed'"
_FORGET = "delete from procrastinate_jobs where id = %(job_id)s and status = 'failed'"


async def put_back_stalled(app: App, *, stalled_after_s: float) -> None:
    """Gives out again what was begun by workers that have not been heard of since, and forgets those workers."""
    await app.connector.execute_query_async(_PUT_BACK, stalled_after_s=stalled_after_s)
    await app.job_manager.prune_stalled_workers(stalled_after_s)


async def fail_unknown(app: App, *, known: Collection[str]) -> None:
    """What is due and has a task that is not known fails, so that it is told."""
    await app.connector.execute_query_async(_FAIL_UNKNOWN, known=sorted(known))


async def report_failed(app: App, attempting: Attempting) -> None:
    """A job fails for good only where no task has its name: that is told, and the job forgotten."""
    for row in await app.connector.execute_query_all_async(_FAILED):
        job = ClaimedJob(id=row["id"], task=row["task_name"], args=row["args"].get("args", {}), attempt=row["attempts"])
        await attempting.give_up(job, "has no handler")
        await app.connector.execute_query_async(_FORGET, job_id=job.id)
