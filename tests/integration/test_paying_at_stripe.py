"""A customer's link, what it sells, and what is listed of it, over HTTP to Stripe and back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest
from attrs import evolve, frozen

from billing_core.adapters.catalog_file import builtin_text, decode
from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.system import SystemClock
from billing_core.domain.catalog import Catalog
from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.http.webhooks import PATH
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.stripe_settings import StripeSettings
from tests.shops.http import GOOD_CARD, SETTINGS, Shop
from tests.stripe.on_loopback import on_loopback

KEY = "sk_test_of_these_tests"


@frozen
class StripeShop(Shop):
    """The server over the real adapter, and Stripe behind it."""

    stripe: Any = None

    async def opened_session(self, path: str) -> str:
        """The checkout that a link of ours leads to."""
        link = (await self.get(path))["payment_link"]
        answer = await self.client.get(link, follow_redirects=False)
        assert 303 == answer.status_code, answer.text
        (session_id,) = (await self.stripe.state()).sessions
        return str(session_id)

    async def pays(self, session_id: str) -> None:
        await self.stripe.pay(session_id, GOOD_CARD)
        await self.stripe.deliver_pending()


@pytest.fixture
async def shop() -> AsyncIterator[StripeShop]:
    """All in one event loop, where Stripe can answer while the shop is asked."""
    clients: list[httpx.AsyncClient] = []

    async def deliver(body: bytes, signature: str) -> int:
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        return (await clients[0].post(PATH, content=body, headers=headers)).status_code

    catalog = Catalog([decode(builtin_text(), number=1, since=datetime.now(UTC))])
    stripe = SimulatedStripe(lambda: catalog, SystemClock(), SETTINGS.webhook_secrets[0], "http://stripe.test", deliver)
    async with on_loopback(stripe) as base:
        settings = evolve(SETTINGS, stripe=StripeSettings(secret_key=KEY, api_base=base))
        async with running(settings) as use_cases:
            app = build_app(settings, lambda: nullcontext(use_cases))
            transport = httpx.ASGITransport(cast(Any, app))
            async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
                clients.append(client)
                yield StripeShop(cast(Any, client), settings, stripe=stripe)


async def test_what_a_link_sold_is_among_the_payments(shop: StripeShop) -> None:
    await shop.pays(await shop.opened_session("/subscriptions/payment-links/basic"))

    (paid,) = (await shop.get("/payments", admin=True))["data"]

    assert ("subscription", "succeeded", 0, False) == (
        paid["kind"],
        paid["status"],
        paid["refunded"],
        paid["livemode"],
    )
    assert paid["amount"] > 0
    assert paid["dashboard_url"].startswith("https://dashboard.stripe.com/test/invoices/in_")


async def test_who_has_subscribed_meanwhile_is_told_so_by_the_link(shop: StripeShop) -> None:
    await shop.pays(await shop.opened_session("/subscriptions/payment-links/basic"))
    async with asyncio.timeout(20):
        while (await shop.get("/subscriptions"))["status"] != "active":  # noqa: ASYNC110 - a job asks for it
            await asyncio.sleep(0.01)
    link = (await shop.get("/subscriptions/payment-links/premium"))["payment_link"]

    answer = await shop.client.get(link, follow_redirects=False)

    assert (409, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert 1 == len((await shop.stripe.state()).sessions)


async def test_a_sale_link_is_kept_until_it_is_switched_off(shop: StripeShop) -> None:
    first, same = [await sale_link(shop) for _ in range(2)]
    await shop.stripe.answer(
        "POST", f"/v1/payment_links/{first['id']}", {"Authorization": f"Bearer {KEY}"}, b"active=false"
    )
    other = await sale_link(shop)

    assert first == same
    assert first["id"] != other["id"]
    assert f"https://dashboard.stripe.com/test/payment-links/{other['id']}" == other["dashboard_url"]


async def test_a_cursor_that_is_none_is_told(shop: StripeShop) -> None:
    await shop.opened_session("/subscriptions/payment-links/basic")

    answer = await shop.ask("GET", "/payments?cursor=pi_nowhere")

    assert (409, "unknown_at_gateway") == (answer.status_code, answer.json()["code"])


async def sale_link(shop: StripeShop) -> Any:
    answer = await shop.ask("POST", "/admin/payment-links", "root", admin=True, json={"pack": "pack_1k"})
    assert answer.status_code == 201, answer.text
    return answer.json()
