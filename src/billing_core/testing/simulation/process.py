"""The product's process: the container as it is wired in earnest, between ports that may fail, and its worker."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import cast

from attrs import define, evolve, field, frozen

from billing_core.adapters.books.attempting import Attempting
from billing_core.adapters.books.retrying import Retrying
from billing_core.adapters.memory.notifier import MemoryNotifier
from billing_core.adapters.simulated import SimulatedStripe
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import BillingError, PortFailure
from billing_core.domain.fraud import FraudPolicies, FraudPolicy
from billing_core.domain.incidents import IncidentKind
from billing_core.entrypoints.container import Container
from billing_core.entrypoints.lifespan import handlers
from billing_core.entrypoints.settings import MEMORY, Settings
from billing_core.ports.books import Books
from billing_core.ports.clock import Clock
from billing_core.ports.ids import IdSource
from billing_core.ports.incidents import Incident
from billing_core.ports.jobs import ClaimedJob, Handler, JobQueue
from billing_core.testing.simulation.life import Life, Watched
from billing_core.testing.simulation.points import PORTS, methods
from billing_core.testing.simulation.seams import Painter, Store, Wire

SECRET = "whsec_of_the_simulation"
SETTINGS = Settings(database_url=MEMORY, jwt_secret="a secret of the simulation" * 2, webhook_secrets=(SECRET,))
POLICIES = tuple(FraudPolicies(normal=policy, highest=policy) for policy in FraudPolicy)
"""For warnings of fraud; each time the process starts, one of them holds."""
LEASE = timedelta(minutes=10)
AT_ONCE = 4
JOBS = frozenset({"claim", "finish", "put_back"})
_OF_THE_BOOKS = (
    "accounts", "bookmarks", "directory", "figures", "generations", "history", "inbox", "incidents", "overview",
    "register", "warnings",
)  # fmt: skip


class WatchedBooks:
    """The books behind fault points."""

    def __init__(self, books: Books, life: Life) -> None:
        self.catalogs = books.catalogs
        self.jobs = Watched("jobs", books.jobs, life, JOBS)
        for name in _OF_THE_BOOKS:
            setattr(self, name, Watched(name, getattr(books, name), life, methods(PORTS[name])))


@frozen(kw_only=True)
class Outside:
    """What outlives the process."""

    books: Books
    catalog: Catalog
    clock: Clock
    ids: IdSource
    stripe: SimulatedStripe
    store: Store
    painter: Painter
    notifier: MemoryNotifier
    random: Random
    spawn: Callable[[Awaitable[None]], None]
    broken: Callable[[BaseException], None]


def wired(outside: Outside, life: Life) -> Container:
    """The container, with a fault point before and after each call of a port."""
    use = Container(
        settings=evolve(SETTINGS, fraud=outside.random.choice(POLICIES)),
        books=WatchedBooks(outside.books, life),
        catalog=outside.catalog,
        clock=outside.clock,
    )
    use.simulated.override(outside.stripe)
    use.answering.override(Wire(outside.stripe, life))
    use.ids.override(outside.ids)
    parts: Mapping[str, object] = {
        "gateway": use.gateway(),
        "archive": use.archive(),
        "images": outside.painter,
        "store": outside.store,
        "notifier": outside.notifier,
    }
    for name, part in parts.items():
        getattr(use, name).override(Watched(name, part, life, methods(PORTS[name])))
    use.marked.override(use.images)  # marking takes a thread, in which virtual time does not pass
    use.prices.override(Watched("prices", use.prices(), life, methods(PORTS["prices"])))
    return use


@define(eq=False)
class Process:
    """One life of the product, and what it can be asked."""

    outside: Outside
    life: Life
    use: Container = field(init=False)
    _attempting: Attempting = field(init=False)
    _serving: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.use = wired(self.outside, self.life)
        self._attempting = Attempting(
            handlers={task: self._going_on(self._watched(handler)) for task, handler in handlers(self.use).items()},
            report=self._report,
            retrying=Retrying(),
            within_s=LEASE.total_seconds() * 0.9,
        )

    @property
    def _queue(self) -> JobQueue:
        return cast(JobQueue, self.use.books().jobs)

    def wake(self) -> None:
        """There may be work."""
        if self.life.is_alive and self._serving < AT_ONCE:
            self._serving += 1
            self.outside.spawn(self._serve())

    async def _serve(self) -> None:
        try:
            while (job := await self._claimed()) is not None:
                await self._work(job)
        finally:
            self._serving -= 1

    async def _claimed(self) -> ClaimedJob | None:
        try:
            job = await self._queue.claim(self.outside.clock.now(), lease=LEASE)
        except PortFailure:
            self._wake_in(1)
            return None
        if job is not None:
            self._wake_in(LEASE.total_seconds() + 1)
        return job

    async def _work(self, job: ClaimedJob) -> None:
        """As a worker does it; one that is paused here finds that its lease has ended meanwhile."""
        chances, queue, clock = self.life.chances, self._queue, self.outside.clock
        if chances.strikes("pause"):
            await self.life.pause(LEASE * 1.5)
        again = None
        try:
            again = await self._attempting(job)
            if chances.strikes("pause"):
                await self.life.pause(LEASE * 1.5)
            if again is None:
                await queue.finish(job)
            else:
                await queue.put_back(job, not_before=clock.now() + again.rest, error=again.error)
        except PortFailure:
            return  # its lease will end
        if again is not None:
            self._wake_in(again.rest.total_seconds() + 1)

    async def tend(self) -> None:
        """What runs by itself; what fails is done the next time."""
        if self.life.is_alive:
            with suppress(PortFailure):
                await self.use.tending_generations().run({})
            self.wake()

    def _wake_in(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self.wake)

    async def _report(self, key: str, detail: str) -> None:
        incident = Incident(
            key=key, account_id=None, kind=IncidentKind.JOB_FAILED, detail=detail, at=self.outside.clock.now()
        )
        await self.use.books().incidents.report(incident)

    def _going_on(self, handler: Handler) -> Handler:
        """Half of those whose lease ends do not hear of it: they go on, beside whoever is given the job next."""

        async def going_on(args: Mapping[str, str]) -> None:
            work = asyncio.ensure_future(handler(args))
            await (asyncio.shield(work) if self.outside.random.random() < 0.5 else work)

        return going_on

    def _watched(self, handler: Handler) -> Handler:
        async def watched(args: Mapping[str, str]) -> None:
            try:
                await handler(args)
            except BillingError:
                raise
            except Exception as error:
                self.outside.broken(error)
                raise

        return watched
