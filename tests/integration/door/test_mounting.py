"""The app inside another one, and over real files."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from attrs import evolve, frozen
from litestar import Litestar, asgi
from litestar.routes import HTTPRoute
from litestar.testing import AsyncTestClient
from litestar.types import Receive, Scope, Send

from billing_core.entrypoints.http import build_app, create_app
from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.settings import Settings, with_secrets
from billing_core.entrypoints.use_cases import UseCases
from billing_core.ports.errors import Unavailable
from tests.shops.http import SETTINGS, Shop, app_of

SECRET = "sk_live_of_a_traceback"


async def test_it_opens_with_the_first_request_where_nobody_opened_it() -> None:
    inner = app_of(SETTINGS)

    @asgi("/billing", is_mount=True, copy_scope=True)
    async def mount(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)

    async with AsyncTestClient(Litestar([mount], openapi_config=None)) as client:
        headers = Shop(client).bearer("root", admin=True)
        tiers = await asyncio.gather(*(client.get("/billing/api/v1/subscriptions/tiers") for _ in range(3)))
        given = await client.post(
            "/billing/api/v1/admin/accounts/a%2Fb/credits", json={"amount": 1, "reason": "a present"}, headers=headers
        )
        shown = await client.get("/billing/api/v1/credits", headers=Shop(client).bearer("a/b"))

    assert [answer.status_code for answer in tiers] == [200] * 3
    assert (given.status_code, shown.json()["available"]) == (201, 11)


async def test_the_books_outlive_the_server(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'billing.db'}")
    for available in (8, 6):
        async with AsyncTestClient(create_app(settings)) as client:
            headers = {"Authorization": f"Bearer {token(with_secrets(settings), 'ann')}"}
            hold = await client.post("/api/v1/credits/holds", json={"amount": 2, "reason": "upscale"}, headers=headers)
            await client.post(f"/api/v1/credits/holds/{hold.json()['id']}/capture", headers=headers)
            credits = await client.get("/api/v1/credits", headers=headers)

        assert available == credits.json()["available"]


@pytest.mark.failure("F4")
def test_no_app_without_a_secret() -> None:
    with pytest.raises(ValueError, match="jwt_secret"):
        build_app(Settings(), lambda: pytest.fail("not opened"))


@frozen
class Broken:
    """A use case with a mistake in it."""

    async def credits(self, _: str) -> None:
        raise RuntimeError(SECRET)


@pytest.mark.failure("F14")
async def test_what_we_did_not_foresee_tells_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    @asynccontextmanager
    async def opening() -> AsyncIterator[UseCases]:
        async with running(SETTINGS) as use_cases:
            yield evolve(use_cases, viewing=Broken())  # type: ignore[arg-type]

    async with AsyncTestClient(build_app(SETTINGS, opening)) as client:
        answer = await Shop(client).ask("GET", "/credits")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert SECRET not in answer.text
    assert SECRET in caplog.text


async def test_books_that_do_not_open_are_told_of_as_unavailable() -> None:
    @asynccontextmanager
    async def opening() -> AsyncIterator[UseCases]:
        raise Unavailable("the books", retry_after_s=7)
        yield

    inner = build_app(SETTINGS, opening)

    @asgi("/billing", is_mount=True, copy_scope=True)
    async def mount(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)

    async with AsyncTestClient(Litestar([mount], openapi_config=None)) as client:
        answers = [await client.get("/billing/ready") for _ in range(2)]

    assert [(answer.status_code, answer.json()["code"], answer.headers["retry-after"]) for answer in answers] == [
        (503, "unavailable", "7")
    ] * 2


def simulated_routes(app: Litestar) -> list[tuple[str, str]]:
    """Method and path of each, with some name where it takes one."""
    return [
        (method, re.sub(r"\{[^}]*\}", "x", route.path))
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/dev")
        for method in route.methods
        if method != "OPTIONS"
    ]


@pytest.mark.failure("F18")
async def test_real_money_has_no_simulated_routes() -> None:
    @asynccontextmanager
    async def opening() -> AsyncIterator[UseCases]:
        async with running(SETTINGS) as use_cases:
            yield evolve(use_cases, simulation=None)

    app = build_app(SETTINGS, opening)
    async with AsyncTestClient(app) as client:
        shop = Shop(client)
        answers = [
            await (shop.fill(path) if method == "POST" else client.get(path)) for method, path in simulated_routes(app)
        ]

    assert len(answers) > 10
    assert {404} == {answer.status_code for answer in answers}
