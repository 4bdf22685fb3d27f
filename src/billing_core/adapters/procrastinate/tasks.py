"""Our handlers as Procrastinate's tasks, in an app of their own."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job

from billing_core.adapters.books.attempting import Again, Attempting
from billing_core.adapters.books.retrying import Retrying
from billing_core.ports.jobs import ClaimedJob


class TriedInVain(Exception):
    """Tells Procrastinate that the job is to be tried again."""

    def __init__(self, again: Again) -> None:
        super().__init__(again.error)
        self.again = again


@frozen
class _Rests(BaseRetryStrategy):
    """Every failure that gets this far is tried again: that enough is enough, the attempt itself has decided."""

    retrying: Retrying

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        match exception:
            case TriedInVain():
                rest = exception.again.rest
            case asyncio.CancelledError():  # stopped before it was done
                rest = timedelta(0)
            case _:
                rest = self.retrying.rest_after(job.attempts + 1, exception)
        return RetryDecision(retry_at=datetime.now(UTC) + rest)


def app_of(connector: PsycopgConnector, attempting: Attempting, *, crons: Mapping[str, str]) -> App:
    """An app with a task for each handler, which has a queue of its name.

    Those that have a cron line are begun by it, once for all workers. Their priority is 0, and that of a job that was
    written is negative: so what is periodic goes before what waits in line, and is never late because of it.
    """
    app = App(connector=connector)
    for name in attempting.handlers:
        task = app.task(name=name, queue=name, pass_context=True, retry=_Rests(attempting.retrying))(_work(attempting))
        if name in crons:
            app.periodic(cron=crons[name])(task)
    return app


def _work(attempting: Attempting) -> Any:
    # `key` serves those who write jobs; `timestamp` is what Procrastinate gives to the periodic ones.
    async def work(context: JobContext, *, args: Mapping[str, str] | None = None, **_: object) -> None:
        job = context.job  # which counts the attempts that are over
        again = await attempting(
            ClaimedJob(id=job.id or 0, task=job.task_name, args=args or {}, attempt=job.attempts + 1)
        )
        if again is not None:
            raise TriedInVain(again)

    return work
