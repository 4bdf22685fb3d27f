"""A gateway of which everything is asked twice keeps the promises of its port: asking twice does once."""

import pytest

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.ports.gateway import PaymentGateway
from billing_core.testing import Fault, Faults
from billing_core.testing.chaos import ChaoticLine, chaotic_gateway
from tests.stripe.gateway import stripe_gateway
from tests.stripe.gateway_contract import GatewayAtSimulatedStripe


class TestEveryVerbTwice(GatewayAtSimulatedStripe):
    @pytest.fixture
    async def gateway(self, stripe: SimulatedStripe) -> PaymentGateway:
        return chaotic_gateway(stripe_gateway(stripe.answer), Faults(1, 1.0, only=[Fault.TWICE]))


class TestEveryRequestTwice(GatewayAtSimulatedStripe):
    @pytest.fixture
    async def gateway(self, stripe: SimulatedStripe) -> PaymentGateway:
        return stripe_gateway(ChaoticLine(stripe.answer, Faults(1, 1.0, only=[Fault.TWICE])))
