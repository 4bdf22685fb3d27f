"""The use cases as they are wired in earnest, over books in memory, a simulated Stripe and a clock that stands still.

What only a test can have is put in from outside: pictures that are made as they are told to, a store that can be
down, books that die at a chosen commit.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import define, field, frozen

from billing_core.adapters.inprocess import Retrying
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.memory.notifier import MemoryNotifier
from billing_core.adapters.simulated import PaymentResult, SimulatedStripe
from billing_core.adapters.simulated import Settings as Habits
from billing_core.adapters.system import CountingIds, FixedClock
from billing_core.application.accepting import Asked
from billing_core.application.changing import Changed, ChangeWish
from billing_core.application.checking_out import CheckoutStarted, Customer, Return
from billing_core.application.receiving import Received
from billing_core.application.requests import RequestKey
from billing_core.application.subscribing import PlanOrder
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt
from billing_core.domain.admission import Wish
from billing_core.domain.catalog import UNLIMITED, Catalog, Interval, Plan, Price, Trial
from billing_core.domain.fraud import FraudPolicies
from billing_core.domain.generation import Generation
from billing_core.domain.money import Money
from billing_core.entrypoints.container import Container, Described
from billing_core.entrypoints.lifespan import handlers
from billing_core.entrypoints.settings import MEMORY, Settings
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.commit import Cause, Decide
from billing_core.ports.errors import OutcomeUnknown, Unavailable
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.images import ImageRequest, Made, Picture, Watch, unwatched
from billing_core.ports.incidents import Incident
from billing_core.ports.jobs import ClaimedJob
from billing_core.ports.records import Job
from billing_core.testing.builders import NEW_YEAR, a_catalog, a_plan, usd

SECRET = "whsec_of_these_tests"
GOOD, ASKS, NO_FUNDS, DECLINES_LATER = (
    "4242 4242 4242 4242",
    "4000 0025 0000 3155",
    "4000 0000 0000 9995",
    "4000 0000 0000 0341",
)
BACK = Return(success_url="https://shop.example/yes", cancel_url="https://shop.example/no")
LEASE = timedelta(minutes=10)
A_SECOND = timedelta(seconds=1)
A_MINUTE = timedelta(minutes=1)
A_DAY = timedelta(days=1)
NO_WISH = Wish()
T = TypeVar("T")

BASIC = a_plan(
    "basic",
    rank=1,
    allotment=200,
    prices=(
        Price("basic-month", usd(1000), Interval.MONTH),
        Price("basic-year", usd(10_000), Interval.YEAR),
        Price("basic-month-eur", Money(900, "eur"), Interval.MONTH),
    ),
    features=("200 credits", "e-mail support"),
    entitlements={"private_history": True},
    images_per_request=5,
    priority=5,
)
PRO = a_plan("pro", rank=2, allotment=500, features=("500 credits", "e-mail support"))
PREMIUM = a_plan("premium", rank=3, allotment=UNLIMITED, features=("unlimited",), priority=9)
TRYOUT = a_plan("tryout", rank=4, allotment=300, trial=Trial(days=7))
ENTERPRISE = a_plan("enterprise", rank=5, allotment=9_000, contact="mailto:sales@shop.example")


def the_catalog(*plans: Plan, **more: Any) -> Catalog:
    """The builders' catalog with a plan on trial and one that people sell."""
    return a_catalog(*(plans or (BASIC, PRO, PREMIUM, TRYOUT, ENTERPRISE)), **more)


class Crash(Exception):
    """The process dies here."""


@define
class MortalAccounts:
    """Accounts whose process dies at the change with that number, before anything of it is written.

    At another number, or for as long as they are down, they are only unavailable. At a third one the change is written,
    but nobody hears of it.
    """

    inner: AccountRepository
    dies_at: int = 0
    unavailable_at: int = 0
    unheard_at: int = 0
    changes: int = 0
    is_down: bool = False

    async def get(self, account_id: str) -> Account:
        return await self.inner.get(account_id)

    async def change(self, account_id: str, decide: Decide[T], *, cause: Cause[T] | None = None) -> T:
        self.changes += 1
        if self.is_down or self.changes == self.unavailable_at:
            raise Unavailable("the store")
        if self.changes == self.dies_at:
            raise Crash
        answer = await self.inner.change(account_id, decide, cause=cause)
        if self.changes == self.unheard_at:
            raise OutcomeUnknown("a change")
        return answer


class DistantStripe(SimulatedStripe):
    """The simulated Stripe at the other end of a wire: others get on while it is asked, and before it is heard."""

    async def answer(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        await asyncio.sleep(0)
        answer = await super().answer(method, url, headers, body)
        await asyncio.sleep(0)
        return answer


@define
class Painter:
    """Makes pictures, or does what it was told to for the next call: raise, make another number, or wait.

    First it shows so many unfinished ones.
    """

    told: list[Exception | int | Callable[[], Awaitable[object]]] = field(factory=list)
    asked: list[ImageRequest] = field(factory=list)
    is_asked: asyncio.Event = field(factory=asyncio.Event)
    unfinished: int = 0

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
        self.asked.append(request)
        self.is_asked.set()
        asked = len(self.asked)
        for n in range(self.unfinished):
            await watch(Picture(content=f"sketch {n}".encode(), format="webp", width=256, height=256))
        order = self.told.pop(0) if self.told else request.n
        if isinstance(order, Exception):
            raise order
        if callable(order):
            await order()
            order = request.n
        pictures = (Picture(content=f"picture {n}".encode(), format="png", width=512, height=512) for n in range(order))
        return Made(
            pictures=tuple(pictures),
            provider_request_id=f"req_{asked}",
            input_tokens=7,
            output_tokens=70,
        )


@define
class Shelf:
    """An image store that can be down, for good or for the next few puts, or full."""

    kept: dict[str, bytes] = field(factory=dict)
    is_down: bool = False
    refuses: int = 0
    room: int = 1_000

    async def put(self, key: str, content: bytes) -> None:
        if self.is_down or self.refuses or len(self.kept) >= self.room:
            self.refuses = max(0, self.refuses - 1)
            raise Unavailable("the image store")
        self.kept[key] = content

    async def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    async def delete(self, key: str) -> None:
        if self.is_down:
            raise Unavailable("the image store")
        self.kept.pop(key, None)

    async def keys(self, folder: str) -> tuple[str, ...]:
        return tuple(sorted(key for key in self.kept if key.startswith(f"{folder}/")))


@frozen
class Books:
    """The books in memory behind accounts that may die."""

    memory: MemoryBooks
    accounts: MortalAccounts

    def __getattr__(self, name: str) -> Any:
        return getattr(self.memory, name)


@define
class Shop:
    """The product, and the words of a short story."""

    catalog: Catalog = field(factory=the_catalog)
    clock: FixedClock = field(factory=lambda: FixedClock(NEW_YEAR))
    painter: Painter = field(factory=Painter)
    shelf: Shelf = field(factory=Shelf)
    notifier: MemoryNotifier = field(factory=MemoryNotifier)
    failures: list[Exception] = field(factory=list)
    described: Described = field(factory=Described)
    habits: Habits = field(factory=Habits)
    fraud: FraudPolicies = FraudPolicies()
    memory: MemoryBooks = field(init=False)
    accounts: MortalAccounts = field(init=False)
    stripe: SimulatedStripe = field(init=False)
    use: Container = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.memory = MemoryBooks(self.described, now=self.clock.now)
        self.accounts = MortalAccounts(self.memory.accounts)
        self.stripe = DistantStripe(
            lambda: self.catalog, self.clock, SECRET, "https://shop.example", self.handed_over, settings=self.habits
        )
        self.wire(self.catalog)

    def wire(self, catalog: Catalog) -> None:
        """Starts the product anew, on the same books and with this catalog."""
        self.catalog = self.described.catalog = catalog
        self.use = Container(
            settings=Settings(
                database_url=MEMORY, jwt_secret="a secret" * 8, webhook_secrets=(SECRET,), fraud=self.fraud
            ),
            books=Books(self.memory, self.accounts),
            catalog=catalog,
            clock=self.clock,
        )
        self.use.simulated.override(self.stripe)
        self.use.images.override(self.painter)
        self.use.store.override(self.shelf)
        self.use.notifier.override(self.notifier)
        self.use.ids.override(CountingIds())
        self.use.delivering.add_kwargs(rests_s=(0.0, 0.0))

    @property
    def gateway(self) -> PaymentGateway:
        return self.use.gateway()

    async def handed_over(self, body: bytes, signature: str) -> int:
        await (await self.serving()).receiving()(body, signature)
        return 200

    async def serving(self) -> Container:
        """The product once it serves: it has read its prices."""
        await self.use.prices().load()
        return self.use

    # Time and work

    async def later(self, by: timedelta) -> None:
        """Time passes, and everything follows."""
        self.clock.advance(by)
        await self.settle()

    async def settle(self) -> None:
        """Webhooks are delivered and jobs done, until there are none."""
        await self.stripe.deliver_pending()
        while await self.work():
            await self.stripe.deliver_pending()

    async def work(self) -> int:
        """Does every job that is due, and tells how many there were. One that fails rests for a while."""
        done = 0
        while (job := await self.memory.jobs.claim(self.clock.now(), lease=LEASE)) is not None:
            await self._do(job)
            done += 1
        return done

    async def _do(self, job: ClaimedJob) -> None:
        try:
            await handlers(await self.serving())[job.task](job.args)
        except Exception as error:  # noqa: BLE001 - as the product's own runner does
            self.failures.append(error)
            later = self.clock.now() + Retrying().rest_after(job.attempt, error)
            await self.memory.jobs.put_back(job, not_before=later, error=str(error))
        else:
            await self.memory.jobs.finish(job)

    def jobs(self, task: str = "") -> list[Job]:
        """The jobs that wait, or those of one task."""
        return [waiting.job for waiting in self.memory.state.jobs.values() if waiting.job.task.startswith(task)]

    async def incidents(self) -> list[str]:
        """The kinds of the open incidents, sorted."""
        return sorted(incident.kind.value for incident in await self.memory.incidents.open())

    async def incident(self) -> Incident:
        (incident,) = await self.memory.incidents.open()
        return incident

    # What customers do

    async def opened(
        self, tier: str = "basic", account: str = "ann", *, request: RequestKey | None = None, **order: Any
    ) -> CheckoutStarted:
        """A checkout for a plan, monthly and in dollars unless told otherwise."""
        default: dict[str, Any] = {"interval": Interval.MONTH, "currency": "usd"}
        wanted = PlanOrder(tier=tier, **(default | order))
        return await self.use.subscribing()(a_customer(account), wanted, BACK, request=request)

    async def paid(self, session: CheckoutStarted, card: str | None = GOOD) -> PaymentResult:
        """The customer hands over a card, and everything follows."""
        result = await self.stripe.pay(session.session_id, card)
        await self.settle()
        return result

    async def subscribed(self, tier: str = "basic", account: str = "ann", *, card: str = GOOD, **order: Any) -> str:
        """The id of the subscription that came of it."""
        session = await self.opened(tier, account, **order)
        await self.paid(session, card)
        state = await self.stripe.state()
        subscription_id = state.sessions[session.session_id].subscription_id
        assert subscription_id is not None
        return subscription_id

    async def bought(self, pack: str = "boost", account: str = "ann") -> CheckoutStarted:
        """A pack that is paid."""
        session = await self.use.buying()(a_customer(account), pack, "usd", BACK)
        await self.paid(session)
        return session

    async def changed(self, wish: ChangeWish, account: str = "ann", **more: Any) -> Changed:
        """The change, and all that follows."""
        done = await self.use.changing()(account, wish, **more)
        await self.settle()
        return done

    async def given(self, amount: int, account: str = "ann") -> None:
        await self.use.adjusting()(account, amount, reason="a present")

    async def accepted(
        self, wish: Wish = NO_WISH, account: str = "ann", *, private: bool | None = None, prompt: str = "a fox"
    ) -> Generation:
        """A generation in the queue."""
        return await self.use.accepting()(account, Asked(prompt=prompt, wish=wish, private=private))

    async def generated(self, wish: Wish = NO_WISH, account: str = "ann", **more: Any) -> Generation:
        """A generation whose job ran once."""
        accepted = await self.accepted(wish, account, **more)
        await self.work()
        return await self.generation(accepted)

    async def generation(self, accepted: Generation) -> Generation:
        found = await self.memory.generations.get(accepted.account_id, accepted.id)
        assert found is not None
        return found

    # What is seen

    async def held(self, account: str = "ann") -> AccountAt:
        return await self.use.viewing()(account)

    async def available(self, account: str = "ann") -> int:
        return (await self.held(account)).account.book.available

    async def plan(self, account: str = "ann") -> str:
        return (await self.held(account)).in_force.plan.key

    async def kept(self, account: str = "ann") -> Account:
        """The account as it is written."""
        return await self.memory.accounts.get(account)

    async def proven(self, account: str = "ann") -> None:
        """The audit finds nothing wrong, and the list of transactions adds up."""
        assert (await self.use.auditing()(account)).problems == ()
        listed = (await self.use.transactions()(account, limit=10_000)).items
        assert sum(movement.amount for movement in listed) == await self.available(account)

    # What the gateway sends

    async def sent(self, kind: str = "") -> list[bytes]:
        """The bodies of the events so far whose type begins so."""
        return [sent.body.encode() for sent in await self.stripe.sent() if sent.type.startswith(kind)]

    async def receive(self, body: bytes) -> Received:
        """The body comes in, signed now."""
        return await (await self.serving()).receiving()(body, signed(body, self.clock.now()))

    async def receive_event(self, event: dict[str, Any]) -> Received:
        return await self.receive(json.dumps(event).encode())


def signed(body: bytes, at: datetime, secret: str = SECRET) -> str:
    """The signature that the gateway would send with the body."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={hmac.new(secret.encode(), f'{seconds}.'.encode() + body, hashlib.sha256).hexdigest()}"


def a_customer(account: str = "ann") -> Customer:
    return Customer(account_id=account, email=f"{account}@app.example", name=account.title())


def a_request(key: str = "once", *, route: str = "POST /x", fingerprint: str = "same") -> RequestKey:
    """A request with an idempotency key."""
    return RequestKey(route=route, key=key, fingerprint=fingerprint)


def an_event(kind: str, told: dict[str, Any], *, id: str = "evt_by_hand", **more: Any) -> dict[str, Any]:  # noqa: A002
    """An event of the gateway's newest version."""
    return {
        "id": id,
        "object": "event",
        "type": kind,
        "api_version": "2026-10-28.endive",
        "created": int(NEW_YEAR.timestamp()),
        "livemode": False,
        "data": {"object": told},
        **more,
    }
