"""What the OpenAPI document says of each route is what the route does."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.routes import HTTPRoute

from billing_core.application.forgetting import ROUTES
from billing_core.entrypoints.http.idempotency import HEADER
from tests.shops.http import Shop, usual_app

OPEN_TO_ALL = {
    "GET /api/v1/credits/packs",
    "GET /api/v1/gallery",
    "GET /api/v1/subscriptions/tiers",
    "GET /health",
    "GET /ready",
    "POST /api/v1/subscriptions/webhook",
}
TOKEN_OPTIONAL = {
    "GET /api/v1/generations/prices",
    "GET /api/v1/generations/{generation_id}/events",
    "GET /api/v1/generations/{generation_id}/partials/{step}",
    "GET /api/v1/images/{image_id}",
}
TOKEN: dict[str, list[str]] = {"bearer": []}


def operations() -> dict[str, Any]:
    """Every operation of the document, but for the simulated ones."""
    paths = usual_app().openapi_schema.to_schema()["paths"]
    return {
        f"{method.upper()} {path}": operation
        for path, item in paths.items()
        if not path.startswith("/dev/")
        for method, operation in item.items()
    }


OPERATIONS = operations()


def keyed() -> Iterator[str]:
    """The routes that take an idempotency key."""
    for route in usual_app().routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if "key" in handler.parsed_fn_signature.parameters:
                    yield f"{next(iter(handler.http_methods))} {route.path_format}"


def headers_of(operation: Any) -> set[str]:
    return {told["name"].lower() for told in operation.get("parameters", ()) if told["in"] == "header"}


def test_routes_that_need_no_token_say_so() -> None:
    told = {name: operation["security"] for name, operation in OPERATIONS.items()}

    assert OPEN_TO_ALL == {name for name, needs in told.items() if needs == [{}]}
    assert TOKEN_OPTIONAL == {name for name, needs in told.items() if needs == [{}, TOKEN]}
    assert all(needs == [TOKEN] for name, needs in told.items() if name not in OPEN_TO_ALL | TOKEN_OPTIONAL)


def test_bodies_that_may_be_left_out_are_not_required() -> None:
    optional = {name for name, operation in OPERATIONS.items() if not operation.get("requestBody", {}).get("required")}

    assert {name for name in optional if "requestBody" in OPERATIONS[name]} == {
        "POST /api/v1/credits/holds/{hold_id}/capture",
        "POST /api/v1/subscriptions/portal",
    }


def test_routes_that_take_an_idempotency_key_say_so_and_how_it_may_fail() -> None:
    assert set(keyed()) == {name for name, operation in OPERATIONS.items() if HEADER in headers_of(operation)}
    assert all({"400", "409"} <= set(OPERATIONS[name]["responses"]) for name in keyed())


def test_the_keys_of_every_route_are_forgotten_after_a_day() -> None:
    assert [name for name in keyed() if not f"http:{name}".startswith(ROUTES)] == []


def test_what_else_a_client_can_count_on_is_told() -> None:
    assert "prefer" in headers_of(OPERATIONS["POST /api/v1/generations"])
    assert {"200", "202"} <= set(OPERATIONS["POST /api/v1/subscriptions/change"]["responses"])


@pytest.mark.parametrize("name", sorted(OPEN_TO_ALL))
async def test_a_route_without_a_token_is_open(shop: Shop, name: str) -> None:
    method, path = name.split()

    assert 401 != (await shop.client.request(method, path)).status_code
