"""Tending generations: those that no worker gets to, and those that a worker has left, come to an end all the same."""

from collections.abc import Mapping
from datetime import timedelta

from attrs import frozen

from billing_core.application import tasks
from billing_core.application.endings import QUEUE_TIMEOUT, Ending, Turn
from billing_core.domain.errors import PortFailure
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.generations import Generations
from billing_core.ports.jobs import Jobs

STUCK_AFTER = timedelta(minutes=15)
MOST_AT_ONCE = 500


@frozen
class TendingGenerations:
    """Fails what waited in the queue for too long, and has what runs for too long looked at again, if nobody has its
    job any more: a second job beside one that has just been taken up would count the attempt of the first as lost."""

    accounts: AccountRepository
    generations: Generations
    jobs: Jobs
    ending: Ending
    clock: Clock

    async def run(self, _args: Mapping[str, str]) -> None:
        """The job. One that cannot be tended does not keep the others waiting. Raises PortFailure in the end."""
        now, failures = self.clock.now(), list[PortFailure]()
        overdue = await self.generations.overdue(now, stuck_since=now - STUCK_AFTER, limit=MOST_AT_ONCE)
        in_hand = await self.jobs.known([tasks.generate_key(generation.id) for generation in overdue])
        for generation in overdue:
            try:
                await self._tend(generation, in_hand)
            except PortFailure as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    async def _tend(self, generation: Generation, in_hand: frozenset[str]) -> None:
        if generation.status is GenerationStatus.QUEUED:
            await self.ending(Turn(generation, 0), QUEUE_TIMEOUT)
            return
        if tasks.generate_key(generation.id) not in in_hand:
            job = tasks.generate(generation.account_id, generation.id, priority=generation.priority)
            await self.accounts.change(generation.account_id, lambda _: Commit(None, (), (job,)))
