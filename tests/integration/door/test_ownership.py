"""What is another's is not there: on every route that takes an id."""

import pytest
from litestar.routes import HTTPRoute

from billing_core.entrypoints.http.auth import AUTH, REQUIRED
from tests.shops.http import Shop, usual_app

BODIES = {
    ("POST", "/api/v1/credits/holds/{hold_id}/capture"): {"amount": 1},
    ("PATCH", "/api/v1/images/{image_id}"): {"private": True},
    ("POST", "/api/v1/admin/accounts/{account_id}/credits"): {"amount": 1, "reason": "mine"},
}
OF_NOBODY = {"/api/v1/subscriptions/payment-links/{tier}"}  # what is sold is everybody's


def routes_with_an_id() -> list[tuple[str, str]]:
    return sorted(
        (str(method), route.path_format)
        for route in usual_app().routes
        if isinstance(route, HTTPRoute) and route.path_parameters and route.path.startswith("/api/v1")
        if route.path_format not in OF_NOBODY
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    )


@pytest.mark.failure("F5")
@pytest.mark.parametrize(("method", "path"), routes_with_an_id())
async def test_bob_finds_nothing_of_anns(shop: Shop, method: str, path: str) -> None:
    await shop.subscribe("ann", "premium")
    [image] = (generation := await shop.generate("ann", private=True))["images"]
    checkout = (await shop.ask("POST", "/credits/checkout", "ann", json={"pack": "pack_1k"})).json()
    hold = (await shop.ask("POST", "/credits/holds", "ann", json={"amount": 1, "reason": "upscale"})).json()
    ids = {
        "{hold_id}": hold["id"],
        "{generation_id}": generation["id"],
        "{image_id}": image["id"],
        "{step}": "1.1",
        "{session_id}": checkout["session_id"],
        "{account_id}": "ann",
    }
    real = path
    for name, value in ids.items():
        real = real.replace(name, value)
    body = BODIES.get((method, path))
    before = await shop.get("/credits", "ann")
    answer = await shop.client.request(method, real, headers=shop.bearer("bob"), json=body)

    assert answer.status_code == (403 if "/admin/" in path else 404), answer.text
    assert before == await shop.get("/credits", "ann")
    assert (await shop.ask("GET", f"/images/{image['id']}", "ann")).status_code == 200


@pytest.mark.failure("F5")
def test_only_these_routes_need_no_token() -> None:
    open_routes = {
        route.path_format
        for route in usual_app().routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/v1")
        for handler in route.route_handlers
        if handler.http_methods != {"OPTIONS"} and handler.opt.get(AUTH) != REQUIRED
    }

    assert open_routes == {
        "/api/v1/credits/packs",
        "/api/v1/gallery",
        "/api/v1/generations/prices",
        "/api/v1/generations/{generation_id}/events",
        "/api/v1/generations/{generation_id}/partials/{step}",
        "/api/v1/images/{image_id}",
        "/api/v1/subscriptions/tiers",
        "/api/v1/subscriptions/webhook",
    }
