"""What other sites, odd cookies and text that is a script try on the pages."""

import re

import pytest
from attrs import evolve
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import AsyncTestClient

from billing_core.entrypoints.http.auth import Tokens
from billing_core.entrypoints.web.sessions import CSRF_COOKIE, SESSION_COOKIE
from tests.shops.http import SETTINGS, Shop, app_of, usual_app
from tests.shops.visitor import Visitor

SCRIPT = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
SHOWN = "&gt;&lt;script&gt;alert(1)"


@pytest.fixture(scope="module")
def app() -> Litestar:
    return usual_app()


def changing(app: Litestar) -> list[tuple[str, str]]:
    """Every route that changes something and is not told by the API's document."""
    return sorted(
        (str(method), re.sub(r"{\w+}", "x", route.path_format))
        for route in app.routes
        if isinstance(route, HTTPRoute) and not route.path.startswith("/api/")
        for handler in route.route_handlers
        if not handler.resolve_include_in_schema()
        for method in handler.http_methods
        if method not in {"GET", "HEAD", "OPTIONS"}
    )


@pytest.mark.failure("F12")
async def test_no_form_of_another_site_does_anything_on_any_page(app: Litestar) -> None:
    routes = changing(app)
    async with AsyncTestClient(app) as client:
        visitor = Visitor(Shop(client))
        await visitor.sign_in("ann")
        answers = {route: (await client.request(*route, data={"a": "b"})).status_code for route in routes}

    assert dict.fromkeys(routes, 403) == answers
    assert len(routes) > 30


@pytest.mark.failure("E14")
@pytest.mark.parametrize("cookie", [b"\xc3\xa9", b"\xff\xfe", b"%C3%A9", b'"', b"=", b"x" * 5_000])
async def test_an_odd_cookie_beside_the_same_in_the_form_is_403(app: Litestar, cookie: bytes) -> None:
    async with AsyncTestClient(app) as client:
        headers = [
            (b"cookie", CSRF_COOKIE.encode() + b"=" + cookie + b"; " + SESSION_COOKIE.encode() + b"=" + cookie),
            (b"content-type", b"application/x-www-form-urlencoded"),
        ]
        answer = await client.post("/signin", content=b"token=x&_csrf_token=" + cookie, headers=headers)

    assert 403 == answer.status_code


@pytest.mark.failure("F13")
async def test_no_script_and_no_other_site_gets_a_cookie_and_behind_https_none_goes_unencrypted() -> None:
    settings = evolve(SETTINGS, frontend_url="https://shop.example")
    async with AsyncTestClient(app_of(settings), base_url="https://shop.example") as client:
        visitor = Visitor(Shop(client, settings))
        seen = await visitor.see("/signin")
        token = visitor.shop.bearer("ann")["Authorization"].removeprefix("Bearer ")
        signed_in = await visitor.send("/signin", token=token)

    cookies = [*seen.headers.get_list("set-cookie"), *signed_in.headers.get_list("set-cookie")]
    assert {CSRF_COOKIE, SESSION_COOKIE} <= {cookie.partition("=")[0] for cookie in cookies}
    for cookie in cookies:
        attributes = {attribute.strip().lower() for attribute in cookie.split(";")[1:]}
        assert {"httponly", "secure", "samesite=lax"} <= attributes, cookie


@pytest.mark.failure("F11", "E4")
async def test_whatever_somebody_is_called_and_asks_for_is_shown_as_text_on_every_page(app: Litestar) -> None:
    async with AsyncTestClient(app) as client:
        shop = Shop(client)
        token = Tokens(SETTINGS).make(f"ann{SCRIPT}", name=SCRIPT, email="ann@example.com")
        await shop.fill("/signin", {"token": token})
        made = await shop.generate(f"ann{SCRIPT}", prompt=f"a fox {SCRIPT}")
        pages = ["/account", "/generate", "/gallery", f"/generations/{made['id']}", f"/nowhere/{SCRIPT}"]
        seen = {path: (await client.get(path)).text for path in pages}
        await shop.fill("/signin", {"token": Tokens(SETTINGS).make("root", admin=True)})
        admins = ["/admin", "/admin/accounts", f"/admin/accounts?query={SCRIPT}"]
        seen |= {path: (await client.get(path)).text for path in admins}

    assert [] == [path for path, text in seen.items() if "<script>" in text or "<img src=x" in text]
    assert sum(SHOWN in text for text in seen.values()) >= 3
