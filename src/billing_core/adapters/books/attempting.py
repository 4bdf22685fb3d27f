"""One attempt at a job: what every runner does with a handler, wherever the job waited."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from attrs import frozen

from billing_core.adapters.books.retrying import Retrying
from billing_core.ports.jobs import ClaimedJob, Handler

log = logging.getLogger(__name__)

Report = Callable[[str, str], Awaitable[None]]


@frozen
class Again:
    """The job is to be tried again after a rest, since this went wrong."""

    rest: timedelta
    error: str


@frozen(kw_only=True)
class Attempting:
    """A job is done, or tried again, or given up: told by `report(key, detail)` before it is forgotten.

    So a crash in between tells it twice, never not at all. A handler that takes longer than `within_s` has failed.
    """

    handlers: Mapping[str, Handler]
    report: Report
    retrying: Retrying
    within_s: float

    async def __call__(self, job: ClaimedJob) -> Again | None:
        """None where the job is over. Raises CancelledError where the runner is stopped; what `report` raises."""
        handler = self.handlers.get(job.task)
        if handler is None:
            await self.give_up(job, "has no handler")
            return None
        if job.attempt > self.retrying.attempts:
            # It never came back to be counted: whatever it does, it takes the process with it.
            await self.give_up(job, f"was begun {job.attempt - 1} times and never came to an end")
            return None
        began_s = time.perf_counter()
        try:
            async with asyncio.timeout(self.within_s):
                await handler(job.args)
        except asyncio.CancelledError as error:
            if _is_being_cancelled():
                raise
            return await self._failed(job, error)  # the handler's own affair
        except Exception as error:  # noqa: BLE001 - kept with the job, and reported in the end
            return await self._failed(job, error)
        if log.isEnabledFor(logging.INFO):
            log.info("job done", extra=_told(job) | {"ms": round((time.perf_counter() - began_s) * 1e3, 2)})
        return None

    async def _failed(self, job: ClaimedJob, error: BaseException) -> Again | None:
        log.warning("job %s %s failed at attempt %s", job.task, job.id, job.attempt, exc_info=error, extra=_told(job))
        if job.attempt < self.retrying.attempts:
            return Again(self.retrying.rest_after(job.attempt, error), said(error))
        await self.give_up(job, f"failed {job.attempt} times, at last with {said(error)}")
        return None

    async def give_up(self, job: ClaimedJob, why: str) -> None:
        """Tells that the job is given up. Raises what `report` raises."""
        args = ", ".join(f"{name}={value}" for name, value in sorted(job.args.items()))
        await self.report(f"job:{job.task}:{job.id}", f"{job.task}({args}) {why}")


def _told(job: ClaimedJob) -> dict[str, object]:
    """What a line of the log says of a job: of what it is given only ids."""
    ids = {name: value for name, value in job.args.items() if name.endswith("_id")}
    return {"job": job.task, "job_id": job.id, "attempt": job.attempt} | ids


def said(error: BaseException) -> str:
    """What is kept of an error."""
    return f"{type(error).__name__}: {error}"[:500]


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
