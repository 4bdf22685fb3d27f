"""The whole product with a test key: the real adapter over real HTTP, and webhooks that come in signed."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from attrs import define, field

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.stripe.shelf import StripeShelf
from billing_core.adapters.system import SystemClock
from billing_core.application.checking_out import Customer, Return
from billing_core.application.subscribing import PlanOrder
from billing_core.domain.catalog import Interval
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.parts.catalogs import catalog_to_sell
from billing_core.entrypoints.settings import MEMORY, Settings, with_secrets
from billing_core.entrypoints.stripe_settings import StripeSettings
from billing_core.entrypoints.use_cases import UseCases
from billing_core.ports.shelf import ShelfChange
from tests.stripe.gateway import an_api
from tests.stripe.on_loopback import on_loopback

ANN = Customer(account_id="ann", email="ann@app.example", name="Ann")
BASIC = PlanOrder(tier="basic", interval=Interval.MONTH, currency="usd")
BACK = Return(success_url="https://shop.example/yes", cancel_url="https://shop.example/no")
SECRET = "whsec_of_the_endpoint"
CARD = "4242 4242 4242 4242"


@define
class Door:
    """Where the webhooks go, once the product is open."""

    use_cases: UseCases | None = None
    outcomes: list[str] = field(factory=list)

    async def __call__(self, body: bytes, signature: str) -> int:
        if self.use_cases is None:
            return 503
        self.outcomes.append((await self.use_cases.receiving(body, signature)).outcome)
        return 200


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def stripe(door: Door) -> SimulatedStripe:
    """Another company's machine: it knows nothing of the catalog."""
    return SimulatedStripe(None, SystemClock(), SECRET, "http://stripe.test", door)


@pytest.fixture
async def settings(stripe: SimulatedStripe) -> AsyncIterator[Settings]:
    async with on_loopback(stripe) as base:
        at_stripe = StripeSettings(secret_key="rk_test_1", api_base=base)
        yield with_secrets(Settings(database_url=MEMORY, webhook_secrets=(SECRET,), stripe=at_stripe))


async def test_a_shelf_that_was_empty_is_filled_once(stripe: SimulatedStripe) -> None:
    first = await fill(stripe)

    assert {"product", "price", "portal"} == {change.thing for change in first}
    assert () == await fill(stripe)


async def test_a_checkout_that_is_paid_at_stripe_gives_the_plan(
    stripe: SimulatedStripe, settings: Settings, door: Door
) -> None:
    await fill(stripe)
    async with running(settings) as use_cases:
        door.use_cases = use_cases
        started = await use_cases.subscribing(ANN, BASIC, BACK)
        await stripe.pay(started.session_id, CARD)
        await stripe.deliver_pending()

        assert use_cases.simulation is None
        assert set(door.outcomes) <= {"processed", "parked"}
        async with asyncio.timeout(20):
            while (await use_cases.viewing.subscription("ann")).status != "active":  # noqa: ASYNC110 - it is the job's
                await asyncio.sleep(0.02)
        assert "basic" == (await use_cases.viewing("ann")).in_force.plan.key


@pytest.mark.failure("F22")
async def test_while_stripe_is_away_the_product_starts_and_credits_are_spent(settings: Settings) -> None:
    away = Settings(
        database_url=MEMORY,
        jwt_secret=settings.jwt_secret,
        webhook_secrets=(SECRET,),
        stripe=StripeSettings(secret_key="sk_test_1", api_base="http://127.0.0.1:9"),
    )
    async with running(away) as use_cases:
        hold = await use_cases.holding("ann", 4, reason="upscaling")
        await use_cases.capturing("ann", hold.id)

        assert 6 == (await use_cases.viewing("ann")).account.book.available


async def fill(stripe: SimulatedStripe) -> tuple[ShelfChange, ...]:
    """As `sync-products` does it."""
    version, shelf = catalog_to_sell(Settings()).current, StripeShelf(an_api(stripe.answer))
    due = await shelf.compare(version)
    for change in due:
        await shelf.mend(change, version)
    return due
