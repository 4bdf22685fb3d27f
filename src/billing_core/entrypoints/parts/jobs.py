"""Who runs the jobs, wired: in this process from its queue, or as a worker on PostgreSQL."""

from billing_core.adapters.inprocess import InProcessRunner
from billing_core.domain.incidents import IncidentKind
from billing_core.entrypoints.settings import Settings
from billing_core.ports.books import Books
from billing_core.ports.clock import Clock
from billing_core.ports.incidents import Incident
from billing_core.ports.jobs import JobQueue, JobRunner


def runner(
    settings: Settings,
    books: Books,
    clock: Clock,
    *,
    tasks: frozenset[str] | None = None,
    leaving: frozenset[str] = frozenset(),
    concurrency: int | None = None,
) -> JobRunner:
    """Runs these tasks (None: all) but those that are left to others, so many jobs at once."""

    async def report(key: str, detail: str) -> None:
        incident = Incident(key=key, account_id=None, kind=IncidentKind.JOB_FAILED, detail=detail, at=clock.now())
        await books.incidents.report(incident)

    at_once = concurrency or settings.concurrency
    if isinstance(books.jobs, JobQueue):
        return InProcessRunner(books.jobs, clock, report, tasks=tasks, leaving=leaving, concurrency=at_once)
    from billing_core.adapters.procrastinate import ProcrastinateRunner  # noqa: PLC0415 - it is an extra

    return ProcrastinateRunner(settings.database_url, report, tasks=tasks, leaving=leaving, concurrency=at_once)
