"""Who asks too often, over HTTP; and two servers on one database, which count together."""

import asyncio
from collections import Counter
from typing import Any, cast

import pytest
from attrs import evolve
from httpx import ASGITransport, AsyncClient
from litestar.testing import AsyncTestClient
from uvicorn import Config

from billing_core.entrypoints.http.rates import address_of
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
    wait_s = refused.json()["retry_after_s"]
    assert 0 < wait_s <= 10
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() | {"detail": ""} == {
        "type": "/problems/rate_limited",
        "title": "Asked too often",
        "status": 429,
        "detail": "",
        "code": "rate_limited",
        "limit": "account",
        "per_minute": 6,
        "retry_after_s": wait_s,
    }
    assert refused.headers["retry-after"] == str(wait_s)
    assert refused.headers["ratelimit-policy"] == '"account";q=6;w=60'
    assert refused.headers["ratelimit"] == f'"account";r=0;t={wait_s}'
    assert bobs.status_code == 200
    assert {answer.status_code for answer in well} == {200}


@pytest.mark.failure("E9")
async def test_whoever_says_to_be_somewhere_else_is_where_they_are() -> None:
    settings = evolve(SETTINGS, rates=evolve(UNLIMITED, address=3))
    app = app_of(settings)
    async with AsyncTestClient(app):
        transport = ASGITransport(app, client=(STRANGER, 50_000))  # type: ignore[arg-type]
        async with AsyncClient(transport=transport, base_url="http://shop.test") as stranger:
            told = [{"X-Forwarded-For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}"} for n in range(4)]
            answers = [await stranger.get("/", headers=headers) for headers in told]

    assert [200, 200, 200, 429] == [answer.status_code for answer in answers]


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
        SETTINGS, database_url=postgres_url, rates=evolve(UNLIMITED, account=4, checkout=2), image_store="memory://"
    )
    async with AsyncTestClient(app_of(settings)) as one, AsyncTestClient(app_of(settings)) as two:
        shops = [Shop(one, settings), Shop(two, settings)]
        answers = await asyncio.gather(*(shops[n % 2].ask("GET", "/account") for n in range(12)))
        bobs = [await shops[n % 2].ask("POST", "/subscriptions/portal", "bob") for n in range(4)]

    assert Counter(answer.status_code for answer in answers) == {200: 4, 429: 8}
    assert [answer.status_code for answer in bobs] == [404, 404, 429, 429]


@pytest.mark.failure("E9")
@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "127.0.0.1, 203.0.113.7", "203.0.113.7"),
    ],
)
async def test_an_address_that_somebody_made_up_is_not_believed(peer: str, forwarded: str, counted: str) -> None:
    """As the server has it: only a proxy on this machine may tell where a request came from, by the last it adds."""
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(address_of(scope))

    config = Config(app, lifespan="off")
    config.load()
    scope = {"type": "http", "client": (peer, 50_000), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    await config.loaded_app(cast(Any, scope), cast(Any, None), cast(Any, None))

    assert seen == [counted]
