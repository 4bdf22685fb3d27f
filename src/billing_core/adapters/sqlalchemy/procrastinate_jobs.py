"""Jobs as Procrastinate keeps them, written by the transaction that they belong to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from billing_core.adapters.books.text import encoded
from billing_core.adapters.books.writes import RecordWrite

QUEUE_JOBS = """
insert into procrastinate_jobs (task_name, queue_name, priority, args, scheduled_at)
select task, 'default', priority, args::jsonb, at
from unnest($1::text[], $2::bigint[], $3::text[], $4::timestamptz[]) as wanted(task, priority, args, at)
"""


def job_arguments(writes: Sequence[RecordWrite]) -> list[Any]:
    """One array per parameter."""
    jobs = [write.record for write in writes]
    return [
        [job.task for job in jobs],
        [job.priority for job in jobs],
        [encoded("job", job.args).decode() for job in jobs],
        [job.not_before or datetime(1970, 1, 1, tzinfo=UTC) for job in jobs],
    ]
