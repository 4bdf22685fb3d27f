"""Jobs in memory."""

from collections.abc import Collection
from datetime import datetime, timedelta

from attrs import evolve, frozen

from billing_core.adapters.memory.state import MemoryState, WaitingJob
from billing_core.ports.jobs import Backlog, ClaimedJob


@frozen
class MemoryJobs:
    """A claim is known by the job's id and its attempt, which no later claim shares."""

    state: MemoryState

    async def claim(
        self,
        now: datetime,
        *,
        lease: timedelta,
        tasks: Collection[str] | None = None,
        leaving: Collection[str] = (),
    ) -> ClaimedJob | None:
        due = (
            waiting
            for waiting in self.state.jobs.values()
            if waiting.is_due(now) and (tasks is None or waiting.job.task in tasks) and waiting.job.task not in leaving
        )
        first = min(due, key=lambda waiting: (waiting.place, waiting.id), default=None)
        if first is None:
            return None
        claimed = evolve(first, attempt=first.attempt + 1, leased_until=now + lease)
        self.state.jobs[claimed.id] = claimed
        return ClaimedJob(id=claimed.id, task=claimed.job.task, args=dict(claimed.job.args), attempt=claimed.attempt)

    async def renew(self, job: ClaimedJob, *, until: datetime) -> bool:
        held = self._held(job)
        if held is None:
            return False
        self.state.jobs[job.id] = evolve(held, leased_until=until)
        return True

    async def finish(self, job: ClaimedJob) -> None:
        if self._held(job) is not None:
            del self.state.jobs[job.id]

    async def put_back(self, job: ClaimedJob, *, not_before: datetime, error: str) -> None:
        """Where another of its key waits by now, that one does the work."""
        held = self._held(job)
        if held is None:
            return
        if held.job.key is not None and self.state.waiting_job(held.job.key) is not None:
            del self.state.jobs[job.id]
        else:
            self.state.jobs[job.id] = evolve(held, leased_until=None, not_before=not_before, error=error)

    async def wait(self, *, timeout_s: float) -> None:
        await self.state.bell.wait(timeout_s=timeout_s)

    async def idle(self, now: datetime) -> bool:
        return not any(job.leased_until is not None or job.is_due(now) for job in self.state.jobs.values())

    async def backlog(self, now: datetime) -> Backlog:
        jobs = self.state.jobs.values()
        under_way = [job for job in jobs if job.leased_until is not None and job.leased_until > now]
        due = [job for job in jobs if job.is_due(now)]
        waiting = [job for job in jobs if job not in under_way]
        return Backlog(
            due=len(due),
            under_way=len(under_way),
            later=len(waiting) - len(due),
            failing=sum(job.attempt > 0 for job in waiting),
            waits_since=min([max(job.place, job.not_before or job.place) for job in due], default=None),
        )

    async def known(self, keys: Collection[str]) -> frozenset[str]:
        return frozenset(keys) & {waiting.job.key for waiting in self.state.jobs.values() if waiting.job.key}

    def _held(self, job: ClaimedJob) -> WaitingJob | None:
        kept = self.state.jobs.get(job.id)
        claimed = kept is not None and kept.leased_until is not None and kept.attempt == job.attempt
        return kept if claimed else None
