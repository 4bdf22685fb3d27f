"""Customers, checkouts and the portal."""

import asyncio
from datetime import timedelta

import pytest
from attrs import evolve

from billing_core.domain.catalog import Kind
from billing_core.domain.errors import CurrencyLocked, InvalidValue, PortFailure
from billing_core.domain.subscription import Status
from billing_core.ports.clock import Clock
from billing_core.ports.errors import IdempotencyKeyReused, UnknownAtGateway
from billing_core.ports.gateway import PaymentGateway
from billing_core.testing.contracts.gateway.base import GatewayContract
from billing_core.testing.contracts.gateway.shop import a_checkout


class CheckoutContract(GatewayContract):
    """Opening a checkout, and what comes of it."""

    async def test_an_account_has_one_customer(self, gateway: PaymentGateway) -> None:
        first = await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        again = await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        other = await gateway.ensure_customer("acc_2", email="b@app.test", name="Bob")

        assert (first, True) == (again, other != first)

    async def test_a_checkout_has_a_page_and_an_end(self, gateway: PaymentGateway, clock: Clock) -> None:
        customer_id = await self.customer(gateway)

        session = await gateway.open_checkout(a_checkout(customer_id), idempotency_key="k")

        assert session.url.startswith("http")
        assert clock.now() < session.expires_at <= clock.now() + timedelta(hours=24)

    async def test_the_same_key_opens_one_checkout(self, gateway: PaymentGateway) -> None:
        customer_id = await self.customer(gateway)
        first = await gateway.open_checkout(a_checkout(customer_id), idempotency_key="k")

        assert first == await gateway.open_checkout(a_checkout(customer_id), idempotency_key="k")

    async def test_the_same_key_with_another_wish_is_refused(self, gateway: PaymentGateway) -> None:
        customer_id = await self.customer(gateway)
        await gateway.open_checkout(a_checkout(customer_id), idempotency_key="k")

        with pytest.raises(IdempotencyKeyReused):
            await gateway.open_checkout(a_checkout(customer_id, "pro_month"), idempotency_key="k")

    async def test_expiring_a_checkout_twice_is_fine(self, gateway: PaymentGateway) -> None:
        customer_id = await self.customer(gateway)
        session = await gateway.open_checkout(a_checkout(customer_id), idempotency_key="k")

        await gateway.expire_checkout(session.id)
        await gateway.expire_checkout(session.id)

    async def test_a_pack_is_bought_once(self, gateway: PaymentGateway) -> None:
        customer_id = await self.customer(gateway)
        request = a_checkout(customer_id, "handful")

        session = await gateway.open_checkout(request, idempotency_key="k")

        assert (request.kind, await self.pay(gateway, session)) == (Kind.PACK, None)

    async def test_a_portal_is_made_per_click(self, gateway: PaymentGateway) -> None:
        customer_id = await self.customer(gateway)
        urls = {await gateway.open_portal(customer_id, return_url="https://app.test/") for _ in range(2)}

        assert len(urls) == 2

    async def test_many_at_once_make_one_customer(self, gateway: PaymentGateway) -> None:
        """Who comes while another is at it may have to come again."""
        found = await asyncio.gather(*(self.customer(gateway) for _ in range(5)), return_exceptions=True)

        assert {await self.customer(gateway)} == {each for each in found if not isinstance(each, PortFailure)}

    async def test_a_name_that_changed_is_the_same_customers(self, gateway: PaymentGateway) -> None:
        first = await self.customer(gateway)

        assert first == await gateway.ensure_customer("acc_1", email="new@app.test", name="Ada B.")

    async def test_an_unknown_customer_buys_nothing(self, gateway: PaymentGateway) -> None:
        with pytest.raises(UnknownAtGateway):
            await gateway.open_checkout(a_checkout("cus_unknown"), idempotency_key="k")

    async def test_an_unknown_promotion_code_is_an_invalid_value(self, gateway: PaymentGateway) -> None:
        request = evolve(a_checkout(await self.customer(gateway)), promotion_code="NO_SUCH_CODE")

        with pytest.raises(InvalidValue):
            await gateway.open_checkout(request, idempotency_key="k")

    async def test_another_currency_is_refused_while_a_subscription_goes_on(self, gateway: PaymentGateway) -> None:
        await self.subscribe(gateway)
        request = a_checkout(await self.customer(gateway), "pro_month_jpy")

        with pytest.raises(CurrencyLocked, match="usd"):
            await gateway.open_checkout(request, idempotency_key="k")

    async def test_a_trial_starts_with_the_subscription(self, gateway: PaymentGateway, clock: Clock) -> None:
        request = evolve(a_checkout(await self.customer(gateway)), trial_days=14)
        session = await gateway.open_checkout(request, idempotency_key="k")

        subscription_id = await self.pay(gateway, session)

        assert subscription_id is not None
        sub = await self.look(gateway, clock, subscription_id)
        assert Status.TRIALING is sub.status
        assert sub.trial_end == sub.period_start + timedelta(days=14)
