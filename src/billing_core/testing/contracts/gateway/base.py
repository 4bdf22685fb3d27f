"""What every theme of the gateway's contract starts from."""

from datetime import datetime

import pytest

from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.clock import Clock
from billing_core.ports.facts import InvoicePaid
from billing_core.ports.gateway import CheckoutSession, PaymentGateway
from billing_core.testing.contracts.gateway.shop import a_checkout


class GatewayContract:
    """What the themes share: the fixtures, three hooks, and the words of a short story."""

    @pytest.fixture
    def gateway(self) -> PaymentGateway:
        raise NotImplementedError("give the gateway that is to be tried")

    @pytest.fixture
    def clock(self) -> Clock:
        raise NotImplementedError("give the clock that the gateway lives by")

    async def pay(self, gateway: PaymentGateway, session: CheckoutSession) -> str | None:
        """Pays as a customer would with a good card; answers the id of the subscription that came of it."""
        raise NotImplementedError

    async def advance(self, gateway: PaymentGateway, to: datetime) -> None:
        """Lets the gateway's time pass, and what is due happen."""
        raise NotImplementedError

    async def latest_invoice(self, gateway: PaymentGateway, subscription_id: str) -> str:
        """The id of the subscription's latest invoice."""
        raise NotImplementedError

    async def customer(self, gateway: PaymentGateway) -> str:
        """The id of the customer of the story."""
        return await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")

    async def buy(self, gateway: PaymentGateway, price: str) -> str | None:
        """Buys what is sold at that price; answers the id of the subscription, None for a pack."""
        request = a_checkout(await self.customer(gateway), price)
        return await self.pay(gateway, await gateway.open_checkout(request, idempotency_key=f"buy {price}"))

    async def subscribe(self, gateway: PaymentGateway, price: str = "basic_month") -> str:
        """The id of a running subscription to that price."""
        subscription_id = await self.buy(gateway, price)
        assert subscription_id is not None
        return subscription_id

    async def look(self, gateway: PaymentGateway, clock: Clock, subscription_id: str) -> SubscriptionSnapshot:
        """The subscription as it is now."""
        return await gateway.fetch_subscription(subscription_id, now=clock.now())

    async def invoice(self, gateway: PaymentGateway, subscription_id: str) -> InvoicePaid:
        """The latest invoice, which is paid."""
        paid = await gateway.fetch_invoice(await self.latest_invoice(gateway, subscription_id))
        assert paid is not None
        return paid
