"""Opening and closing what runs: one async context manager for HTTP, the command line and the facade alike."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from datetime import timedelta
from pathlib import Path

import httpx
from attrs import frozen

from billing_core.application import tasks
from billing_core.domain.errors import PortFailure
from billing_core.entrypoints.container import Container, Deliver, Described, movable_clock
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.keeping_step import guarding_of, reconciling_of
from billing_core.entrypoints.one_mode import ensure_mode
from billing_core.entrypoints.parts.books import open_books
from billing_core.entrypoints.parts.catalogs import catalog_of, catalog_text
from billing_core.entrypoints.parts.images import ensure_installed, ensure_providers
from billing_core.entrypoints.parts.stripe import stocked_stripe
from billing_core.entrypoints.price_keeping import prices_kept
from billing_core.entrypoints.reaching import reaching_providers, reaching_stripe
from billing_core.entrypoints.settings import MEMORY, Settings
from billing_core.entrypoints.simulated import Simulation
from billing_core.entrypoints.simulated_stripe import Delivering, SimulatedMoney
from billing_core.entrypoints.simulation import RunningSimulation
from billing_core.entrypoints.stripe_settings import Mode
from billing_core.entrypoints.use_cases import UseCases
from billing_core.ports.clock import Clock
from billing_core.ports.errors import BadSignature
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.images import ImageGenerator
from billing_core.ports.jobs import Every, Handler
from billing_core.ports.webhooks import Webhooks

log = logging.getLogger(__name__)

PUMP_EVERY_S = 0.5
PICTURES = frozenset({tasks.GENERATE})
PERIODIC = {
    tasks.TEND_GENERATIONS: Every.MINUTE,
    tasks.ACCRUE: Every.HOUR,
    tasks.RECKON: Every.HOUR,
    tasks.RECONCILE: Every.HOUR,
    tasks.GUARD: Every.HOUR,
    tasks.FORGET: Every.HOUR,
    tasks.CHECK_MODELS: Every.HOUR,
}


@frozen(kw_only=True)
class Parts:
    """What an embedding developer brings in place of ours."""

    clock: Clock | None = None
    gateway: PaymentGateway | None = None
    webhooks: Webhooks | None = None
    images: ImageGenerator | None = None


OURS = Parts()


Beside = Callable[[UseCases], AbstractAsyncContextManager[None]]


def alone(_: UseCases) -> AbstractAsyncContextManager[None]:
    """Nothing is beside a worker."""
    return nullcontext()


@asynccontextmanager
async def running(
    settings: Settings, parts: Parts = OURS, *, webhook_url: str | None = None, jobs: bool = True
) -> AsyncIterator[UseCases]:
    """The product, opened: the books, the job runner and, where the money is simulated, its webhooks.

    With `webhook_url`, the simulated Stripe posts its webhooks there; without, they are handed over in process.
    Without `jobs` they are left to workers, as far as these can run them. Raises CatalogError, SettingsError, and
    Unavailable where the books cannot be opened.
    """
    ensure_done(settings, jobs=jobs)
    ensure_real(settings, parts)
    async with opened(settings, parts, webhook_url=webhook_url) as container:
        stop, under_way = asyncio.Event(), list[asyncio.Task[None]]()
        all_tasks = frozenset(handlers(container))
        leaving = frozenset[str]() if jobs else all_tasks - _bound_to(container)
        if leaving != all_tasks:
            under_way.append(asyncio.create_task(run_jobs(container, leaving, stop)))
        hands, simulation = _hands(container), None
        if hands is not None:
            simulation = RunningSimulation(
                hands=hands,
                clock=container.clock(),
                accounts=container.accounts(),
                directory=container.books().directory,
                jobs=container.books().jobs,
                kept_clock=kept_clock(settings),
            )
            under_way.append(asyncio.create_task(_pump(hands, stop)))
        try:
            yield use_cases_of(container, simulation)
        finally:
            container.watching().close()
            stop.set()
            await asyncio.gather(*under_way)


async def working(settings: Settings, parts: Parts = OURS, *, stop: asyncio.Event, beside: Beside = alone) -> None:
    """Runs the jobs of books that others serve, until `stop` is set and what is under way is done.

    What is `beside` goes on as long. Raises what `running` raises.
    """
    if not settings.is_on_postgresql:
        raise SettingsError("a worker needs PostgreSQL: on SQLite, `billing-core serve` runs the jobs itself")
    ensure_real(settings, parts)
    async with opened(settings, parts, serves=False) as container, beside(use_cases_of(container, None)):
        await run_jobs(container, _bound_to(container), stop)


@asynccontextmanager
async def opened(
    settings: Settings,
    parts: Parts,
    *,
    webhook_url: str | None = None,
    serves: bool = True,
    fit: Callable[[Container], None] | None = None,
) -> AsyncIterator[Container]:
    """What `running` opens, with nothing going on by itself yet. `fit` may override more of it before it is used.

    A simulated Stripe that lives elsewhere, or is not needed, is known here only by what it sells.
    """
    clock = parts.clock or movable_clock(kept_offset(kept_clock(settings)))
    describe = Described()
    async with open_books(settings, describe, clock) as books, _delivering_to(webhook_url) as deliver:
        if parts.gateway is None:
            await ensure_mode(books.bookmarks, settings.mode)
        catalog = catalog_of(await books.catalogs.keep(catalog_text(settings), now=clock.now()))
        describe.catalog = catalog
        container = Container(settings=settings, books=books, catalog=catalog, clock=clock)
        container.deliver.override(deliver or handing_over(container))
        if parts.gateway is not None:
            container.gateway.override(parts.gateway)
        if parts.webhooks is not None:
            container.webhooks.override(parts.webhooks)
        if parts.images is not None:
            container.images.override(parts.images)
        if not serves or parts.gateway is not None:
            container.simulated.override(stocked_stripe(settings, catalog))
        if fit is not None:
            fit(container)
        async with reaching_stripe(container), reaching_providers(container), prices_kept(container.prices()):
            yield container


def ensure_done(settings: Settings, *, jobs: bool) -> None:
    """Somebody does the jobs: who serves, or a worker. Raises SettingsError."""
    if not jobs and not settings.is_on_postgresql:
        raise SettingsError("jobs can be left to workers only on PostgreSQL")


def ensure_real(settings: Settings, parts: Parts = OURS) -> None:
    """Nobody pays real money for placeholders, and who is set up can be asked. Raises SettingsError, CatalogError."""
    if parts.images is not None:
        return
    ensure_installed(settings)
    if settings.mode is Mode.LIVE:
        ensure_providers(settings)


def _is_at_stripe(container: Container) -> bool:
    """Whether there is a Stripe to reconcile with: not a simulated one, nor an embedder's own gateway."""
    return bool(container.answering.overridden)


def _hands(container: Container) -> SimulatedMoney | None:
    """What moves the money where none is real: the simulated Stripe."""
    return container.simulated() if _is_simulated(container) else None


def _is_simulated(container: Container) -> bool:
    """Whether the gateway is the simulated one of this process, and nobody's own."""
    return container.settings().mode is Mode.SIMULATED and not container.gateway.overridden


def _bound_to(container: Container) -> frozenset[str]:
    """The tasks that only the process can run that serves: those that ask a gateway which lives in it."""
    return tasks.ASKING_THE_GATEWAY if _is_simulated(container) else frozenset()


async def run_jobs(container: Container, leaving: frozenset[str], stop: asyncio.Event) -> None:
    """Until `stop` is set; in two lanes, so that slow pictures hold up nothing else."""
    by_task, settings = handlers(container), container.settings()
    lanes = [container.runner(leaving=leaving | PICTURES)]
    if not leaving >= PICTURES:
        lanes.append(container.runner(tasks=PICTURES, concurrency=settings.images.concurrency))
    periodic = {task: every for task, every in PERIODIC.items() if task in by_task}
    looking = asyncio.create_task(_look_at_models(container))
    try:
        await asyncio.gather(*(lane.run(by_task, stop=stop, periodic=periodic) for lane in lanes))
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _look_at_models(container: Container) -> None:
    """At the start too: who has just set a key need not wait for the next hour."""
    with suppress(PortFailure):
        await container.checking_models().run({})


def handlers(container: Container) -> Mapping[str, Handler]:
    """Who does which job."""
    at_stripe = {tasks.RECONCILE: reconciling_of(container).run} if _is_at_stripe(container) else {}
    return at_stripe | {
        tasks.GENERATE: container.making().run,
        tasks.TIDY_PICTURES: container.tidying().run,
        tasks.TEND_GENERATIONS: container.tending_generations().run,
        tasks.REFRESH: container.refreshing().run,
        tasks.FETCH_INVOICE: container.fetching_invoice().run,
        tasks.REFRESH_PAYMENT: container.refreshing_payment().run,
        tasks.FETCH_EVENT: container.fetching_event().run,
        tasks.CHECK_MODELS: container.checking_models().run,
        tasks.CHECK_SHELF: container.checking_shelf().run,
        tasks.RECEIVE_PARKED: container.receiving().receive_parked,
        tasks.REPORT_ORPHAN: container.reporting_orphan().run,
        tasks.REPORT_UNBOOKED: container.reporting_unbooked().run,
        tasks.RETRY_WEBHOOK: container.receiving().retry,
        tasks.CANCEL_SURPLUS: container.canceling_surplus().run,
        tasks.EXPIRE_CHECKOUT: container.checking_out().expire,
        tasks.REFUND: container.refunding().run,
        tasks.REFUND_WARNED: container.refunding_warned().run,
        tasks.NOTIFY: container.notifying().run,
        tasks.ACCRUE: container.accruing().run,
        tasks.RECKON: container.reckoning().run,
        tasks.GUARD: guarding_of(container, asks=_is_simulated(container)).run,
        tasks.FORGET: container.forgetting().run,
    }


def use_cases_of(container: Container, simulation: Simulation | None) -> UseCases:
    """All that the doors can call."""
    return UseCases(
        catalog=container.catalog(),
        clock=container.clock(),
        viewing=container.viewing(),
        transactions=container.transactions(),
        explaining=container.explaining(),
        subscribing=container.subscribing(),
        buying=container.buying(),
        managing=container.managing(),
        paying=container.paying(),
        linking=container.linking(),
        quoting=container.quoting(),
        changing=container.changing(),
        canceling=container.canceling(),
        holding=container.holding(),
        capturing=container.capturing(),
        releasing=container.releasing(),
        adjusting=container.adjusting(),
        forgiving=container.forgiving(),
        suspending=container.suspending(),
        refunding=container.refunding(),
        reviewing=container.reviewing(),
        accepting=container.accepting(),
        canceling_generation=container.canceling_generation(),
        generations=container.books().generations,
        watching=container.watching(),
        showing=container.showing(),
        hiding=container.hiding(),
        receiving=container.receiving(),
        reporting_refusals=container.reporting_refusals(),
        resolving=container.resolving(),
        overseeing=container.overseeing(),
        summing_up=container.summing_up(),
        listing_webhooks=container.listing_webhooks(),
        auditing=container.auditing(),
        measuring=container.measuring(),
        diagnosing=container.diagnosing(),
        keying=container.keying(),
        using_key=container.using_key(),
        rates=container.books().rates,
        simulation=simulation,
    )


@asynccontextmanager
async def _delivering_to(url: str | None) -> AsyncIterator[Deliver | None]:
    """Posts webhooks to the URL, if there is one."""
    if url is None:
        yield None
        return
    async with httpx.AsyncClient(timeout=10) as http:

        async def deliver(body: bytes, signature: str) -> int:
            headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
            return (await http.post(url, content=body, headers=headers)).status_code

        yield deliver


def handing_over(container: Container) -> Deliver:
    """Webhooks are received without a way through HTTP."""

    async def deliver(body: bytes, signature: str) -> int:
        try:
            await container.receiving()(body, signature)
        except BadSignature:
            return 400
        return 200

    return deliver


async def _pump(gateway: Delivering, stop: asyncio.Event) -> None:
    """Lets time pass at the simulated Stripe, and its webhooks go out."""
    while not stop.is_set():
        try:
            await gateway.deliver_pending()
        except Exception:  # one bad moment must not stop time for good
            log.exception("the simulated Stripe could not get on; it tries again")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), PUMP_EVERY_S)


def kept_clock(settings: Settings) -> Path | None:
    return None if settings.database_url == MEMORY else settings.folder / "clock.json"


def kept_offset(path: Path | None) -> timedelta:
    if path is None or not path.exists():
        return timedelta(0)
    return timedelta(seconds=json.loads(path.read_text())["offset_s"])
