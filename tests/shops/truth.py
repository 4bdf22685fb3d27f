"""The use cases over books in memory and a gateway that is nothing but a truth.

Events are made of the facts that they tell, so a test names them in the words of the domain.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from attrs import define, evolve, field, fields, frozen

from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.memory.state import MemoryState
from billing_core.adapters.system import FixedClock
from billing_core.application.receiving import Received
from billing_core.domain import account_at
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt
from billing_core.domain.catalog import Catalog, Kind
from billing_core.domain.checkouts import Checkout
from billing_core.domain.fraud import RiskLevel
from billing_core.domain.payments import Sign
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.entrypoints.container import Container, Described
from billing_core.entrypoints.lifespan import handlers
from billing_core.entrypoints.settings import MEMORY, Settings
from billing_core.ports.commit import Commit
from billing_core.ports.errors import Unavailable, UnknownAtGateway
from billing_core.ports.facts import CheckoutNews, CheckoutProgressed, Fact, InvoiceLine, InvoicePaid
from billing_core.ports.gateway import DisputeTold, PaymentState
from billing_core.ports.jobs import Handler
from billing_core.ports.records import Job, OwnerClaimed
from billing_core.ports.webhooks import Delivery
from billing_core.testing.builders import NEW_YEAR, a_catalog, day

CUSTOMER, SESSION, SUBSCRIPTION, INVOICE, INTENT = "cus_1", "cs_1", "sub_1", "in_1", "pi_1"
A_MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)
T = TypeVar("T")


@define
class Truth:
    """What is so at the gateway. It may be down."""

    subscriptions: dict[str, SubscriptionSnapshot] = field(factory=dict)
    invoices: dict[str, InvoicePaid] = field(factory=dict)
    payments: dict[str, PaymentState] = field(factory=dict)
    events: dict[str, bytes] = field(factory=dict)
    is_down: bool = False
    asked: list[str] = field(factory=list)

    async def fetch_subscription(self, subscription_id: str, *, now: datetime) -> SubscriptionSnapshot:
        return evolve(self._known(self.subscriptions, subscription_id), seen_at=now)

    async def fetch_invoice(self, invoice_id: str) -> InvoicePaid | None:
        return self._known(self.invoices, invoice_id)

    async def fetch_payment(self, payment: str, *, now: datetime) -> PaymentState:
        return evolve(self._known(self.payments, payment), seen_at=now)

    async def fetch_event(self, event_id: str) -> bytes:
        return self._known(self.events, event_id)

    def _known(self, kept: Mapping[str, T], name: str) -> T:
        self.asked.append(name)
        if self.is_down:
            raise Unavailable("the gateway")
        if name not in kept:
            raise UnknownAtGateway(name)
        return kept[name]


@define
class Told:
    """Webhooks whose bodies name the fact that they tell."""

    facts: dict[str, tuple[str, Fact]] = field(factory=dict)
    livemode: bool = False

    def body(self, event_id: str, fact: Fact, type_: str = "") -> bytes:
        self.facts[event_id] = (type_ or type(fact).__name__, fact)
        return json.dumps({"id": event_id}).encode()

    def translate(self, body: bytes, signature: str, *, now: datetime) -> Delivery:
        return self.retranslate(body)

    def retranslate(self, body: bytes) -> Delivery:
        event_id = json.loads(body)["id"]
        type_, fact = self.facts[event_id]
        return Delivery(
            event_id=event_id, type=type_, created_at=NEW_YEAR, livemode=self.livemode, fact=fact, body=body
        )


@define
class OnSale:
    """The prices that can be bought at the gateway, and how often they were forgotten."""

    keys: frozenset[str]
    forgotten: int = 0

    def forget(self) -> None:
        self.forgotten += 1

    async def on_sale(self) -> frozenset[str]:
        return self.keys


@define
class ToldShop:
    """The product, deaf to all but what it is told."""

    catalog: Catalog = field(factory=a_catalog)
    clock: FixedClock = field(factory=lambda: FixedClock(NEW_YEAR))
    truth: Truth = field(factory=Truth)
    told: Told = field(factory=Told)
    failures: list[Exception] = field(factory=list)
    prices: OnSale = field(init=False)
    memory: MemoryBooks = field(init=False)
    use: Container = field(init=False)
    _handlers: Mapping[str, Handler] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.memory = MemoryBooks(Described(self.catalog), now=self.clock.now)
        self.prices = OnSale(frozenset(self.catalog.current.offers))
        self.wire(self.catalog)

    def wire(self, catalog: Catalog) -> None:
        """Starts the product anew, on the same books and with this catalog."""
        self.catalog = catalog
        self.use = Container(
            settings=Settings(database_url=MEMORY, jwt_secret="a secret" * 8, webhook_secrets=("whsec_unused",)),
            books=self.memory,
            catalog=catalog,
            clock=self.clock,
        )
        self.use.gateway.override(self.truth)
        self.use.webhooks.override(self.told)
        self.use.prices.override(self.prices)
        self._handlers = handlers(self.use)

    def begin_anew(self, at: datetime = NEW_YEAR) -> None:
        """Nothing has happened, at that moment: what it takes to wire the product is not spent again."""
        state, empty = self.memory.state, MemoryState()
        for kept in fields(MemoryState):
            setattr(state, kept.name, getattr(empty, kept.name))
        self.clock.set(at)
        self.failures.clear()
        self.use.reset_singletons()
        self._handlers = handlers(self.use)

    async def comes(self, fact: Fact, event_id: str = "evt_1", type_: str = "") -> Received:
        """An event comes in."""
        return await self.use.receiving()(self.told.body(event_id, fact, type_), "")

    async def work(self) -> None:
        """Does every job that is due; one that fails is told of, and rests."""
        while await self.work_once():
            pass

    async def work_once(self) -> bool:
        job = await self.memory.jobs.claim(self.clock.now(), lease=A_DAY)
        if job is None:
            return False
        try:
            await self._handlers[job.task](job.args)
        except Exception as error:  # noqa: BLE001 - as the product's own runner does
            self.failures.append(error)
            await self.memory.jobs.put_back(job, not_before=self.clock.now() + A_MINUTE, error=str(error))
        else:
            await self.memory.jobs.finish(job)
        return True

    async def later(self, by: timedelta) -> None:
        self.clock.advance(by)
        await self.work()

    def jobs(self, task: str = "") -> list[Job]:
        """The jobs that wait, or those of one task."""
        return [waiting.job for waiting in self.memory.state.jobs.values() if waiting.job.task.startswith(task)]

    async def owns(self, *provider_ids: str, account: str = "ann") -> None:
        claims = tuple(OwnerClaimed(provider_id) for provider_id in provider_ids)
        await self.memory.accounts.change(account, lambda _: Commit(None, (), claims))

    async def linked(self, account: str = "ann", customer: str = CUSTOMER) -> None:
        """The account has a customer at the gateway."""
        now = self.clock.now()

        def link(held: Account) -> Commit[None]:
            events = account_at.at(held, now, self.catalog).customer_known(customer)
            return Commit(None, events, (OwnerClaimed(customer),))

        await self.memory.accounts.change(account, link)

    async def opened(self, checkout: Checkout, account: str = "ann") -> None:
        """The account has an open checkout."""
        now = self.clock.now()

        def keep(held: Account) -> Commit[None]:
            events = account_at.at(held, now, self.catalog).checkout_opened(checkout)
            return Commit(None, events, (OwnerClaimed(checkout.session_id),))

        await self.memory.accounts.change(account, keep)

    async def held(self, account: str = "ann") -> AccountAt:
        return account_at.at(await self.memory.accounts.get(account), self.clock.now(), self.catalog)

    async def available(self, account: str = "ann") -> int:
        return (await self.held(account)).account.book.available

    async def incidents(self) -> list[str]:
        """The kinds of the open incidents, sorted."""
        return sorted(incident.kind.value for incident in await self.memory.incidents.open())


def a_checkout(kind: Kind = Kind.PLAN, item: str = "basic") -> Checkout:
    return Checkout(
        session_id=SESSION,
        kind=kind,
        item=item,
        price=f"{item}-month",
        version=1,
        wish="wish",
        url="https://pay.example",
        opened_at=NEW_YEAR,
        expires_at=NEW_YEAR + A_DAY,
    )


def completed(kind: Kind = Kind.PLAN, item: str = "basic", **more: Any) -> CheckoutProgressed:
    """A checkout that is paid."""
    of_a_plan = kind is Kind.PLAN
    default: dict[str, Any] = {
        "session_id": SESSION,
        "customer_id": CUSTOMER,
        "account_hint": None,
        "status": CheckoutNews.PAID,
        "kind": kind,
        "item": item,
        "version": 1,
        "quantity": 1,
        "subscription_id": SUBSCRIPTION if of_a_plan else None,
        "payment_id": None if of_a_plan else INTENT,
        "amount_minor": 1000 if of_a_plan else 500,
        "currency": "usd",
        "at": NEW_YEAR,
    }
    return CheckoutProgressed(**(default | more))


def paid(price: str = "basic-month", **more: Any) -> InvoicePaid:
    """A paid first month."""
    line = InvoiceLine(
        key="il_1",
        price=price,
        sign=Sign.CHARGE,
        quantity=Decimal(1),
        start=NEW_YEAR,
        end=day(2026, 2, 1),
        prorated=False,
    )
    default: dict[str, Any] = {
        "invoice_id": INVOICE,
        "subscription_id": SUBSCRIPTION,
        "customer_id": CUSTOMER,
        "amount_minor": 1000,
        "currency": "usd",
        "paid_at": NEW_YEAR,
        "lines": (line,),
    }
    return InvoicePaid(**(default | more))


def a_payment_of(settles: InvoicePaid | CheckoutProgressed | None, *disputes: DisputeTold, **more: Any) -> PaymentState:
    """How the payment stands that settled this."""
    is_invoice = isinstance(settles, InvoicePaid)
    default: dict[str, Any] = {
        "id": INVOICE if is_invoice else INTENT,
        "customer_id": CUSTOMER,
        "amount_minor": settles.amount_minor if settles else 700,
        "currency": "usd",
        "refunded_minor": 0,
        "disputes": disputes,
        "settles": settles,
        "risk": RiskLevel.NORMAL,
        "seen_at": NEW_YEAR,
    }
    return PaymentState(**(default | more))


@frozen
class Books:
    """What must not depend on the order of news: everything but how often the gateway was asked, and when."""

    subscriptions: object
    payments: object
    tallies: object
    checkouts: object
    disputes: object
    rest: object


def books_of(held: AccountAt) -> Books:
    account = held.account
    return Books(
        [(evolve(s.snapshot, seen_at=NEW_YEAR), s.ended_at) for s in account.subscriptions if s.snapshot],
        [evolve(p, refunds_seen_at=None) for p in account.payments],
        sorted((t.key, t.given) for s in account.subscriptions for t in s.tallies)
        + [(t.key, t.given) for t in account.purchases],
        [(c.session_id, c.status, c.subscription_id, c.payment_id) for c in account.checkouts],
        sorted(repr(evolve(d, seen_at=NEW_YEAR)) for d in account.disputes),
        (
            account.book.available,
            account.book.debt,
            held.in_force.plan.key,
            account.currency,
            account.customer_id,
            set(account.suspended_for),
        ),
    )
