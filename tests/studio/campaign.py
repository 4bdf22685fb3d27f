"""Killing workers while they make pictures, and asking for more all the while."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from random import Random

from attrs import define, field, frozen

from billing_core.application.accepting import Asked
from billing_core.domain.admission import Wish
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.use_cases import UseCases
from tests.studio.waiting import until
from tests.studio.workers import Studio, Worker

CREDITS = 100_000

# Who serves runs the jobs that ask the simulated Stripe, so it is a worker too, and must not be taken for another.
_SERVING = "select count(*) from procrastinate_workers"
_UNDER_WAY = "select count(*) from generations where status in ('queued', 'running')"
_DUE = "select count(*) from procrastinate_jobs where coalesce(scheduled_at <= now(), true)"


@frozen(kw_only=True)
class Plan:
    """How many kills, of how many workers, with how many generations under way at a time."""

    kills: int
    seed: int
    workers: int = 2
    under_way: int = 12
    customers: int = 5

    @property
    def accounts(self) -> list[str]:
        return [f"customer-{number}" for number in range(self.customers)]


@define
class Campaign:
    """Runs a plan. `counts` tells what has happened."""

    plan: Plan
    studio: Studio
    counts: Counter[str] = field(factory=Counter)

    async def run(self) -> None:
        """Afterwards every generation has ended, nothing is due, and the workers have stopped.

        Raises AssertionError, TimeoutError.
        """
        workers = [Worker(self.studio, f"worker-{number}") for number in range(self.plan.workers)]
        async with running(self.studio.settings, jobs=False) as use_cases:
            await until(self._is_served)
            try:
                for worker in workers:
                    await worker.start()
                async with self._asking(use_cases):
                    await self._kill_again_and_again(workers)
                await self._until_nothing_is(_UNDER_WAY)
                await self._until_nothing_is(_DUE)
                for worker in workers:
                    await worker.stop()
            finally:
                for worker in workers:
                    await worker.close()

    async def _kill_again_and_again(self, workers: list[Worker]) -> None:
        """A kill counts where the worker had a picture in hand."""
        dice = Random(self.plan.seed)
        while self.counts["kills"] < self.plan.kills:
            worker = dice.choice(workers)
            await self._kill(worker, after_s=dice.uniform(0, 1.5 * self.studio.drawing_s))
            await worker.start()

    async def _kill(self, worker: Worker, *, after_s: float) -> None:
        async def works() -> bool:
            return await worker.making() > 0

        await until(works)
        await asyncio.sleep(after_s)
        await worker.kill()
        if torn := await worker.making():
            self.counts["kills"] += 1
            self.counts["torn"] += torn

    @asynccontextmanager
    async def _asking(self, use_cases: UseCases) -> AsyncIterator[None]:
        for account_id in self.plan.accounts:
            await use_cases.adjusting(account_id, CREDITS, reason="a campaign")
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_asking(use_cases, over))
            yield
            over.set()

    async def _keep_asking(self, use_cases: UseCases, over: asyncio.Event) -> None:
        """Until it is over; what was asked for is counted."""
        dice = Random(self.plan.seed + 1)
        for number in count(1):
            await until(self._has_room)
            if over.is_set():
                return
            asked = Asked(prompt=f"picture {number}", wish=Wish(n=dice.randint(1, 4)))
            await use_cases.accepting(dice.choice(self.plan.accounts), asked)
            self.counts["asked"] += 1

    async def _is_served(self) -> bool:
        return await self._many(_SERVING) > 0

    async def _has_room(self) -> bool:
        return await self._many(_UNDER_WAY) < self.plan.under_way

    async def _until_nothing_is(self, statement: str) -> None:
        async def is_nothing() -> bool:
            return await self._many(statement) == 0

        await until(is_nothing)

    async def _many(self, statement: str) -> int:
        ((found,),) = await self.studio.asked(statement)
        return int(found)
