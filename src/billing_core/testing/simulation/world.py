"""A world: customers, the product, Stripe and the time that passes for all of them, out of one seed."""

import asyncio
import random as chance
import shutil
import tempfile
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import msgspec
from attrs import define, field, frozen

from billing_core.adapters.catalog_file import decode
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.memory.notifier import MemoryNotifier
from billing_core.adapters.simulated import SimulatedStripe, outbox, thin
from billing_core.adapters.simulated.older import rendered
from billing_core.adapters.simulated.posting import known
from billing_core.adapters.simulated.settings import AfterRetries
from billing_core.adapters.simulated.settings import Settings as StripeSettings
from billing_core.adapters.sqlalchemy.books import open_sqlite
from billing_core.adapters.sqlalchemy.migrate import upgrade
from billing_core.adapters.system import CountingIds
from billing_core.application.requests import RequestKey
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import BillingError, PortFailure
from billing_core.entrypoints.container import Container, Described
from billing_core.ports.books import Books
from billing_core.ports.errors import BadSignature, OutcomeUnknown, Unavailable
from billing_core.testing.simulation.checking import Follower, Violation
from billing_core.testing.simulation.customer import Customer
from billing_core.testing.simulation.life import Chances, Life
from billing_core.testing.simulation.plan import draw
from billing_core.testing.simulation.process import SECRET, Outside, Process
from billing_core.testing.simulation.seams import Painter, Store
from billing_core.testing.simulation.virtual import START, LoopClock, VirtualLoop

T = TypeVar("T")
DAY_S = 86_400.0
HOUR_S = 3_600.0
TICK_S = 8 * HOUR_S
RESTART_S = 5.0
OLD_VERSIONS = ("2020-08-27", "2022-11-15", "2024-06-20", "2024-12-18.acacia", "2025-04-30.basil", "2026-03-25.dahlia")
STRIPE_TRIES_AGAIN_S = (60, 300, 1800, 7200, 18_000, 36_000)
MONTH_ENDS = tuple(
    datetime(year, month, 28, 17, tzinfo=UTC)
    for year, month in ((2026, 1), (2026, 8), (2026, 12), (2028, 1), (2028, 2))
)
BASE_URL = "https://shop.example"


@frozen
class Answered:
    """What a request came to: an answer, a refusal, or (neither) nobody knows."""

    answer: Any = None
    refusal: BillingError | None = None

    @property
    def is_done(self) -> bool:
        return self.answer is not None


UNKNOWN = Answered()


@cache
def the_catalog() -> Catalog:
    """What the worlds sell."""
    text = files(__package__).joinpath("catalog.toml").read_text()
    return Catalog((decode(text, number=1, since=START - timedelta(days=365)),))


@cache
def _empty_file() -> Path:
    """An SQLite file with all tables, migrated once and copied for each world."""
    folder = Path("/dev/shm")
    kept = Path(tempfile.mkdtemp(prefix="billing-simulation-", dir=folder if folder.is_dir() else None))
    upgrade(f"sqlite:///{kept / 'empty.sqlite'}")
    return kept / "empty.sqlite"


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
    _tasks: set[asyncio.Task[None]] = field(factory=set)
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
        start = self._beginning()
        self.clock, self.stripe_clock = LoopClock(self.loop, start), LoopClock(self.loop, start)
        self.customers = [Customer(f"customer-{n}") for n in range(self.random.randint(2, 4))]
        self.followers = {customer.id: Follower(customer.id) for customer in self.customers}
        self.is_on_sqlite = self.random.random() < 0.05
        self._stopped = asyncio.Event()

    def _beginning(self) -> datetime:
        """Half of the worlds begin where months end, or in a leap year."""
        if self.random.random() < 0.5:
            return START + timedelta(seconds=self.random.randrange(0, 365 * 86_400))
        return self.random.choice(MONTH_ENDS) + timedelta(seconds=self.random.randrange(0, 3 * 86_400))

    # From the beginning to the end

    async def open(self) -> None:
        """Stripe, the books and the product come up."""
        self.stripe = SimulatedStripe(
            the_catalog, self.stripe_clock, SECRET, BASE_URL, self._on_the_way, settings=self._stripe_settings()
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
            self._file = _empty_file().with_name(f"{self.seed}.sqlite")
            shutil.copy(_empty_file(), self._file)
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
    def stored(self) -> set[str]:
        """The keys under which pictures were ever stored."""
        store: Store = self._lasting["store"]
        return store.ever

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
        self._observe()
        await self.check()

    def _observe(self) -> None:
        for sub in self.stripe._engine.state.subscriptions.values():
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
        self._tasks.discard(asked)  # type: ignore[arg-type]
        try:
            answer = asked.result()
        except (Unavailable, OutcomeUnknown):
            return UNKNOWN
        except BillingError as refusal:
            return Answered(refusal=refusal)
        process.wake()
        return Answered(answer=True if answer is None else answer)

    # Webhooks

    async def _on_the_way(self, body: bytes, _signature: str) -> int:
        """Stripe believes that it is delivered; the network does as it likes."""
        if self.chances.strikes("drop"):
            return 200
        if self.chances.strikes("other_version"):
            body = self._older(body)
        copies = 1 + (self.random.randint(1, 2) if self.chances.strikes("duplicate") else 0)
        for _ in range(copies):
            self.later(self._delay_s(), lambda: self._deliver(body))
        return 200

    def _older(self, body: bytes) -> bytes:
        event = msgspec.json.decode(body)
        if event.get("object") != "event":
            return body
        if self.random.random() < 0.2:
            return msgspec.json.encode(thin.notification(event))
        version = self.random.choice(OLD_VERSIONS)
        engine = self.stripe._engine
        return msgspec.json.encode(rendered(event, version, known(engine._draft())))

    def _delay_s(self) -> float:
        """Seconds in any order; or up to three days, as likely some minutes as some hours."""
        if self.chances.strikes("late"):
            return float((72 * HOUR_S) ** self.random.random())
        return self.random.uniform(0, 20) if self.chances.are_faults_on else 0.0

    async def _deliver(self, body: bytes) -> None:
        for again_s in (*STRIPE_TRIES_AGAIN_S, 0):
            signature = outbox.sign(body, SECRET, self.stripe_clock.now())
            answered = await self.within(lambda use, signed=signature: use.receiving()(body, signed))  # type: ignore[misc]
            if answered is not UNKNOWN and answered.refusal is None:
                return
            if answered.refusal is not None and not isinstance(answered.refusal, BadSignature):
                raise Violation(f"a webhook was answered with {answered.refusal!r}")
            await asyncio.sleep(again_s)
        self.lost["webhook"] += 1

    def _stripe_settings(self) -> StripeSettings:
        random = self.random
        version = random.choice(OLD_VERSIONS) if random.random() < 0.2 else None
        return StripeSettings(
            after_retries=random.choice((AfterRetries.CANCELED, AfterRetries.UNPAID)),
            draft_for=timedelta(hours=random.choice((0, 1))),
            api_version=version,
            thin=version is None and random.random() < 0.2,
            seed=f"s{self.seed}x",
        )


async def _awaited(work: Awaitable[T]) -> T:
    return await work


def let_go(loop: VirtualLoop) -> None:
    """Drops all tasks of the loop, as a process does that is gone."""
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
