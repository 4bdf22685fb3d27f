"""The product over books in memory and a clock that stands still, wired as it is in earnest."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import define, field, fields

from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.memory.state import MemoryState
from billing_core.adapters.stripe.api import Api, open_api
from billing_core.adapters.stripe.pace import Pace
from billing_core.adapters.stripe.transport import Answering
from billing_core.adapters.system import CountingIds, FixedClock
from billing_core.domain.catalog import Catalog
from billing_core.entrypoints.container import Container, Described
from billing_core.entrypoints.lifespan import handlers
from billing_core.entrypoints.settings import MEMORY, Settings
from billing_core.entrypoints.stripe_settings import StripeSettings
from billing_core.ports.jobs import Handler

NO_KEY = "sk_test_of_nobody"
SECRET = "whsec_of_books_that_are_thrown_away"
_LEASE, _LONG = timedelta(minutes=10), timedelta(days=3650)
_TRIES = 3


def _no_tasks() -> Mapping[str, Handler]:
    return {}


@define
class Product:
    """What its clock, its gateway and its webhooks tell it is all that it knows.

    Without an `api` of its own it asks `answering` as fast as it can, with no secret key.
    """

    catalog: Catalog
    clock: FixedClock
    answering: Answering
    livemode: bool = False
    api: Api | None = None
    failures: list[Exception] = field(factory=list)
    memory: MemoryBooks = field(init=False)
    use: Container = field(init=False)
    _handlers: Mapping[str, Handler] = field(init=False, factory=_no_tasks)

    def __attrs_post_init__(self) -> None:
        self.memory = MemoryBooks(Described(self.catalog), now=self.clock.now)
        key = StripeSettings(secret_key="sk_live_of_nobody") if self.livemode else StripeSettings()
        self.use = Container(
            settings=Settings(database_url=MEMORY, jwt_secret="-" * 32, webhook_secrets=(SECRET,), stripe=key),
            books=self.memory,
            catalog=self.catalog,
            clock=self.clock,
        )
        self.use.answering.override(self.answering)
        self.use.api.override(self.api or open_api(self.answering, key=NO_KEY, pace=Pace(float("inf"))))
        self.use.prices.override(self.use.prices())
        self.use.ids.override(CountingIds())
        self._handlers = handlers(self.use)

    async def ready(self) -> None:
        """Reads the prices, as the product does when it starts."""
        await self.use.prices().load()

    def begin(self, state: MemoryState) -> None:
        """These are the books now; nothing is remembered of others."""
        for name, kept in copied(state).items():
            setattr(self.memory.state, name, kept)
        self.failures.clear()
        self.use.reset_singletons()
        self._handlers = handlers(self.use)

    async def receive(self, body: bytes) -> str:
        """A webhook comes in, signed now; what became of it."""
        received = await self.use.receiving()(body, signature(body, self.clock.now()))
        return received.outcome

    async def work(self, most: int = 10_000) -> int:
        """Does so many of the jobs that are due, or wait only to be tried again; tells how many there were.

        One that failed three times is left.
        """
        done, now = 0, self.clock.now()
        while done < most and (job := await self.memory.jobs.claim(now + _LEASE, lease=_LEASE)) is not None:
            done += 1
            try:
                await self._handlers[job.task](job.args)
            except Exception as error:  # noqa: BLE001 - as the product's own runner does
                self.failures.append(error)
                rest = _LONG if job.attempt >= _TRIES else timedelta(0)
                await self.memory.jobs.put_back(job, not_before=now + rest, error=str(error))
            else:
                await self.memory.jobs.finish(job)
        return done


def copied(state: MemoryState) -> dict[str, object]:
    """Its own containers over the same values, by name; whoever waits for jobs keeps waiting."""
    copies: dict[str, object] = {}
    for kept in fields(MemoryState):
        value = getattr(state, kept.name)
        if kept.name == "events":
            copies[kept.name] = {account_id: list(events) for account_id, events in value.items()}
        elif kept.name != "bell":
            copies[kept.name] = value.copy() if hasattr(value, "copy") else value
    return copies


def signature(body: bytes, at: datetime) -> str:
    """The signature that the gateway would send with the body at that moment."""
    seconds = int(at.timestamp())
    digest = hmac.new(SECRET.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
