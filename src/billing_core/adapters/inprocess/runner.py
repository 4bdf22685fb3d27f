"""A JobRunner on a JobQueue: claims in the order of the line, runs some jobs at once, and loses none, whatever a
handler does."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from attrs import field, frozen
from attrs.validators import ge

from billing_core.adapters.books.attempting import Again, Attempting, Report, said
from billing_core.adapters.books.retrying import Retrying
from billing_core.adapters.books.taking import taken
from billing_core.ports.clock import Clock
from billing_core.ports.errors import Unavailable
from billing_core.ports.jobs import NEVER, ClaimedJob, Every, Handler, JobQueue

log = logging.getLogger(__name__)

LENGTHS = {Every.MINUTE: timedelta(minutes=1), Every.HOUR: timedelta(hours=1)}
# A lease is renewed when so much of it is over. Where that fails, the handler is stopped before the lease ends, not
# after: what is given out again must not still be under way here.
RENEWED_AFTER, STOPPED_AFTER = 1 / 3, 0.9


class LeaseLost(Exception):
    """Somebody else has the job by now, or will have it any moment."""


@frozen
class InProcessRunner:
    """Every job ends in one of three ways: finished; put back for later; or given up, told by `report(key, detail)`
    and finished. If even that fails, its lease ends, and it is given out again.

    A lease is short, so that what a dead process had is soon with another, and renewed for as long as the handler
    works; one that is lost cancels the handler. A handler that takes longer than `handler_within` has failed.
    Runners may share the work, as `taken` tells: each by its `tasks` or by what it is `leaving` to the others.
    `stop_within_s` is how long a stop waits for what is under way; what is not done by then is cancelled and put back.
    """

    queue: JobQueue
    clock: Clock
    report: Report
    concurrency: int = field(default=4, validator=ge(1), kw_only=True)
    tasks: frozenset[str] | None = field(default=None, kw_only=True)
    leaving: frozenset[str] = field(default=frozenset(), kw_only=True)
    lease: timedelta = field(default=timedelta(seconds=60), kw_only=True)
    handler_within: timedelta = field(default=timedelta(minutes=9), kw_only=True)
    retrying: Retrying = field(default=Retrying(), kw_only=True)
    poll_s: float = field(default=1.0, kw_only=True)
    stop_within_s: float = field(default=30.0, kw_only=True)

    async def run(
        self, handlers: Mapping[str, Handler], *, stop: asyncio.Event, periodic: Mapping[str, Every] = NEVER
    ) -> None:
        """Works until `stop` is set, then finishes what is under way. Cancelled, it puts that back."""
        attempting = self._attempting(handlers)
        mine = taken(periodic, tasks=self.tasks, leaving=self.leaving)
        running = {asyncio.create_task(self._again(task, handlers[task], periodic[task], stop)) for task in mine}
        places = self.concurrency + len(running)
        knock = await self._listening()
        try:
            while not stop.is_set():
                if knock.done():
                    knock = await self._listening()
                job = await self._claimed(stop) if len(running) < places else None
                if job is None:
                    await self._rest(stop, knock, running, places)
                else:
                    task = asyncio.create_task(self._work(job, attempting))
                    running.add(task)
                    task.add_done_callback(running.discard)
            await _ended(running, within_s=self.stop_within_s)
        finally:
            knock.cancel()
            for task in running:
                task.cancel()
            await _ended({*running, knock}, within_s=self.stop_within_s)

    async def drain(self, handlers: Mapping[str, Handler]) -> int:
        """Does what is due, one after the other, with what comes of it; answers how many jobs that were.

        For a process in which time stands still meanwhile. Raises what the queue raises.
        """
        attempting, done = self._attempting(handlers), 0
        while (job := await self._claim()) is not None:
            await self._work(job, attempting)
            done += 1
        return done

    def _attempting(self, handlers: Mapping[str, Handler]) -> Attempting:
        return Attempting(
            handlers=handlers,
            report=self.report,
            retrying=self.retrying,
            within_s=self.handler_within.total_seconds(),
        )

    async def _claim(self) -> ClaimedJob | None:
        return await self.queue.claim(self.clock.now(), lease=self.lease, tasks=self.tasks, leaving=self.leaving)

    async def _claimed(self, stop: asyncio.Event) -> ClaimedJob | None:
        try:
            return await self._claim()
        except Unavailable as error:
            log.warning("no job could be claimed: %s", error)
        except Exception as error:  # noqa: BLE001 - a worker that dies of one bad answer serves nobody
            await self._tell("job-queue:claim", said(error))
        await _first_of([stop.wait(), asyncio.sleep(self.poll_s)])
        return None

    async def _rest(
        self, stop: asyncio.Event, knock: asyncio.Task[None], running: set[asyncio.Task[None]], places: int
    ) -> None:
        """Until stop, or a place is free where there was none, or a job may have come."""
        await _first_of([stop.wait()], {knock} if len(running) < places else running)

    async def _listening(self) -> asyncio.Task[None]:
        """Listens from now on: before the queue is asked, so that nothing comes in between unheard."""
        knock = asyncio.create_task(self._knock())
        await asyncio.sleep(0)  # it begins
        return knock

    async def _knock(self) -> None:
        try:
            await self.queue.wait(timeout_s=self.poll_s)
        except Exception as error:  # noqa: BLE001 - asking in turns finds the jobs as well
            log.warning("the queue cannot be waited for: %s", error)
            await asyncio.sleep(self.poll_s)

    async def _work(self, job: ClaimedJob, attempting: Attempting) -> None:
        try:
            again = await self._attempted(job, attempting)
            if again is None:
                await self.queue.finish(job)
            else:
                await self.queue.put_back(job, not_before=self.clock.now() + again.rest, error=again.error)
        except LeaseLost:
            log.warning("the lease of job %s %s was lost, and its handler cancelled", job.task, job.id)
        except asyncio.CancelledError:
            await self.queue.put_back(job, not_before=self.clock.now(), error="stopped before it was done")
            raise
        except Exception:  # the queue itself failed; the other jobs must go on, and the lease brings this one back
            log.exception("job %s %s could not be settled; it is given out again when its lease ends", job.task, job.id)

    async def _attempted(self, job: ClaimedJob, attempting: Attempting) -> Again | None:
        """Raises LeaseLost, after the handler was cancelled."""
        lease = asyncio.timeout(self._lease_s * STOPPED_AFTER)
        try:
            async with lease, self._renewing(job, lease):
                return await attempting(job)
        except TimeoutError:
            if lease.expired():
                raise LeaseLost from None
            raise

    @asynccontextmanager
    async def _renewing(self, job: ClaimedJob, lease: asyncio.Timeout) -> AsyncIterator[None]:
        """Renews the lease meanwhile. Most jobs are done before the first time, so nothing is begun for those."""
        loop, renewing = asyncio.get_running_loop(), list[asyncio.Task[None]]()
        rest_s = self._lease_s * RENEWED_AFTER
        first = loop.call_later(rest_s, lambda: renewing.append(loop.create_task(self._renew(job, lease, rest_s))))
        try:
            yield
        finally:
            first.cancel()
            for task in renewing:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _renew(self, job: ClaimedJob, lease: asyncio.Timeout, rest_s: float) -> None:
        """Again and again, until it is lost; a renewal that fails is tried again while the lease goes on."""
        loop = asyncio.get_running_loop()
        while not lease.expired():
            asked_at = loop.time()
            try:
                is_held = await self.queue.renew(job, until=self.clock.now() + self.lease)
            except Exception as error:  # noqa: BLE001 - whatever it was, the lease ends if it does not pass
                log.warning("the lease of job %s %s could not be renewed: %s", job.task, job.id, error)
            else:
                lease.reschedule(asked_at + self._lease_s * STOPPED_AFTER if is_held else asked_at)
                if not is_held:
                    return
            await asyncio.sleep(rest_s)

    @property
    def _lease_s(self) -> float:
        return self.lease.total_seconds()

    async def _again(self, task: str, handler: Handler, every: Every, stop: asyncio.Event) -> None:
        """By the clock, which may be moved; a time that was missed is not made up for."""
        due = self.clock.now() + LENGTHS[every]
        while not stop.is_set():
            if self.clock.now() >= due:
                due = self.clock.now() + LENGTHS[every]
                try:
                    await handler({})
                except Exception as error:  # noqa: BLE001 - it is tried again the next time
                    await self._tell(f"job:{task}:every-{every.value}", said(error))
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
