"""Where everything is wired, and the only importer of adapters.

Providers are sync functions whose declared return types are ports: that is where mypy proves that an adapter fits.
What must be opened and closed is opened by `lifespan.running`, which gives it to the container.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from attrs import define
from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Singleton

from billing_core.adapters.books.columns import AccountColumns, Describe, columns_of
from billing_core.adapters.catalog_file import builtin_text, decode
from billing_core.adapters.drawn import DrawnImages
from billing_core.adapters.inprocess import InProcessRunner
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.memory.notifier import MemoryNotifier
from billing_core.adapters.obstore import ObstoreImages
from billing_core.adapters.simulated import SimulatedGateway
from billing_core.adapters.sqlalchemy.books import open_sqlite
from billing_core.adapters.sqlalchemy.migrate import is_behind, upgrade
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.adapters.system import FixedClock, MovableClock, SystemClock, SystemIds
from billing_core.application.accruing import Accruing
from billing_core.application.adjusting import Adjusting
from billing_core.application.auditing import Auditing
from billing_core.application.buying import Buying
from billing_core.application.canceling import Canceling
from billing_core.application.changing import Changing, Quoting
from billing_core.application.checking_out import CheckingOut
from billing_core.application.fetching import FetchingInvoice
from billing_core.application.generating import Accepting, CancelingGeneration, Running
from billing_core.application.linking import Linking
from billing_core.application.managing import Managing
from billing_core.application.notifying import Notifying
from billing_core.application.paying import ListingPayments
from billing_core.application.receiving import Receiving
from billing_core.application.refreshing import CancelingSurplus, Refreshing
from billing_core.application.showing import Hiding, Showing
from billing_core.application.spending import Capturing, Holding, Releasing
from billing_core.application.subscribing import Subscribing
from billing_core.application.transactions import ListingTransactions
from billing_core.application.viewing import Viewing
from billing_core.domain.account import Account
from billing_core.domain.accrual import next_due_at
from billing_core.domain.catalog import Catalog
from billing_core.domain.plan_in_force import plan_given, plan_subscription
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.one_mode import GATEWAY
from billing_core.entrypoints.settings import MEMORY, SQLITE, Settings
from billing_core.ports.books import Books
from billing_core.ports.catalogs import KeptCatalog
from billing_core.ports.clock import Clock
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.ids import IdSource
from billing_core.ports.images import ImageGenerator, ImageStore
from billing_core.ports.incidents import Incident
from billing_core.ports.jobs import JobQueue, JobRunner
from billing_core.ports.notifier import Notifier
from billing_core.ports.webhooks import Webhooks

Deliver = Callable[[bytes, str], Awaitable[int]]


@define
class Described:
    """Tells the plain columns of an account's row. The catalog is read from the books, so it comes after they open."""

    catalog: Catalog | None = None

    def __call__(self, account: Account) -> AccountColumns:
        if self.catalog is None or account.as_of is None:
            return columns_of(account)
        sub = plan_subscription(account, self.catalog)
        return columns_of(
            account,
            plan=plan_given(account, sub, account.as_of, self.catalog).plan.key,
            status=sub.status.value if sub and sub.status else "none",
            next_due_at=next_due_at(account, self.catalog),
        )


def open_books(settings: Settings, describe: Describe, clock: Clock) -> AbstractAsyncContextManager[Books]:
    """The store that the settings name, to be opened."""
    if settings.database_url == MEMORY:
        return nullcontext(MemoryBooks(describe, now=clock.now))
    if settings.is_on_postgresql:
        return _open_postgresql(settings, describe, clock)
    return open_sqlite(settings.database_url, describe, now=clock.now)


@asynccontextmanager
async def _open_postgresql(settings: Settings, describe: Describe, clock: Clock) -> AsyncIterator[Books]:
    await asyncio.to_thread(ensure_openable, settings)
    from billing_core.adapters.sqlalchemy.postgresql import open_postgresql  # noqa: PLC0415 - its drivers are an extra

    async with open_postgresql(settings.database_url, describe, now=clock.now) as books:
        yield books


def ensure_openable(settings: Settings) -> None:
    """Many processes share books on PostgreSQL: when their tables change is the operator's word.

    Raises SettingsError; Unavailable where nobody answers.
    """
    _ensure_postgresql(settings)
    if settings.is_on_postgresql and is_behind(settings.database_url):
        raise SettingsError("the database's tables are older than this version: run `billing-core db upgrade` first")


def _ensure_postgresql(settings: Settings) -> None:
    missing = [name for name in ("asyncpg", "procrastinate", "psycopg") if find_spec(name) is None]
    if settings.is_on_postgresql and missing:
        raise SettingsError(f"{', '.join(missing)} is not installed: PostgreSQL needs `billing-core[postgres]`")


def upgrade_books(settings: Settings) -> None:
    """Brings the database's tables up to date."""
    _ensure_postgresql(settings)
    if settings.database_url != MEMORY:
        if not settings.is_on_postgresql:
            settings.folder.mkdir(parents=True, exist_ok=True)
        upgrade(settings.database_url)


def tables_are_behind(settings: Settings) -> bool | None:
    """Whether the tables are older than this version; None where there are none yet. Raises Unavailable."""
    _ensure_postgresql(settings)
    file = None if settings.is_on_postgresql else Path(settings.database_url.removeprefix(SQLITE))
    return is_behind(settings.database_url) if file is None or file.exists() else None


async def books_mode(settings: Settings) -> str | None:
    """The mode that the books have; None where nothing was ever started on them."""
    async with open_books(settings, columns_of, SystemClock()) as books:
        return await books.bookmarks.get(GATEWAY)


@asynccontextmanager
async def auditing_of(settings: Settings) -> AsyncIterator[Auditing]:
    """The audit on the books alone: nothing else runs meanwhile, and nothing is written."""
    async with open_books(settings, columns_of, SystemClock()) as books:
        kept = await books.catalogs.kept()
        yield Auditing(books.register, books.history, descriptions(catalog_of(kept)) if kept else (columns_of,))


def descriptions(catalog: Catalog) -> tuple[Describe, ...]:
    """The columns as the catalog tells them, then as each earlier state of it did: newest first."""
    versions = catalog.versions
    return tuple(Described(Catalog(versions[:n])) for n in range(len(versions), 0, -1))


def catalog_text(settings: Settings) -> str:
    """The catalog as the operator's file has it, else the built-in one."""
    return Path(settings.catalog).read_text() if settings.catalog else builtin_text()


def catalog_of(versions: tuple[KeptCatalog, ...]) -> Catalog:
    """Raises CatalogError, naming key and line."""
    return Catalog(decode(kept.text, number=kept.number, since=kept.since) for kept in versions)


def movable_clock(offset: timedelta) -> MovableClock:
    """The machine's time with a head start."""
    return MovableClock(offset)


def standing_clock(now: datetime) -> FixedClock:
    """A time that moves only when it is told to."""
    return FixedClock(now)


def system_ids() -> IdSource:
    return SystemIds()


def simulated_gateway(settings: Settings, catalog: Catalog, clock: Clock, deliver: Deliver) -> SimulatedGateway:
    state = None if settings.database_url == MEMORY else settings.folder / "simulated-gateway.json"
    return SimulatedGateway(
        lambda: catalog, clock, settings.webhook_secrets[0], settings.base_url, deliver, state_path=state
    )


def webhooks(settings: Settings, catalog: Catalog) -> Webhooks:
    prices = {f"price_{key}": key for version in catalog.versions for key in version.offers}
    return StripeWebhooks(secrets=settings.webhook_secrets, prices=prices)


def drawn_images() -> ImageGenerator:
    return DrawnImages()


def image_store(settings: Settings) -> ImageStore:
    if settings.image_store is not None:
        return ObstoreImages(settings.image_store)
    return ObstoreImages("memory://" if settings.database_url == MEMORY else str(settings.folder / "images"))


def notifier() -> Notifier:
    return MemoryNotifier()


def runner(settings: Settings, books: Books, clock: Clock, *, leaving: frozenset[str] = frozenset()) -> JobRunner:
    """Runs all jobs but those whose tasks are left to others, which only PostgreSQL's can do."""

    async def report(key: str, detail: str) -> None:
        incident = Incident(key=key, account_id=None, kind="job_failed", detail=detail, at=clock.now())
        await books.incidents.report(incident)

    if isinstance(books.jobs, JobQueue):
        return InProcessRunner(books.jobs, clock, report, concurrency=settings.concurrency)
    from billing_core.adapters.procrastinate import ProcrastinateRunner  # noqa: PLC0415 - it is an extra

    return ProcrastinateRunner(settings.database_url, report, leaving=leaving, concurrency=settings.concurrency)


class Container(DeclarativeContainer):
    """One of each. `gateway`, `images`, `clock` may be overridden by an embedding developer's own."""

    settings: Dependency[Settings] = Dependency(instance_of=Settings)
    books: Dependency[Books] = Dependency()
    catalog: Dependency[Catalog] = Dependency(instance_of=Catalog)
    deliver: Dependency[Deliver] = Dependency()
    clock: Dependency[Clock] = Dependency()

    accounts = books.provided.accounts
    ids: Singleton[IdSource] = Singleton(system_ids)
    gateway: Singleton[PaymentGateway] = Singleton(simulated_gateway, settings, catalog, clock, deliver)
    webhooks: Singleton[Webhooks] = Singleton(webhooks, settings, catalog)
    images: Singleton[ImageGenerator] = Singleton(drawn_images)
    store: Singleton[ImageStore] = Singleton(image_store, settings)
    notifier: Singleton[Notifier] = Singleton(notifier)
    runner: Singleton[JobRunner] = Singleton(runner, settings, books, clock)

    viewing = Singleton(Viewing, accounts, catalog, clock)
    transactions = Singleton(ListingTransactions, accounts, books.provided.history, catalog, clock)
    checking_out = Singleton(CheckingOut, accounts, gateway, catalog, clock)
    subscribing = Singleton(Subscribing, checking_out)
    buying = Singleton(Buying, checking_out)
    managing = Singleton(Managing, accounts, gateway)
    paying = Singleton(ListingPayments, accounts, gateway)
    linking = Singleton(Linking, gateway, books.provided.bookmarks, catalog)
    refreshing = Singleton(Refreshing, accounts, gateway, catalog, clock)
    canceling_surplus = Singleton(CancelingSurplus, gateway, refreshing)
    fetching_invoice = Singleton(FetchingInvoice, accounts, gateway, catalog, clock)
    quoting = Singleton(Quoting, accounts, gateway, catalog, clock, settings.provided.signing_key)
    changing = Singleton(Changing, accounts, gateway, quoting, refreshing, catalog, clock, ids)
    canceling = Singleton(Canceling, accounts, gateway, refreshing, catalog, clock, ids)
    holding = Singleton(Holding, accounts, catalog, clock, ids)
    capturing = Singleton(Capturing, accounts, catalog, clock)
    releasing = Singleton(Releasing, accounts, catalog, clock)
    adjusting = Singleton(Adjusting, accounts, catalog, clock, ids)
    accepting = Singleton(Accepting, accounts, catalog, clock, ids)
    running = Singleton(Running, accounts, books.provided.generations, images, store, catalog, clock, ids)
    canceling_generation = Singleton(CancelingGeneration, accounts, books.provided.generations, catalog, clock)
    showing = Singleton(Showing, books.provided.generations, store)
    hiding = Singleton(Hiding, accounts, books.provided.generations, store, catalog, clock)
    receiving = Singleton(
        Receiving,
        accounts,
        books.provided.directory,
        books.provided.inbox,
        webhooks,
        catalog,
        clock,
        livemode=False,
    )
    notifying = Singleton(Notifying, accounts, notifier)
    accruing = Singleton(
        Accruing,
        accounts,
        books.provided.register,
        books.provided.history,
        books.provided.incidents,
        catalog,
        clock,
    )
    auditing = Singleton(Auditing, books.provided.register, books.provided.history, Singleton(descriptions, catalog))
