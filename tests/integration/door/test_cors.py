"""Scripts of other sites, as a browser asks for them."""

from collections.abc import AsyncIterator

import pytest
from attrs import evolve
from httpx import Response
from litestar.testing import AsyncTestClient

from tests.shops.http import SETTINGS, Shop, app_of

APP = "https://app.example"
STRANGERS = (
    "https://app.example.evil.example",
    "https://evil.example",
    "http://app.example",
    "https://app.example:8443",
    "https://appXexample",
    "https://sub.app.example",
    "null",
)


@pytest.fixture
async def open_shop() -> AsyncIterator[Shop]:
    """A shop that one other site may use."""
    settings = evolve(SETTINGS, cors_origins=frozenset({APP}))
    async with AsyncTestClient(app_of(settings)) as client:
        yield Shop(client, settings)


async def preflight(shop: Shop, origin: str, method: str = "POST", headers: str = "authorization") -> Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return await shop.client.options("/api/v1/generations", headers=asked)


async def test_a_site_that_is_allowed_may_ask_and_read_even_refusals(open_shop: Shop) -> None:
    asked = await preflight(open_shop, APP, headers="authorization,content-type,idempotency-key,prefer,last-event-id")
    good = await open_shop.ask("GET", "/account", headers={"Origin": APP})
    refused = await open_shop.ask("GET", "/account", None, headers={"Origin": APP})
    missing = await open_shop.ask("GET", "/nothing", headers={"Origin": APP})

    assert [answer.status_code for answer in (asked, good, refused, missing)] == [204, 200, 401, 404]
    for answer in (asked, good, refused, missing):
        assert (answer.headers["access-control-allow-origin"], answer.headers["vary"]) == (APP, "Origin")
        assert "access-control-allow-credentials" not in answer.headers
    assert "retry-after" in good.headers["access-control-expose-headers"]


@pytest.mark.failure("F12", "F13")
@pytest.mark.parametrize("origin", STRANGERS)
async def test_every_other_site_is_told_nothing_that_its_scripts_can_read(open_shop: Shop, origin: str) -> None:
    asked = await preflight(open_shop, origin)
    answer = await open_shop.ask("GET", "/account", headers={"Origin": origin})

    assert asked.status_code == 400
    assert "access-control-allow-origin" not in asked.headers
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(("method", "headers"), [("PUT", "authorization"), ("POST", "cookie"), ("POST", "x-admin")])
async def test_what_the_api_does_not_read_is_not_allowed(open_shop: Shop, method: str, headers: str) -> None:
    assert (await preflight(open_shop, APP, method, headers)).status_code == 400


async def test_where_no_site_is_named_none_is_allowed(shop: Shop) -> None:
    asked = await preflight(shop, APP)
    answer = await shop.ask("GET", "/account", headers={"Origin": APP})

    assert not [name for name in {*asked.headers, *answer.headers} if name.startswith("access-control-allow-origin")]


@pytest.mark.failure("F12")
async def test_a_script_of_an_allowed_site_is_nobody_by_the_pages_cookie(open_shop: Shop) -> None:
    token = open_shop.bearer("ann")["Authorization"].removeprefix("Bearer ")
    await open_shop.fill("/signin", {"token": token})

    assert (await open_shop.ask("GET", "/account", None, headers={"Origin": APP})).status_code == 401
