"""Old URLs: a front end that was written for another service calls this one, and does not notice."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import AsyncTestClient

from billing_core.adapters.catalog_file import builtin_text
from billing_core.entrypoints.rate_settings import UNLIMITED
from tests.shops.http import SETTINGS, Shop, app_of
from tests.shops.visitor import Visitor
from tests.stripe.samples import sign

PAGE = Path(__file__).parents[3] / "docs" / "seeds.md"
FULL_MONTH = {"plan_type": "full", "plan_id": 1}
FULL_YEAR = {"plan_type": "full", "plan_id": 2}
CHECKOUT, PORTAL = "/billing/stripe/checkout-session/", "/billing/stripe/customer-portal/"
BUTTON, MANAGE = "/subscription/create-checkout-session/", "/subscription/manage/"
WEBHOOKS = ["/billing/stripe/webhook/", "/stripe/webhook/", "/subscription/webhook/"]
PAGES = ["/subscription/subscribe/", MANAGE, *(f"/memberships/{name}/" for name in ("success", "cancel", "cancel_now"))]
ALL = {
    *(("POST", f"{root}{path}") for root in ("", "/api") for path in (CHECKOUT, PORTAL)),
    *(("POST", path) for path in (BUTTON, *WEBHOOKS)),
    *(("GET", path) for path in PAGES),
}


@pytest.fixture(scope="module")
def old_app() -> Litestar:
    """Sells seed 002's catalog, in which dollars have the numbers, to a shop that counts in euros."""
    catalog = PAGE.parents[1] / "examples" / "catalogs" / "token_packs.toml"
    return app_of(evolve(SETTINGS, old_urls=True, catalog=str(catalog), currency="eur"))


@pytest.fixture(scope="module")
def strict_app() -> Litestar:
    """Where nothing is sold at the moment, and two requests a minute are enough for an address."""
    rates = evolve(UNLIMITED, address=2)
    return app_of(evolve(SETTINGS, old_urls=True, payments_enabled=False, rates=rates))


@pytest.fixture
async def old_shop(old_app: Litestar) -> AsyncIterator[Shop]:
    async with AsyncTestClient(old_app) as client:
        yield Shop(client)


async def post(shop: Shop, path: str, account: str | None = "ann", **more: Any) -> Response:
    """As the old front ends do: to an address that ends in a slash, with a token."""
    headers = {**(shop.bearer(account) if account else {}), **more.pop("headers", {})}
    return await shop.client.post(path, headers=headers, follow_redirects=False, **more)


def routes(app: Litestar) -> set[tuple[str, str]]:
    return {
        (method, f"{route.path}/")
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    }


async def test_they_are_there_only_where_the_operator_says_so(open_app: Litestar, old_app: Litestar) -> None:
    assert ALL == routes(old_app) - routes(open_app)


@pytest.mark.parametrize("root", ["", "/api"])
async def test_a_plan_is_bought_by_its_number(old_shop: Shop, root: str) -> None:
    answer = await post(old_shop, f"{root}{CHECKOUT}", json=FULL_YEAR)
    told = answer.json()
    await old_shop.pay(told["sessionId"])
    subscription = await old_shop.get("/subscriptions")

    assert {"url", "sessionId", "id", "checkout_url"} == told.keys()
    assert (200, told["url"], told["id"]) == (answer.status_code, told["checkout_url"], told["sessionId"])
    assert ("full", "year", "usd", "active") == tuple(
        subscription[name] for name in ("tier", "interval", "currency", "status")
    )


@pytest.mark.parametrize(
    ("number", "pack", "tokens"),
    [(1, "tokens_1k", 1_000), (2, "tokens_100k", 100_000), (3, "tokens_1k_monthly", 1_000)],
)
async def test_tokens_are_bought_by_their_number(old_shop: Shop, number: int, pack: str, tokens: int) -> None:
    told = (await post(old_shop, CHECKOUT, json={"plan_type": "token", "plan_id": number})).json()
    await old_shop.pay(told["id"])
    bought = await old_shop.get(f"/checkouts/{told['id']}")

    assert {"status": "complete", "kind": "pack", "credits_granted": tokens, "pack": pack} == bought


async def test_the_button_without_a_body_sells_the_lowest_plan(old_shop: Shop) -> None:
    told = (await post(old_shop, BUTTON, headers={"Content-Type": "application/json"})).json()
    await old_shop.pay(told["id"])

    subscription = await old_shop.get("/subscriptions")

    assert ("full", "month", "eur") == tuple(subscription[name] for name in ("tier", "interval", "currency"))


@pytest.mark.parametrize("root", ["", "/api"])
async def test_the_portal_opens_after_the_first_checkout(old_shop: Shop, root: str) -> None:
    before = await post(old_shop, f"{root}{PORTAL}", json={})
    await old_shop.subscribe(tier="full")
    after = await post(old_shop, f"{root}{PORTAL}", json={})

    assert (404, "no_customer") == (before.status_code, before.json()["code"])
    assert (200, {"url"}) == (after.status_code, after.json().keys())
    assert (await old_shop.client.get(after.json()["url"])).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"plan_type": "full", "plan_id": 9}, 422, "unknown_tier"),
        ({"plan_type": "token", "plan_id": 9}, 422, "unknown_pack"),
        ({"plan_type": "gold", "plan_id": 1}, 422, "validation"),
        ({"plan_type": "full", "plan_id": "1"}, 422, "validation"),
        ({"plan_type": "full"}, 422, "validation"),
        ({**FULL_MONTH, "price": 1}, 422, "validation"),
        (None, 400, "unreadable_request"),
    ],
)
async def test_what_cannot_be_bought_is_told_as_an_error(old_shop: Shop, body: Any, status: int, code: str) -> None:
    sent = {"content": b"{"} if body is None else {"json": body}
    answer = await post(old_shop, CHECKOUT, **sent)
    told = answer.json()

    assert (status, code, told["detail"]) == (answer.status_code, told["code"], told["error"])


async def test_who_is_subscribed_is_not_subscribed_again(old_shop: Shop) -> None:
    await old_shop.subscribe(tier="full")
    answer = await post(old_shop, CHECKOUT, json=FULL_MONTH)

    assert (409, "already_subscribed") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("path", sorted(path for method, path in ALL if method == "POST" and "webhook" not in path))
async def test_who_is_nobody_buys_and_manages_nothing(old_shop: Shop, path: str) -> None:
    body = FULL_MONTH if "checkout-session" in path and "billing" in path else {}
    answers = [
        await post(old_shop, path, None, json=body),
        await post(old_shop, path, None, json=body, headers={"Authorization": "Bearer garbage"}),
    ]

    assert [(401, "unauthorized")] * 2 == [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert all(answer.json()["error"] for answer in answers)


async def test_a_session_counts_only_for_the_pages_of_the_same_origin(old_shop: Shop) -> None:
    await Visitor(old_shop).sign_in("ann")
    sites = ["same-origin", "same-site", "cross-site", "none", None]
    answers = [await post(old_shop, BUTTON, None, headers={"Sec-Fetch-Site": site} if site else {}) for site in sites]
    twice = await old_shop.client.post(BUTTON, headers=[("Sec-Fetch-Site", "same-origin")] * 2)

    assert [200, 401, 401, 401, 401] == [answer.status_code for answer in answers]
    assert 401 == twice.status_code


async def test_a_token_counts_more_than_a_session(old_shop: Shop) -> None:
    await Visitor(old_shop).sign_in("ann")
    told = (await post(old_shop, BUTTON, "bob", headers={"Sec-Fetch-Site": "same-origin"})).json()

    assert "open" == (await old_shop.get(f"/checkouts/{told['id']}", "bob"))["status"]


@pytest.mark.parametrize("path", WEBHOOKS)
async def test_webhooks_are_taken_in_there_too(old_shop: Shop, path: str) -> None:
    opened = old_shop.client.app.state.opened.use_cases
    opened.simulation.hold()
    await old_shop.subscribe(tier="full")
    before = await old_shop.get("/subscriptions")
    for held in await opened.simulation.webhooks():
        body = held.body.encode()
        signed = {"Stripe-Signature": sign(body, SETTINGS.webhook_secrets[0], opened.clock.now())}
        taken = await old_shop.client.post(path, content=body, headers=signed)
        assert (200, {"received": True}) == (taken.status_code, taken.json())
    await opened.simulation.settle()
    forged = await old_shop.client.post(path, content=b"{}", headers={"Stripe-Signature": "t=1,v1=0"})

    assert ("free", "full") == (before["tier"], (await old_shop.get("/subscriptions"))["tier"])
    assert (400, "bad_signature") == (forged.status_code, forged.json()["code"])


async def test_old_pages_lead_to_todays(old_shop: Shop) -> None:
    ann = Visitor(old_shop)
    await ann.sign_in("ann")
    found = {path: (await ann.see(path)).headers["location"] for path in PAGES}
    returned = await ann.see("/memberships/success?session_id=cs_a%26b")

    assert {
        "/subscription/subscribe/": "/",
        "/subscription/manage/": "/",
        "/memberships/success/": "/subscription/success?session_id=",
        "/memberships/cancel/": "/subscription/cancel",
        "/memberships/cancel_now/": "/account/cancel",
    } == found
    assert "/subscription/success?session_id=cs_a%26b" == returned.headers["location"]


async def test_who_has_subscribed_is_led_to_the_portal_and_who_is_nobody_to_signing_in(old_shop: Shop) -> None:
    ann = Visitor(old_shop)
    stranger = await ann.see(MANAGE)
    await old_shop.subscribe(tier="full")
    await ann.sign_in("ann")
    led = await ann.see(MANAGE)

    assert "/signin?next=/subscription/manage" in stranger.headers["location"]
    assert (303, True) == (led.status_code, "/dev/portal/" in led.headers["location"])


async def test_looking_at_the_address_of_a_cancellation_ends_nothing(old_shop: Shop) -> None:
    await old_shop.subscribe(tier="full")
    ann = Visitor(old_shop)
    await ann.sign_in("ann")
    await old_shop.client.get("/memberships/cancel_now/")

    assert (await old_shop.get("/subscriptions"))["cancel_at_period_end"] is False


async def test_where_payments_are_switched_off_nothing_is_sold(strict_app: Litestar) -> None:
    async with AsyncTestClient(strict_app) as client:
        answer = await post(Shop(client), BUTTON)

    assert (503, "payments_disabled") == (answer.status_code, answer.json()["code"])


async def test_an_address_that_asks_too_often_is_refused_but_its_webhooks_are_not(strict_app: Litestar) -> None:
    async with AsyncTestClient(strict_app):
        transport = ASGITransport(strict_app, client=("203.0.113.7", 50_000))  # type: ignore[arg-type]
        async with AsyncClient(transport=transport, base_url="http://shop.test") as stranger:
            asked = [await stranger.post(path) for path in (BUTTON, CHECKOUT, PORTAL)]
            webhooks = [await stranger.post(path) for path in WEBHOOKS]

    assert [503, 503, 429] == [answer.status_code for answer in asked]
    assert ("rate_limited", asked[2].json()["detail"]) == (asked[2].json()["code"], asked[2].json().get("error"))
    assert [400, 400, 400] == [answer.status_code for answer in webhooks]


async def test_a_catalog_that_sells_nothing_by_the_month_has_nothing_for_the_button(tmp_path: Path) -> None:
    free, _, _ = builtin_text().partition("[plans.basic]\n")
    models = builtin_text().partition("[models.flux-schnell]")
    catalog = tmp_path / "free.toml"
    catalog.write_text(free + models[1] + models[2])
    async with AsyncTestClient(app_of(evolve(SETTINGS, old_urls=True, catalog=str(catalog)))) as client:
        answer = await post(Shop(client), BUTTON)

    assert (422, "not_for_sale") == (answer.status_code, answer.json()["code"])


def test_each_of_them_stands_on_the_page_about_the_seeds() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## Old URLs")[2]

    assert [] == sorted(path for _, path in ALL if f"`{path}`" not in table)


async def test_the_description_of_the_api_calls_them_deprecated(old_shop: Shop) -> None:
    paths = (await old_shop.client.get("/schema/openapi.json")).json()["paths"]
    told = {path: item["post"].get("deprecated", False) for path, item in paths.items() if "post" in item}

    assert {path.rstrip("/") for method, path in ALL if method == "POST"} == {path for path, old in told.items() if old}
