"""What Stripe will not take: the customer is told little, and a person is shown all of it."""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from billing_core.adapters.books.columns import columns_of
from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.system import SystemClock
from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.parts.books import open_books
from billing_core.entrypoints.settings import Settings, with_secrets
from billing_core.entrypoints.stripe_settings import StripeSettings
from tests.shops.http import Shop
from tests.stripe.on_loopback import on_loopback


async def unheard(_body: bytes, _signature: str) -> int:
    return 200


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """One whose shelf at Stripe was never filled; all in one event loop, where Stripe can answer while it is asked."""
    stripe = SimulatedStripe(None, SystemClock(), "whsec_1", "http://stripe.test", unheard)
    async with on_loopback(stripe) as base:
        at_stripe = StripeSettings(secret_key="sk_test_1", api_base=base)
        url = f"sqlite:///{tmp_path}/books.sqlite"
        settings = with_secrets(Settings(database_url=url, webhook_secrets=("whsec_1",), stripe=at_stripe))
        async with running(settings) as use_cases:
            transport = httpx.ASGITransport(cast(Any, build_app(settings, lambda: nullcontext(use_cases))))
            async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
                yield Shop(cast(Any, client), settings)


async def test_a_price_that_is_not_on_sale(shop: Shop) -> None:
    answer = await shop.ask("POST", "/subscriptions/checkout", json={"tier": "basic"})

    assert (502, "gateway_refused") == (answer.status_code, answer.json()["code"])
    assert answer.json()["title"] == answer.json()["detail"]
    async with open_books(shop.settings, columns_of, SystemClock()) as books:
        (incident,) = await books.incidents.open()
    assert "gateway_refused" == incident.kind.value
    assert "sync-products" in incident.detail
