"""The payment gateway at Stripe keeps its promises over real HTTP too."""

from collections.abc import AsyncIterator

import pytest

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.stripe.transport import Http
from billing_core.ports.gateway import PaymentGateway
from tests.stripe.gateway import stripe_gateway
from tests.stripe.gateway_contract import GatewayAtSimulatedStripe
from tests.stripe.on_loopback import on_loopback


class TestStripeGatewayOverHttp(GatewayAtSimulatedStripe):
    @pytest.fixture
    async def gateway(self, stripe: SimulatedStripe) -> AsyncIterator[PaymentGateway]:
        http = Http()
        async with on_loopback(stripe) as base:
            yield stripe_gateway(http, base)
            await http.aclose()
