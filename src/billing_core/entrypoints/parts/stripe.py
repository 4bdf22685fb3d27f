"""Stripe's parts, wired: over HTTP where there is a key, else in process to the simulated Stripe.

An extension of the container for what the maintenance commands need without the books.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.stripe.api import Api, open_api
from billing_core.adapters.stripe.pace import Pace
from billing_core.adapters.stripe.setup import open_setup
from billing_core.adapters.stripe.shelf import StripeShelf
from billing_core.adapters.stripe.transport import Answering, Http
from billing_core.adapters.system import SystemClock
from billing_core.application.diagnosing import (
    Check,
    Finding,
    ListeningToTheGateway,
    ReachingTheGateway,
    StockingTheGateway,
)
from billing_core.application.syncing import Syncing
from billing_core.domain.catalog import Catalog, CatalogVersion, Interval
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.parts.catalogs import catalog_to_sell
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.stripe_settings import Mode
from billing_core.ports.gateway_setup import GatewaySetup
from billing_core.ports.shelf import Shelf

SIMULATED_KEY = "sk_test_simulated"


def given_prices(settings: Settings, version: CatalogVersion) -> Mapping[str, str]:
    """The ids that STRIPE_PRICE_ID_… name, by the catalog's price keys: of the month, in the shop's currency.

    Raises SettingsError where the catalog has no such price.
    """
    if settings.mode is Mode.SIMULATED:
        return {}
    given: dict[str, str] = {}
    for plan_key, price_id in settings.stripe.price_ids.items():
        plan = next((plan for plan in version.plans if plan.key.lower() == plan_key), None)
        prices = [
            price.key
            for price in (plan.prices if plan else ())
            if price.interval is Interval.MONTH and price.money.currency == settings.currency
        ]
        if not prices:
            name = f"STRIPE_PRICE_ID_{plan_key.upper()}"
            raise SettingsError(
                f"{name} is set, but the catalog has no monthly price of that plan in {settings.currency}"
            )
        given[prices[0]] = price_id
    return given


def stocked_stripe(settings: Settings, catalog: Catalog) -> SimulatedStripe:
    """A simulated one that sells the catalog and keeps nothing: the one that does lives in the process that serves."""
    return SimulatedStripe(lambda: catalog, SystemClock(), "", settings.base_url, _nowhere)


@asynccontextmanager
async def answering_of(settings: Settings, catalog: Catalog) -> AsyncIterator[Answering]:
    """Stripe or, without a key, a simulated one that sells the catalog and keeps nothing."""
    if settings.mode is Mode.SIMULATED:
        yield stocked_stripe(settings, catalog).answer
        return
    async with _over_http() as http:
        yield http


@asynccontextmanager
async def _over_http() -> AsyncIterator[Answering]:
    http = Http()
    try:
        yield http
    finally:
        await http.aclose()


async def _nowhere(_body: bytes, _signature: str) -> int:
    return 200


def api_of(settings: Settings, answering: Answering) -> Api:
    """The API; the simulated Stripe takes any test key, and as many requests as come."""
    pace = Pace(float("inf")) if settings.mode is Mode.SIMULATED else Pace()
    return open_api(
        answering, key=settings.stripe.secret_key or SIMULATED_KEY, base=settings.stripe.api_base, pace=pace
    )


def shelf_of(settings: Settings, answering: Answering, version: CatalogVersion) -> Shelf:
    return StripeShelf(api_of(settings, answering), given_prices(settings, version))


def setup_of(settings: Settings, answering: Answering) -> GatewaySetup:
    return open_setup(answering, key=settings.stripe.secret_key, base=settings.stripe.api_base)


@asynccontextmanager
async def syncing_of(settings: Settings) -> AsyncIterator[Syncing]:
    """The shelf and the catalog's file; the books are not asked, so it can run before the first start."""
    catalog = catalog_to_sell(settings)
    version = catalog.current
    async with answering_of(settings, catalog) as answering:
        yield Syncing(shelf_of(settings, answering, version), version)


@asynccontextmanager
async def checks_at_stripe(settings: Settings, *, webhook_paths: tuple[str, ...]) -> AsyncIterator[Mapping[str, Check]]:
    """What can be asked only with a key."""
    async with _over_http() as answering:
        setup = setup_of(settings, answering)

        async def stocking() -> tuple[Finding, ...]:
            version = catalog_to_sell(settings).current
            return await StockingTheGateway(shelf_of(settings, answering, version), version)()

        yield {
            "stripe": ReachingTheGateway(setup, SystemClock()),
            "webhooks": ListeningToTheGateway(setup, webhook_paths, is_live=settings.mode is Mode.LIVE),
            "prices": stocking,
        }
