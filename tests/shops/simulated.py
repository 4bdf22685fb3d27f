"""A shop at a simulated Stripe: a clock that is set, and a receiver that keeps what it gets."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

from billing_core.adapters.simulated import PaymentResult, Settings, SimulatedStripe
from billing_core.adapters.simulated.state import State
from billing_core.adapters.stripe.gateway import StripeGateway
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.facts import InvoicePaid
from billing_core.ports.gateway import CheckoutRequest, CheckoutSession, PlanChange, When
from billing_core.testing.contracts.gateway import SHOP, a_checkout
from tests.stripe.gateway import stripe_gateway

SECRET = "whsec_simulated"
GOOD, ASKS, NO_FUNDS, DECLINES_LATER = (
    "4242 4242 4242 4242",
    "4000002500003155",
    "4000 0000 0000 9995",
    "4000000000000341",
)
START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@define
class SetClock:
    """Tells the time that it was set to."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at


@define
class Receiver:
    """Takes webhooks, with the status that it was told to answer."""

    status: int = 200
    got: list[tuple[bytes, str]] = field(factory=list)

    async def __call__(self, body: bytes, signature: str) -> int:
        self.got.append((body, signature))
        return self.status


@define
class Shop:
    """Everything of one simulation, with the words of a short story.

    `stripe` is moved by hand, `gateway` asks it.
    """

    path: Path | None = None
    settings: Settings = field(factory=Settings)
    clock: SetClock = field(factory=SetClock)
    receiver: Receiver = field(factory=Receiver)
    stripe: SimulatedStripe = field(init=False)
    gateway: StripeGateway = field(init=False)
    _keys: int = 0

    def __attrs_post_init__(self) -> None:
        self.stripe = SimulatedStripe(
            lambda: SHOP,
            self.clock,
            SECRET,
            "https://shop.test/",
            self.receiver,
            state_path=self.path,
            settings=self.settings,
        )
        self.gateway = stripe_gateway(self.stripe.answer)

    def key(self) -> str:
        self._keys += 1
        return f"key {self._keys}"

    async def opened(self, sold: str = "basic_month", /, **wishes: Any) -> CheckoutSession:
        return await self.gateway.open_checkout(await self.request(sold, **wishes), idempotency_key=self.key())

    async def request(self, sold: str = "basic_month", /, **wishes: Any) -> CheckoutRequest:
        customer = await self.gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        return evolve(a_checkout(customer, sold), **wishes)

    async def subscribed(self, sold: str = "basic_month", /, *, card: str | None = GOOD, **wishes: Any) -> str:
        """The id of the subscription that came of it."""
        session = await self.opened(sold, **wishes)
        await self.stripe.pay(session.id, card)
        subscription_id = (await self.stripe.state()).sessions[session.id].subscription_id
        assert subscription_id is not None
        return subscription_id

    async def to(self, at: datetime) -> None:
        self.clock.at = at
        await self.stripe.advance()

    async def later(self, **by: float) -> None:
        await self.to(self.clock.at + timedelta(**by))

    async def look(self, subscription_id: str) -> SubscriptionSnapshot:
        return await self.gateway.fetch_subscription(subscription_id, now=self.clock.now())

    async def invoices(self) -> list[str]:
        return list((await self.stripe.state()).invoices)

    async def paid(self, invoice_id: str) -> InvoicePaid | None:
        return await self.gateway.fetch_invoice(invoice_id)

    async def balance(self) -> int:
        (customer,) = (await self.stripe.state()).customers.values()
        return customer.balance

    async def customer(self) -> str:
        (customer,) = (await self.stripe.state()).customers
        return customer

    async def events(self, kind: str = "") -> list[Any]:
        """The events so far whose type starts so, as JSON."""
        return [json.loads(sent.body) for sent in await self.stripe.sent() if sent.type.startswith(kind)]

    async def became(self) -> tuple[State, list[Any]]:
        """All that came to be, but for the keys of the requests that it came of, which may be any."""
        events = [{**event, "request": None} for event in await self.events()]
        return evolve(await self.stripe.state(), answers={}, outbox={}), events

    async def replaced(self, card: str) -> PaymentResult:
        return await self.stripe.replace_card(await self.customer(), card)


def a_change(subscription_id: str, price: str, when: When = When.NOW, as_of: datetime | None = None) -> PlanChange:
    return PlanChange(subscription_id=subscription_id, price=price, when=when, as_of=as_of)
