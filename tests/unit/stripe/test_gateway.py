"""The payment gateway at Stripe keeps the promises of its port, and asks nothing that Stripe does not document."""

import pytest

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.ports.gateway import PaymentGateway
from tests.stripe.gateway import Forgetful, stripe_gateway
from tests.stripe.gateway_contract import GatewayAtSimulatedStripe
from tests.stripe.spec import Checked


class TestStripeGateway(GatewayAtSimulatedStripe):
    """In process, and everything that passes is held against the documents."""

    @pytest.fixture
    async def gateway(self, stripe: SimulatedStripe) -> PaymentGateway:
        return stripe_gateway(Checked(stripe.answer))


class TestStripeGatewayOverABadLine(GatewayAtSimulatedStripe):
    """The first answer to every change is lost on its way, after the change was made."""

    @pytest.fixture
    async def gateway(self, stripe: SimulatedStripe) -> PaymentGateway:
        return stripe_gateway(Forgetful(stripe.answer))
