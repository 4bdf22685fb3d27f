"""A JobRunner on a JobQueue: claims by priority, runs some jobs at once, and loses none, whatever a handler does."""

import asyncio
import logging
from collections.abc import Awaitable, Collection, Mapping
from datetime import timedelta

from attrs import field, frozen
from attrs.validators import ge

from billing_core.adapters.books.attempting import Attempting, Report, said
from billing_core.adapters.books.retrying import Retrying
from billing_core.ports.clock import Clock
from billing_core.ports.errors import Unavailable
from billing_core.ports.jobs import ClaimedJob, Handler, JobQueue

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
# A handler is stopped before its lease ends, not after: what is given out again must not still be under way here.
OF_THE_LEASE = 0.9


@frozen
class InProcessRunner:
    """Every job ends in one of three ways: finished; put back for later; or given up, told by `report(key, detail)`
    and finished. If even that fails, its lease ends, and it is given out again.

    `stop_within_s` is how long a stop waits for what is under way; what is not done by then is cancelled and put back.
    """

    queue: JobQueue
    clock: Clock
    report: Report
    concurrency: int = field(default=4, validator=ge(1), kw_only=True)
    lease: timedelta = field(default=timedelta(minutes=10), kw_only=True)
    retrying: Retrying = field(default=Retrying(), kw_only=True)
    poll_s: float = field(default=1.0, kw_only=True)
    stop_within_s: float = field(default=30.0, kw_only=True)

    async def run(self, handlers: Mapping[str, Handler], *, stop: asyncio.Event, hourly: Collection[str] = ()) -> None:
        """Works until `stop` is set, then finishes what is under way. Cancelled, it puts that back."""
        attempting = self._attempting(handlers)
        running = {asyncio.create_task(self._hourly(task, handlers[task], stop)) for task in hourly}
        places = self.concurrency + len(running)
        try:
            while not stop.is_set():
                job = await self._claimed(stop) if len(running) < places else None
                if job is None:
                    await self._rest(stop, running, places)
                else:
                    task = asyncio.create_task(self._work(job, attempting))
                    running.add(task)
                    task.add_done_callback(running.discard)
            await _ended(running, within_s=self.stop_within_s)
        finally:
            for task in running:
                task.cancel()
            await _ended(running, within_s=self.stop_within_s)

    async def drain(self, handlers: Mapping[str, Handler]) -> int:
        """Does what is due, one after the other, with what comes of it; answers how many jobs that were.

        For a process in which time stands still meanwhile. Raises what the queue raises.
        """
        attempting, done = self._attempting(handlers), 0
        while (job := await self.queue.claim(self.clock.now(), lease=self.lease)) is not None:
            await self._work(job, attempting)
            done += 1
        return done

    def _attempting(self, handlers: Mapping[str, Handler]) -> Attempting:
        return Attempting(
            handlers=handlers,
            report=self.report,
            retrying=self.retrying,
            within_s=self.lease.total_seconds() * OF_THE_LEASE,
        )

    async def _claimed(self, stop: asyncio.Event) -> ClaimedJob | None:
        try:
            return await self.queue.claim(self.clock.now(), lease=self.lease)
        except Unavailable as error:
            log.warning("no job could be claimed: %s", error)
        except Exception as error:  # noqa: BLE001 - a worker that dies of one bad answer serves nobody
            await self._tell("job-queue:claim", said(error))
        await _first_of([stop.wait(), asyncio.sleep(self.poll_s)])
        return None

    async def _rest(self, stop: asyncio.Event, running: set[asyncio.Task[None]], places: int) -> None:
        """Until stop, or a place is free where there was none, or a job may have come."""
        if len(running) < places:
            await _first_of([stop.wait(), self._knock()])
        else:
            await _first_of([stop.wait()], running)

    async def _knock(self) -> None:
        try:
            await self.queue.wait(timeout_s=self.poll_s)
        except Exception as error:  # noqa: BLE001 - asking in turns finds the jobs as well
            log.warning("the queue cannot be waited for: %s", error)
            await asyncio.sleep(self.poll_s)

    async def _work(self, job: ClaimedJob, attempting: Attempting) -> None:
        try:
            again = await attempting(job)
            if again is None:
                await self.queue.finish(job)
            else:
                await self.queue.put_back(job, not_before=self.clock.now() + again.rest, error=again.error)
        except asyncio.CancelledError:
            await self.queue.put_back(job, not_before=self.clock.now(), error="stopped before it was done")
            raise
        except Exception:  # the queue itself failed; the other jobs must go on, and the lease brings this one back
            log.exception("job %s %s could not be settled; it is given out again when its lease ends", job.task, job.id)

    async def _hourly(self, task: str, handler: Handler, stop: asyncio.Event) -> None:
        """By the clock, which may be moved; an hour that was missed is not made up for."""
        due = self.clock.now() + HOUR
        while not stop.is_set():
            if self.clock.now() >= due:
                due = self.clock.now() + HOUR
                try:
                    await handler({})
                except Exception as error:  # noqa: BLE001 - it is tried again in an hour
                    await self._tell(f"job:{task}:hourly", said(error))
            await _first_of([stop.wait(), asyncio.sleep(self.poll_s)])

    async def _tell(self, key: str, detail: str) -> None:
        try:
            await self.report(key, detail)
        except Exception:  # telling is all that is left to do, and the runner must outlive it
            log.exception("could not be reported: %s: %s", key, detail)


async def _first_of(waits: list[Awaitable[object]], tasks: set[asyncio.Task[None]] | None = None) -> None:
    """Until one is over; the waits are dropped then, the tasks go on."""
    ours = {asyncio.ensure_future(wait) for wait in waits}
    try:
        await asyncio.wait({*ours, *(tasks or ())}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in ours:
            wait.cancel()
        await asyncio.gather(*ours, return_exceptions=True)


async def _ended(tasks: set[asyncio.Task[None]], *, within_s: float) -> None:
    if tasks:
        await asyncio.wait(set(tasks), timeout=within_s)
