"""Shelf, prices, setup and webhooks at Stripe keep the promises of their ports."""

import json

import pytest

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.stripe.api import any_key
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.setup import open_setup
from billing_core.adapters.stripe.shelf import StripeShelf
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.adapters.system import FixedClock
from billing_core.ports.gateway_setup import GatewaySetup
from billing_core.ports.shelf import Prices, Shelf
from billing_core.testing.builders import NEW_YEAR
from billing_core.testing.contracts import GatewaySetupContract, PricesContract, ShelfContract, WebhooksContract
from billing_core.testing.contracts.webhooks import Signed
from tests.shops.simulated import SECRET, Receiver
from tests.stripe.gateway import KEY, an_api
from tests.stripe.samples import NOW, a_refund, an_event, sign
from tests.stripe.spec import Checked


@pytest.fixture
def stripe() -> SimulatedStripe:
    """One at which nothing is sold yet."""
    return SimulatedStripe(None, FixedClock(NEW_YEAR), SECRET, "http://shop.test", Receiver())


class TestStripeShelf(ShelfContract):
    @pytest.fixture
    def shelf(self, stripe: SimulatedStripe) -> Shelf:
        return StripeShelf(an_api(Checked(stripe.answer)))


class TestPriceBook(PricesContract):
    @pytest.fixture
    def shelf(self, stripe: SimulatedStripe) -> Shelf:
        return StripeShelf(an_api(stripe.answer))

    @pytest.fixture
    def prices(self, stripe: SimulatedStripe) -> Prices:
        return PriceBook(an_api(Checked(stripe.answer)))


class TestStripeSetup(GatewaySetupContract):
    @pytest.fixture
    def setup(self, stripe: SimulatedStripe) -> GatewaySetup:
        self._stripe = stripe
        return open_setup(Checked(stripe.answer), key=KEY, base="http://stripe.test")

    async def add_endpoint(self, url: str, *, everything: bool) -> None:
        events = ["*"] if everything else ["invoice.paid"]
        await an_api(self._stripe.answer).post("/v1/webhook_endpoints", key=any_key(), url=url, enabled_events=events)


class TestStripeWebhooks(WebhooksContract):
    @pytest.fixture
    def webhooks(self) -> StripeWebhooks:
        return StripeWebhooks([SECRET], {})

    @pytest.fixture
    def signed(self) -> Signed:
        body = json.dumps(an_event("refund.created", a_refund())).encode()
        return Signed(body=body, signature=sign(body, SECRET), at=NOW, event_id="evt_1")
