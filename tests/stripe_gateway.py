"""The gateway at a simulated Stripe: what its contract needs, whichever way the requests go."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from attrs import define, field

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.stripe.api import Api, open_api
from billing_core.adapters.stripe.gateway import StripeGateway
from billing_core.adapters.stripe.pace import Pace, Patience
from billing_core.adapters.stripe.pages import TEST_DASHBOARD
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.shelf import StripeShelf
from billing_core.adapters.stripe.transport import Answering
from billing_core.ports.gateway import CheckoutSession, PaymentGateway
from billing_core.testing.contracts.gateway import SHOP, Card, PaymentGatewayContract
from tests.simulated_shop import ASKS, DECLINES_LATER, GOOD, SECRET, Receiver, SetClock

KEY = "sk_test_1"
_NUMBERS = {Card.PAYS: GOOD, Card.ASKS: ASKS, Card.DECLINES: DECLINES_LATER}


async def at_once(_: float) -> None:
    """Nobody waits."""


def an_api(answering: Answering, base: str = "http://stripe.test") -> Api:
    """One that never waits."""
    return open_api(answering, key=KEY, base=base, pace=Pace(sleep=at_once), patience=Patience(sleep=at_once))


def stripe_gateway(answering: Answering, base: str = "http://stripe.test") -> StripeGateway:
    api = an_api(answering, base)
    return StripeGateway(api, PriceBook(api), TEST_DASHBOARD)


@define
class Forgetful:
    """An Answering over a line that loses the first answer to each change; the change is made."""

    answering: Answering
    lost: set[str] = field(factory=set)

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        answer = await self.answering(method, url, headers, body)
        change = f"{method} {url} {headers.get('Idempotency-Key')}"
        if method != "GET" and change not in self.lost:
            self.lost.add(change)
            raise ConnectionError("the answer is lost")
        return answer


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
