"""The simulated Stripe on a real server, asked by Stripe's own library over our transport."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import stripe
import uvicorn

from billing_core.adapters.simulated import Settings
from billing_core.adapters.simulated.rest.app import StripeApp
from billing_core.adapters.stripe.transport import Http, Transport
from tests.shops.simulated import GOOD, Shop


@asynccontextmanager
async def served(shop: Shop) -> AsyncIterator[stripe.StripeClient]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(StripeApp(shop.stripe), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        http = Http()
        client = stripe.StripeClient(
            "sk_test_simulated",
            base_addresses={"api": f"http://127.0.0.1:{listening.getsockname()[1]}"},
            max_network_retries=0,
            http_client=Transport(http),
        )
        try:
            yield client
        finally:
            await http.aclose()
            server.should_exit = True
            await serving


async def test_stripes_library_sells_a_subscription() -> None:
    shop = Shop()
    async with served(shop) as client:
        customer = await client.v1.customers.create_async({"email": "ä@app.test", "metadata": {"a": "1"}})
        session = await client.v1.checkout.sessions.create_async(
            {
                "mode": "subscription",
                "customer": customer.id,
                "success_url": "https://app.test/",
                "line_items": [{"price": "price_basic_month", "quantity": 1}],
            }
        )
        await shop.stripe.pay(session.id, GOOD)
        done = await client.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["line_items", "customer"]})
        prices = [price.id async for price in (await client.v1.prices.list_async({"limit": 2})).auto_paging_iter()]

    assert ("complete", "ä@app.test") == (done.status, getattr(done.customer, "email", None))
    assert done.line_items is not None
    assert [1000] == [line.amount_total for line in done.line_items.data]
    assert 8 == len(prices) == len(set(prices))


async def test_stripes_library_raises_its_own_errors() -> None:
    async with served(Shop(settings=Settings(latency=timedelta(milliseconds=100)))) as client:
        with pytest.raises(stripe.InvalidRequestError) as missing:
            await client.v1.customers.retrieve_async("cus_none")
        await client.v1.customers.create_async({"name": "Ada"}, {"idempotency_key": "k"})
        with pytest.raises(stripe.IdempotencyError):
            await client.v1.customers.create_async({"name": "Bob"}, {"idempotency_key": "k"})
        with pytest.raises(stripe.AuthenticationError):
            await client.v1.accounts.retrieve_current_async(options={"api_key": "sk_live_1"})
        made = await asyncio.gather(
            *(client.v1.customers.create_async({"name": "Ada"}, {"idempotency_key": "two"}) for _ in range(6)),
            return_exceptions=True,
        )

    assert (404, "resource_missing") == (missing.value.http_status, missing.value.code)
    assert {None, 409} == {getattr(each, "http_status", None) for each in made}


async def test_what_is_too_large_is_not_read_to_its_end() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/customers", "query_string": b"", "headers": []}
    await StripeApp(Shop().stripe)(scope, endless(), send)

    assert [413] == [message["status"] for message in sent if message["type"] == "http.response.start"]


def endless() -> Callable[[], Awaitable[dict[str, Any]]]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * 100_000, "more_body": True}

    return receive
