"""A world: customers, the product, Stripe and the time that passes for all of them, out of one seed."""

import asyncio
import random as chance
import shutil
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from attrs import define, field

from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.memory.notifier import MemoryNotifier
from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.simulated.state import State
from billing_core.adapters.sqlalchemy.books import open_sqlite
from billing_core.adapters.system import CountingIds
from billing_core.application.requests import RequestKey
from billing_core.domain.errors import BillingError, PortFailure
from billing_core.entrypoints.container import Container, Described
from billing_core.ports.books import Books
from billing_core.ports.errors import OutcomeUnknown, Unavailable
from billing_core.testing.simulation.answers import UNKNOWN, Answered
from billing_core.testing.simulation.checking import Follower
from billing_core.testing.simulation.customer import Customer
from billing_core.testing.simulation.life import Chances, Life
from billing_core.testing.simulation.plan import draw
from billing_core.testing.simulation.post import on_the_way
from billing_core.testing.simulation.process import SECRET, Outside, Process
from billing_core.testing.simulation.seams import Painter, Store
from billing_core.testing.simulation.setting import beginning, empty_file, stripe_settings, the_catalog
from billing_core.testing.simulation.virtual import LoopClock, VirtualLoop

T = TypeVar("T")
DAY_S = 86_400.0
HOUR_S = 3_600.0
TICK_S = 8 * HOUR_S
RESTART_S = 5.0
BASE_URL = "https://shop.example"


@define(eq=False)
class World:
    """Everything of one seed. `play` lets the days pass, `converge` stops the faults and brings all to rest."""

    seed: int
    days: int = 90
    told: Callable[[str], None] | None = None
    loop: VirtualLoop = field(init=False)
    random: Random = field(init=False)
    chances: Chances = field(init=False)
    clock: LoopClock = field(init=False)
    stripe_clock: LoopClock = field(init=False)
    stripe: SimulatedStripe = field(init=False)
    books: Books = field(init=False)
    painter: Painter | None = field(init=False, default=None)
    _lasting: dict[str, Any] = field(init=False)
    process: Process = field(init=False)
    customers: list[Customer] = field(init=False)
    followers: dict[str, Follower] = field(init=False)
    anchors: dict[str, set[datetime]] = field(factory=dict)
    steps: deque[str] = field(factory=lambda: deque(maxlen=30))
    events: int = 0
    lost: Counter[str] = field(factory=Counter)
    wrong: BaseException | None = None
    is_on_sqlite: bool = False
    _tasks: set[asyncio.Task[Any]] = field(factory=set)
    _stopped: asyncio.Event = field(init=False)
    _opened: AsyncExitStack = field(factory=AsyncExitStack)
    _file: Path | None = None
    is_at_work: bool = True

    def __attrs_post_init__(self) -> None:
        chance.seed(self.seed)  # the pauses of the SDK and of our own patience
        self.random = Random(self.seed)
        self.loop = VirtualLoop()
        self.loop.set_exception_handler(lambda _loop, _context: None)  # what the dead leave behind is nobody's
        self.chances = Chances(Random(self.random.random()), draw(self.random))
        start = beginning(self.random)
        self.clock, self.stripe_clock = LoopClock(self.loop, start), LoopClock(self.loop, start)
        self.customers = [Customer(f"customer-{n}") for n in range(self.random.randint(2, 4))]
        self.followers = {customer.id: Follower(customer.id) for customer in self.customers}
        self.is_on_sqlite = self.random.random() < 0.05
        self._stopped = asyncio.Event()

    # From the beginning to the end

    async def open(self) -> None:
        """Stripe, the books and the product come up."""
        self.stripe = SimulatedStripe(
            the_catalog,
            self.stripe_clock,
            SECRET,
            BASE_URL,
            lambda body, _: on_the_way(self, body),
            settings=stripe_settings(self.random, self.seed),
        )
        self._lasting = {
            "catalog": the_catalog(),
            "clock": self.clock,
            "ids": CountingIds(),
            "stripe": self.stripe,
            "store": Store(),
            "notifier": MemoryNotifier(),
            "random": self.random,
            "spawn": self.spawn,
            "broken": self.fail,
        }
        if self.is_on_sqlite:
            self._file = empty_file().with_name(f"{self.seed}.sqlite")
            shutil.copy(empty_file(), self._file)
        else:
            described = Described()
            described.catalog = the_catalog()
            self.books = MemoryBooks(described, now=self.clock.now)
        await self._start()
        self.loop.call_later(TICK_S, self._tick)

    async def close(self) -> None:
        """Lets go of everything."""
        await self._opened.aclose()
        if self._file is not None:
            for file in self._file.parent.glob(f"{self._file.name}*"):
                file.unlink()

    @property
    def state(self) -> State:
        """All that Stripe remembers."""
        return self.stripe._engine.state

    @property
    def stored(self) -> frozenset[str]:
        """The keys under which pictures are stored."""
        store: Store = self._lasting["store"]
        return frozenset(store.kept)

    def fail(self, error: BaseException) -> None:
        """Notes what is wrong; the first counts."""
        if self.wrong is None:
            self.wrong = error
            self._stopped.set()

    def spawn(self, work: Awaitable[None]) -> None:
        """Begins it; the world ends where it raises."""

        async def guarded() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
                self.fail(error)

        task = self.loop.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def later(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Begins it after so many seconds."""
        self.loop.call_later(seconds, lambda: self.spawn(work()))

    async def pass_days(self, days: float) -> None:
        """Time passes. Raises what went wrong."""
        try:
            async with asyncio.timeout(days * DAY_S):
                await self._stopped.wait()
        except TimeoutError:
            pass
        if self.wrong is not None:
            raise self.wrong

    def step(self, text: str) -> None:
        """Notes what happens, for who looks at a failure."""
        line = f"{self.stripe_clock.now():%Y-%m-%d %H:%M:%S} {text}"
        self.steps.append(line)
        if self.told is not None:
            self.told(line)

    async def check(self) -> None:
        """The laws that hold at every moment."""
        for follower in self.followers.values():
            self.events += await follower.follow(self.books)

    @asynccontextmanager
    async def a_calm(self) -> AsyncIterator[None]:
        """An outage has ended: nothing fails meanwhile."""
        was_on, self.chances.are_faults_on = self.chances.are_faults_on, False
        try:
            yield
        finally:
            self.chances.are_faults_on = was_on and self.is_at_work

    # The product

    async def _start(self) -> None:
        if self.is_on_sqlite:
            await self._opened.aclose()
            self._opened = AsyncExitStack()
            described = Described()
            described.catalog = the_catalog()
            url = f"sqlite:///{self._file}"
            self.books = await self._opened.enter_async_context(
                open_sqlite(url, described, now=self.clock.now, migrate=False)
            )
        life = Life(self.chances)
        self.painter = Painter(life, self.random)
        self.process = Process(Outside(books=self.books, painter=self.painter, **self._lasting), life)
        self.spawn(self._mourn(life))
        self.spawn(self._load_prices())
        self.process.wake()

    async def _mourn(self, life: Life) -> None:
        await life.died.wait()
        self.step("the process dies")
        await asyncio.sleep(RESTART_S)
        await self._start()
        self.step("the process is up again")

    async def _load_prices(self) -> None:
        for _ in range(50):
            try:
                await self.process.use.prices().load()
                return
            except PortFailure:
                await asyncio.sleep(30)

    def _tick(self) -> None:
        self.loop.call_later(TICK_S, self._tick)
        self.spawn(self.get_on())

    async def get_on(self) -> None:
        """What happens by itself: Stripe's time, its webhooks, clocks that jump."""
        if self.chances.strikes("clock_jump"):
            self.clock.offset = timedelta(seconds=self.random.uniform(-600, 600))
            self.step(f"the clock jumps to {self.clock.offset} off")
        await self.stripe.deliver_pending()
        self.process.wake()
        self.spawn(self.process.tend())
        self.observe()
        await self.check()

    def observe(self) -> None:
        for sub in self.state.subscriptions.values():
            self.anchors.setdefault(sub.id, set()).add(sub.anchor)

    # Asking it

    async def ask(
        self, route: str, by: Customer, call: Callable[[Container, RequestKey], Awaitable[object]], *, tries: int = 6
    ) -> Answered:
        """A customer's request, asked again with its key until somebody answers."""
        key = RequestKey(route=route, key=by.next_key(), fingerprint=route)
        for n in range(tries):
            answered = await self.within(lambda use: call(use, key))
            if answered is not UNKNOWN:
                return answered
            await asyncio.sleep(5 * 3**n)
        self.lost[route] += 1
        return UNKNOWN

    async def within(self, call: Callable[[Container], Awaitable[object]]) -> Answered:
        """What the process answers; UNKNOWN where it dies meanwhile, or cannot tell."""
        process = self.process
        if not process.life.is_alive:
            return UNKNOWN
        asked: asyncio.Task[object] = self.loop.create_task(_awaited(call(process.use)))
        died = self.loop.create_task(process.life.died.wait())
        self._tasks |= {asked}
        await asyncio.wait({asked, died}, return_when=asyncio.FIRST_COMPLETED)
        died.cancel()
        if not asked.done():
            return UNKNOWN
        self._tasks.discard(asked)
        try:
            answer = asked.result()
        except (Unavailable, OutcomeUnknown):
            return UNKNOWN
        except BillingError as refusal:
            return Answered(refusal=refusal)
        process.wake()
        return Answered(answer=True if answer is None else answer)


async def _awaited(work: Awaitable[T]) -> T:
    return await work


def let_go(loop: VirtualLoop) -> None:
    """Drops all tasks of the loop, as a process does that is gone."""
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
