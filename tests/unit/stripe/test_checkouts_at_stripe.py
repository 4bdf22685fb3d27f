"""What a customer makes of a checkout that the gateway opened: on the simulated Stripe."""

import json
from datetime import timedelta

import pytest
from attrs import define, evolve, field

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.stripe.gateway import StripeGateway
from billing_core.domain.errors import InvalidValue
from billing_core.domain.subscription import Status
from billing_core.ports.gateway import CheckoutRequest, CheckoutSession
from billing_core.testing.contracts.gateway import SHOP, a_checkout
from tests.shops.simulated import GOOD, SECRET, Receiver, SetClock
from tests.stripe.gateway import stripe_gateway
from tests.stripe.spec import Checked


@define
class Shop:
    """A gateway at a simulated Stripe that sells SHOP."""

    clock: SetClock = field(factory=SetClock)
    stripe: SimulatedStripe = field(init=False)
    gateway: StripeGateway = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.stripe = SimulatedStripe(lambda: SHOP, self.clock, SECRET, "http://shop.test", Receiver())
        self.gateway = stripe_gateway(Checked(self.stripe.answer))

    async def request(self, price: str = "basic_month") -> CheckoutRequest:
        return a_checkout(await self.gateway.ensure_customer("acc_1", email="a@app.test", name="Ada"), price)

    async def open(self, request: CheckoutRequest) -> CheckoutSession:
        return await self.gateway.open_checkout(request, idempotency_key="k")

    async def subscription_of(self, session: CheckoutSession) -> str:
        found = (await self.stripe.state()).sessions[session.id].subscription_id
        assert found is not None
        return found

    async def a_code(self, code: str, percent_off: int) -> None:
        """An operator makes a promotion code by hand."""
        coupon = await self.gateway.api.post("/v1/coupons", key="coupon", percent_off=percent_off, duration="once")
        promotion = {"type": "coupon", "coupon": coupon["id"]}
        await self.gateway.api.post("/v1/promotion_codes", key="code", code=code, promotion=promotion)


async def test_a_promotion_code_lowers_the_price() -> None:
    shop = Shop()
    await shop.a_code("SPRING", 25)

    session = await shop.open(evolve(await shop.request(), promotion_code="spring"))
    await shop.stripe.pay(session.id, GOOD)

    (payment,) = (await shop.gateway.payments((await shop.request()).customer_id, limit=10))[0]
    assert 750 == payment.amount_minor


async def test_a_trial_without_a_card_begins_at_once_and_ends_as_a_cancellation() -> None:
    shop = Shop()
    session = await shop.open(evolve(await shop.request(), trial_days=14, trial_needs_card=False))
    await shop.stripe.pay(session.id, None)
    subscription_id = await shop.subscription_of(session)
    began = await shop.gateway.fetch_subscription(subscription_id, now=shop.clock.now())

    shop.clock.at += timedelta(days=15)
    ended = await shop.gateway.fetch_subscription(subscription_id, now=shop.clock.now())

    assert (Status.TRIALING, Status.CANCELED) == (began.status, ended.status)


async def test_a_trial_that_needs_a_card_does_not_begin_without_one() -> None:
    shop = Shop()
    session = await shop.open(evolve(await shop.request(), trial_days=14))

    with pytest.raises(InvalidValue):
        await shop.stripe.pay(session.id, None)


async def test_tax_and_address_can_be_asked_for() -> None:
    shop = Shop()

    session = await shop.open(evolve(await shop.request(), automatic_tax=True, billing_address=True))

    told = await shop.gateway.api.get(f"/v1/checkout/sessions/{session.id}")
    assert "required" == told["billing_address_collection"]


async def test_a_session_that_was_paid_is_left_alone() -> None:
    shop = Shop()
    session = await shop.open(await shop.request("handful"))
    await shop.stripe.pay(session.id, GOOD)

    await shop.gateway.expire_checkout(session.id)

    told = await shop.gateway.api.get(f"/v1/checkout/sessions/{session.id}")
    assert "complete" == told["status"]


async def test_a_price_that_was_replaced_meanwhile_is_sold_at_the_new_amount() -> None:
    shop = Shop()
    request = await shop.request()
    await shop.gateway.prices.load()
    old = await shop.gateway.prices.price_id("basic_month")
    told = await shop.gateway.api.get(f"/v1/prices/{old}")
    await shop.gateway.api.post(
        "/v1/prices",
        key="new",
        product=told["product"],
        currency="usd",
        unit_amount=1200,
        recurring={"interval": "month"},
        lookup_key="basic_month",
        transfer_lookup_key=True,
        metadata={"billing_core_price": "basic_month"},
    )
    await shop.gateway.api.post(f"/v1/prices/{old}", key="old", active=False)

    session = await shop.open(request)

    assert 1200 == (await shop.gateway.api.get(f"/v1/checkout/sessions/{session.id}"))["amount_total"]


async def test_an_announced_event_is_fetched_as_it_would_have_come() -> None:
    shop = Shop()
    await shop.request()
    (sent,) = [sent for sent in await shop.stripe.sent() if sent.type == "customer.created"]
    told = json.loads(sent.body)

    fetched = json.loads(await shop.gateway.fetch_event(sent.id.replace("evt_", "evt_thin_")))

    assert (told["id"], told["type"], told["data"]) == (fetched["id"], fetched["type"], fetched["data"])
