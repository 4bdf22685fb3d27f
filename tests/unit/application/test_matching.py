"""What the gateway says of an account is compared with its books, and nothing is changed."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import define, evolve, field

from billing_core.application.matching import Matching
from billing_core.domain.invariants import Breach, Invariant
from billing_core.domain.retention import RETENTION
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.gateway import PaymentGateway
from tests.shops.oddities import gave_back, the_invoice
from tests.shops.use_case import A_DAY, SECRET, DistantStripe, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


@define
class Watched:
    """The gateway, which notes what it is asked for; something may happen once it has told of a subscription."""

    gateway: PaymentGateway
    then: Callable[[], Awaitable[object]] | None = None
    asked: list[str] = field(factory=list)

    async def fetch_subscription(self, subscription_id: str, **more: Any) -> SubscriptionSnapshot:
        self.asked.append(subscription_id)
        told = await self.gateway.fetch_subscription(subscription_id, **more)
        if self.then is not None:
            await self.then()
        return told

    async def fetch_payment(self, payment: str, **more: Any) -> Any:
        self.asked.append(payment)
        return await self.gateway.fetch_payment(payment, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)


def matching(shop: Shop, **more: Any) -> Matching:
    return evolve(shop.use.matching(), rest_s=0, **more)


async def found(shop: Shop) -> tuple[Breach, ...]:
    await shop.serving()
    return await matching(shop)("ann")


async def test_books_in_step_have_nothing_that_differs(shop: Shop) -> None:
    await shop.subscribed()
    await shop.bought()

    assert await found(shop) == ()
    assert await matching(shop)("nobody") == ()


async def test_a_subscription_that_stands_otherwise_at_the_gateway_is_found(shop: Shop) -> None:
    subscription = await shop.subscribed()
    version = (await shop.kept()).version
    await shop.gateway.cancel(subscription, at_period_end=True, prorate=False, idempotency_key="by hand")

    (breach,) = await found(shop)
    assert (breach.invariant, breach.about) == (Invariant.SUBSCRIPTION_AS_TOLD, {"subscription": subscription})
    assert "cancel_at_period_end False -> True" in breach.text
    assert (await shop.kept()).version == version


async def test_money_that_went_back_unheard_is_found(shop: Shop) -> None:
    await shop.subscribed()
    await gave_back(shop)

    (breach,) = await found(shop)
    invoice = await the_invoice(shop)
    assert (breach.invariant, breach.about) == (Invariant.PAYMENT_AS_TOLD, {"payment": invoice})
    assert breach.text == f"payment {invoice}: refunded 0 -> 1000"


async def test_what_the_gateway_does_not_know_is_found(shop: Shop) -> None:
    subscription = await shop.subscribed()
    invoice = await the_invoice(shop)
    shop.stripe = DistantStripe(lambda: shop.catalog, shop.clock, SECRET, "https://shop.example", shop.handed_over)
    shop.wire(shop.catalog)

    assert [breach.text for breach in await found(shop)] == [
        f"subscription {subscription}: the gateway does not know it",
        f"payment {invoice}: the gateway does not know it",
    ]


async def test_news_that_are_on_their_way_are_no_difference(shop: Shop) -> None:
    subscription = await shop.subscribed()
    await shop.gateway.cancel(subscription, at_period_end=True, prorate=False, idempotency_key="by hand")
    watched = Watched((await shop.serving()).gateway(), then=shop.settle)

    assert await matching(shop, gateway=watched)("ann") == ()
    assert watched.asked.count(subscription) == 2


async def test_what_cost_nothing_or_is_closed_is_not_asked_for(shop: Shop) -> None:
    subscription = await shop.subscribed("tryout")
    await shop.later(15 * A_DAY)
    await shop.gateway.cancel(subscription, at_period_end=False, prorate=False, idempotency_key="by hand")
    await shop.settle()
    watched = Watched((await shop.serving()).gateway())
    free = [payment.id for payment in (await shop.kept()).payments if payment.amount_minor == 0]
    paid = [payment.id for payment in (await shop.kept()).payments if payment.amount_minor > 0]
    assert (len(free), len(paid)) == (1, 1)

    await matching(shop, gateway=watched)("ann")
    assert watched.asked == paid

    shop.clock.advance(RETENTION + timedelta(days=32))
    await matching(shop, gateway=watched)("ann")
    assert watched.asked == paid
