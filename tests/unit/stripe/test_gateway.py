"""The payment gateway at Stripe keeps the promises of its port, and asks nothing that Stripe does not document."""

from datetime import datetime

import pytest

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.stripe.api import Api, open_api
from billing_core.adapters.stripe.gateway import StripeGateway
from billing_core.adapters.stripe.pace import Pace
from billing_core.adapters.stripe.pages import TEST_DASHBOARD
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.shelf import StripeShelf
from billing_core.ports.gateway import CheckoutSession, PaymentGateway
from billing_core.testing.contracts.gateway import SHOP, PaymentGatewayContract
from tests.simulated_shop import GOOD, SECRET, Receiver, SetClock
from tests.stripe_spec import Checked


async def fill(api: Api) -> None:
    """Puts everything on sale, as `sync-products` does."""
    shelf = StripeShelf(api)
    for change in await shelf.compare(SHOP.current):
        await shelf.mend(change, SHOP.current)


class TestStripeGateway(PaymentGatewayContract):
    """In process: the SDK asks the simulated Stripe, and everything that passes is held against the documents."""

    @pytest.fixture
    def clock(self) -> SetClock:
        return SetClock()

    @pytest.fixture
    def stripe(self, clock: SetClock) -> SimulatedStripe:
        return SimulatedStripe(None, clock, SECRET, "http://shop.test", Receiver())

    @pytest.fixture
    async def gateway(self, stripe: SimulatedStripe) -> PaymentGateway:
        await fill(open_api(stripe.answer, key="sk_test_1", pace=Pace(float("inf"))))
        api = open_api(Checked(stripe.answer), key="sk_test_1", pace=Pace(float("inf")))
        return StripeGateway(api, PriceBook(api), TEST_DASHBOARD)

    @pytest.fixture(autouse=True)
    def _own(self, stripe: SimulatedStripe, clock: SetClock) -> None:
        self._stripe, self._clock = stripe, clock

    async def pay(self, gateway: PaymentGateway, session: CheckoutSession) -> str | None:
        await self._stripe.pay(session.id, GOOD)
        return (await self._stripe.state()).sessions[session.id].subscription_id

    async def advance(self, gateway: PaymentGateway, to: datetime) -> None:
        self._clock.at = to
        await self._stripe.advance()

    async def latest_invoice(self, gateway: PaymentGateway, subscription_id: str) -> str:
        return (await self._stripe.state()).subscriptions[subscription_id].latest_invoice_id or ""
