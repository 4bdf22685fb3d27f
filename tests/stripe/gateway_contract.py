"""The gateway at a simulated Stripe: what its contract needs, whichever way the requests go."""

from datetime import datetime

import pytest

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.stripe.shelf import StripeShelf
from billing_core.ports.gateway import CheckoutSession, PaymentGateway
from billing_core.testing.contracts.gateway import SHOP, Card, PaymentGatewayContract
from tests.shops.simulated import ASKS, DECLINES_LATER, GOOD, SECRET, Receiver, SetClock
from tests.stripe.gateway import an_api

_NUMBERS = {Card.PAYS: GOOD, Card.ASKS: ASKS, Card.DECLINES: DECLINES_LATER}


class GatewayAtSimulatedStripe(PaymentGatewayContract):
    """Everything but the gateway itself. The shop is filled as `sync-products` does it."""

    @pytest.fixture
    def clock(self) -> SetClock:
        return SetClock()

    @pytest.fixture
    async def stripe(self, clock: SetClock) -> SimulatedStripe:
        stripe = SimulatedStripe(None, clock, SECRET, "http://localhost:8000", Receiver())
        shelf = StripeShelf(an_api(stripe.answer))
        for change in await shelf.compare(SHOP.current):
            await shelf.mend(change, SHOP.current)
        self._stripe, self._clock = stripe, clock
        return stripe

    async def pay(self, gateway: PaymentGateway, session: CheckoutSession) -> str | None:
        await self._stripe.pay(session.id, GOOD)
        return (await self._stripe.state()).sessions[session.id].subscription_id

    async def advance(self, gateway: PaymentGateway, to: datetime) -> None:
        self._clock.at = to
        await self._stripe.advance()

    async def use_card(self, gateway: PaymentGateway, card: Card) -> None:
        (customer_id,) = (await self._stripe.state()).customers
        await self._stripe.replace_card(customer_id, _NUMBERS[card])

    async def authenticate(self, gateway: PaymentGateway, invoice_id: str) -> None:
        await self._stripe.authenticate_invoice(invoice_id)

    async def dispute(self, gateway: PaymentGateway, payment: str) -> None:
        await self._stripe.bank.dispute(payment)

    async def latest_invoice(self, gateway: PaymentGateway, subscription_id: str) -> str:
        return (await self._stripe.state()).subscriptions[subscription_id].latest_invoice_id or ""
