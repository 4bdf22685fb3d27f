"""Time that stands still until a test moves it, and what happens meanwhile."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from attrs import define, frozen

from billing_core.adapters.inprocess import InProcessRunner
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.system import FixedClock
from billing_core.application.accruing import Accruing
from billing_core.application.watching import Watching
from billing_core.domain.calendar import nth_month, utc
from billing_core.domain.generation import Generation
from billing_core.entrypoints.simulation import RunningSimulation
from billing_core.ports.jobs import Handler


@frozen(kw_only=True)
class Standing(RunningSimulation):
    """A simulation in which nothing goes on by itself: webhooks and jobs are done where the test says so."""

    time: FixedClock
    stripe: SimulatedStripe
    books: MemoryBooks
    runner: InProcessRunner
    handlers: Mapping[str, Handler]
    accruing: Accruing

    async def settle(self) -> None:
        """Delivers every webhook, does every job and books whatever is due now, until nothing is left."""
        is_left = True
        while is_left:
            while await self.stripe.deliver_pending() or await self.runner.drain(self.handlers):
                pass
            await self.accruing.run({})
            is_left = await self.runner.drain(self.handlers) > 0

    async def forward(self, *, days: int) -> None:
        await self.forward_to(self.time.now() + timedelta(days=days))

    async def forward_to(self, end: datetime) -> None:
        """From one instant at which something is due to the next, so that each thing happens when it should."""
        await self.settle()
        while (due := await self._next_due(end)) is not None:
            self.time.set(due)
            await self.settle()
        self.time.set(end)
        await self.settle()

    async def _next_due(self, end: datetime) -> datetime | None:
        """What was due before and could not be done is left to whoever tries again."""
        now = self.time.now()
        dues = [self.stripe.next_due(), *self._retries(), await self._accrual(end)]
        return min((due for due in dues if due is not None and now < due < end), default=None)

    def _retries(self) -> list[datetime | None]:
        return [job.leased_until or job.not_before for job in self.books.state.jobs.values()]

    async def _accrual(self, end: datetime) -> datetime | None:
        rows = (kept.columns.next_due_at for kept in self.books.state.accounts.values())
        return min((at for at in rows if at is not None and self.time.now() < at < end), default=None)


@define(eq=False, kw_only=True)
class SettlingFirst(Watching):
    """Waiting for a generation, where nothing goes on by itself: what is due now is done, and that is all."""

    settle: Callable[[], Awaitable[None]]

    async def ended(self, generation: Generation, *, within: timedelta) -> Generation:
        await self.settle()
        return await super().ended(generation, within=timedelta(0))


@frozen
class VirtualClock:
    """The time of a `Billing` under test. It stands still until it is moved."""

    _standing: Standing

    def now(self) -> datetime:
        return self._standing.time.now()

    async def advance(
        self,
        *,
        months: int = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        to: datetime | None = None,
    ) -> datetime:
        """Moves ahead by so much, or to an instant; tells the new time.

        Everything that falls due meanwhile happens at its own moment: renewals, retries, ends of trials and of grace,
        webhooks, jobs. A month leads to the same day of the next one, or to that one's last. Raises ValueError for a
        step back.
        """
        start = self.now()
        end = nth_month(start, months) + timedelta(days=days, hours=hours, minutes=minutes) if to is None else utc(to)
        if end < start:
            raise ValueError(f"time does not run backwards: it is {start:%Y-%m-%d %H:%M} already")
        await self._standing.forward_to(end)
        return end

    async def settle(self) -> None:
        """Lets everything happen that is due now: webhooks are delivered, pictures are made."""
        await self._standing.settle()
