"""The gateway at a simulated Stripe, in processes that may be killed between any two of their changes."""

from collections.abc import Mapping
from datetime import timedelta

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.simulated.state import State
from billing_core.adapters.stripe.gateway import StripeGateway
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.testing.contracts.gateway import SHOP, a_checkout
from tests.shops.simulated import GOOD, SECRET, Receiver, SetClock
from tests.stripe.gateway import stripe_gateway
from tests.stripe.spec import Checked


class Killed(BaseException):
    """The process is gone."""


class MortalGateway:
    """A simulated Stripe with one customer, and the processes that ask it.

    Where it is `checked`, all that passes is held against what Stripe documents.
    """

    def __init__(self, *, checked: bool = False) -> None:
        self.clock = SetClock()
        self.stripe = SimulatedStripe(lambda: SHOP, self.clock, SECRET, "http://shop.test", Receiver())
        self.changes = 0
        self._line = Checked(self._answer) if checked else self._answer
        self._last: int | None = None
        self._arrives = True

    @property
    def gateway(self) -> StripeGateway:
        """That of a new process."""
        return stripe_gateway(self._line)

    def kill_at(self, change: int, *, arrives: bool) -> None:
        """The process is gone at its n-th change from now on, counted from 1: before that arrives, or before it is
        answered."""
        self.changes, self._last, self._arrives = 0, change, arrives

    def live(self) -> None:
        """The next process is not killed."""
        self.changes, self._last = 0, None

    async def subscribed(self, price: str = "basic_month", card: str = GOOD) -> str:
        customer = await self.gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        session = await self.gateway.open_checkout(a_checkout(customer, price), idempotency_key=f"buy {price}")
        await self.stripe.pay(session.id, card)
        subscription_id = (await self.state()).sessions[session.id].subscription_id
        assert subscription_id is not None
        return subscription_id

    async def replaced(self, card: str) -> None:
        (customer,) = (await self.state()).customers
        await self.stripe.replace_card(customer, card)

    async def state(self) -> State:
        return await self.stripe.state()

    async def look(self, subscription_id: str) -> SubscriptionSnapshot:
        return await self.gateway.fetch_subscription(subscription_id, now=self.clock.now())

    async def later(self, **by: float) -> None:
        self.clock.at += timedelta(**by)
        await self.stripe.advance()

    async def _answer(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if method == "GET":
            return await self.stripe.answer(method, url, headers, body)
        self.changes += 1
        if self.changes == self._last and not self._arrives:
            raise Killed
        answer = await self.stripe.answer(method, url, headers, body)
        if self.changes == self._last:
            raise Killed
        return answer
