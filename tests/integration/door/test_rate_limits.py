"""Who asks too often, over HTTP; and two servers on one database, which count together."""

import asyncio
from collections import Counter

import pytest
from attrs import evolve
from httpx import ASGITransport, AsyncClient
from litestar.testing import AsyncTestClient

from billing_core.entrypoints.rate_settings import UNLIMITED
from tests.shops.http import SETTINGS, Shop, app_of

STRANGER = "203.0.113.7"


@pytest.mark.failure("E9")
async def test_an_account_that_asks_too_often_is_told_when_to_come_back() -> None:
    settings = evolve(SETTINGS, rates=evolve(UNLIMITED, account=6))
    async with AsyncTestClient(app_of(settings)) as client:
        shop = Shop(client, settings)
        answers = [await shop.ask("GET", "/credits") for _ in range(7)]
        bobs = await shop.ask("GET", "/credits", "bob")
        well = [await client.get(path) for path in ("/health", "/ready") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() | {"detail": ""} == {
        "type": "/problems/rate_limited",
        "title": "Asked too often",
        "status": 429,
        "detail": "",
        "code": "rate_limited",
        "limit": "account",
        "per_minute": 6,
        "retry_after_s": 10,
    }
    assert refused.headers["retry-after"] == "10"
    assert refused.headers["ratelimit-policy"] == '"account";q=6;w=60'
    assert refused.headers["ratelimit"] == '"account";r=0;t=10'
    assert bobs.status_code == 200
    assert {answer.status_code for answer in well} == {200}


@pytest.mark.failure("E9")
async def test_an_address_is_refused_before_its_tokens_are_read_and_webhooks_never_are() -> None:
    settings = evolve(SETTINGS, rates=evolve(UNLIMITED, address=3))
    app = app_of(settings)
    async with AsyncTestClient(app):
        transport = ASGITransport(app, client=(STRANGER, 50_000))  # type: ignore[arg-type]
        async with AsyncClient(transport=transport, base_url="http://shop.test") as stranger:
            guesses = [
                await stranger.get("/api/v1/credits", headers={"Authorization": "Bearer guessed"}) for _ in range(4)
            ]
            page = await stranger.get("/")
            webhooks = [await stranger.post("/api/v1/subscriptions/webhook") for _ in range(5)]
            other_way = await stranger.post("/api/v1/subscriptions/webhook?")

    assert [answer.status_code for answer in guesses] == [401, 401, 401, 429]
    assert page.status_code == 429
    assert page.headers["ratelimit-policy"] == '"address";q=3;w=60'
    assert {answer.status_code for answer in [*webhooks, other_way]} == {400}


@pytest.mark.failure("E9")
async def test_two_servers_on_one_database_count_together(postgres_url: str) -> None:
    settings = evolve(
        SETTINGS, database_url=postgres_url, rates=evolve(UNLIMITED, account=40, checkout=2), image_store="memory://"
    )
    async with AsyncTestClient(app_of(settings)) as one, AsyncTestClient(app_of(settings)) as two:
        shops = [Shop(one, settings), Shop(two, settings)]
        answers = await asyncio.gather(*(shops[n % 2].ask("GET", "/account") for n in range(60)))
        bobs = [await shops[n % 2].ask("POST", "/subscriptions/portal", "bob") for n in range(4)]

    assert Counter(answer.status_code for answer in answers) == {200: 40, 429: 20}
    assert [answer.status_code for answer in bobs] == [404, 404, 429, 429]
