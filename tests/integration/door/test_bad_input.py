"""Whatever comes in, the answer is a refusal that says why, never a failure of ours."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.routes import HTTPRoute

from tests.shops.http import GOOD_CARD, Shop, usual_app

A_HOLD = {"amount": 1, "reason": "upscale"}
GOOD_BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/subscriptions/checkout": {"tier": "basic"},
    "/api/v1/subscriptions/portal": {"return_url": "https://shop.example/"},
    "/api/v1/subscriptions/change/preview": {"tier": "basic"},
    "/api/v1/subscriptions/change": {"tier": "basic"},
    "/api/v1/credits/checkout": {"pack": "pack_1k"},
    "/api/v1/credits/holds": A_HOLD,
    "/api/v1/credits/holds/{hold_id}/capture": {"amount": 1},
    "/api/v1/api-keys": {"name": "the poster shop"},
    "/api/v1/generations/quote": {"prompt": "a fox"},
    "/api/v1/generations": {"prompt": "a fox"},
    "/api/v1/images/{image_id}": {"private": False},
    "/api/v1/admin/accounts/{account_id}/credits": {"amount": 1, "reason": "a present"},
    "/api/v1/admin/accounts/{account_id}/forgive": {"reason": "a present"},
    "/api/v1/admin/accounts/{account_id}/refund": {"payment": "in_1", "reason": "goodwill"},
    "/api/v1/admin/accounts/{account_id}/reinstate": {"reason": "all is well"},
    "/api/v1/admin/accounts/{account_id}/suspend": {"reason": "a scraper"},
    "/api/v1/admin/fraud-warnings/{warning_id}": {"status": "confirmed"},
    "/api/v1/admin/incidents/{incident_id}/resolve": {"action": "dismiss"},
    "/api/v1/admin/payment-links": {"pack": "pack_1k"},
    "/dev/checkout/{session_id}/pay": {"card": GOOD_CARD},
    "/dev/checkout/{session_id}/authenticate": {"ok": True},
    "/dev/invoices/{invoice_id}/authenticate": {"ok": True},
    "/dev/clock": {"days": 1},
    "/dev/card": {"account": "ann", "card": GOOD_CARD},
}


def routes_with_a_body() -> Iterator[tuple[str, str]]:
    for route in usual_app().routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if "data" in handler.parsed_fn_signature.parameters:
                    method = next(iter(handler.http_methods))
                    yield str(method), route.path_format


ROUTES = sorted(set(routes_with_a_body()))
DEEP = 2_000
BROKEN = {
    "not JSON": b"{",
    "words": b"not json",
    "trailing": b'{"amount":1}}',
    "NaN": b'{"amount":NaN}',
    "not UTF-8": b'{"reason":"\xff"}',
    "half a surrogate in UTF-8": b'{"reason":"\xed\xa0\x80"}',
    "half a surrogate": b'{"reason":"\\ud800"}',
    "a BOM": b"\xef\xbb\xbf{}",
    "NUL": b"\0",
    "another encoding": "{}".encode("utf-16"),
}
WRONG = {
    "a list": b"[]",
    "a number": b"1",
    "a string": b'"x"',
    "a deep list": b"[" * DEEP + b"]" * DEEP,
    "a deep field": b'{"amount":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a deep object": b'{"x":' * DEEP + b"1" + b"}" * DEEP,
    "an unknown field": b'{"user_id":"bob"}',
    "an unknown field that is NUL": b'{"\\u0000":1}',
}


def test_every_route_with_a_body_is_known_here() -> None:
    assert sorted(GOOD_BODIES) == sorted({path for _, path in ROUTES})


def filled(path: str) -> str:
    for name in ("hold_id", "image_id", "account_id", "session_id", "invoice_id", "incident_id", "warning_id"):
        path = path.replace(f"{{{name}}}", "x")
    return path


async def send(shop: Shop, method: str, path: str, body: bytes, content_type: str = "application/json") -> Any:
    headers = shop.bearer("ann", admin=True) | {"Content-Type": content_type}
    return await shop.client.request(method, filled(path), content=body, headers=headers)


@pytest.mark.failure("E3")
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_body_that_is_not_json_is_refused(shop: Shop, method: str, path: str) -> None:
    for case, body in BROKEN.items():
        answer = await send(shop, method, path, body)

        # What is read before the fault may be of another shape already.
        assert (case, answer.status_code, answer.json()["code"]) in {
            (case, 400, "unreadable_request"),
            (case, 422, "validation"),
        }
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.failure("E3")
@pytest.mark.parametrize(
    "body", [b'{"amount":1,"reason":"x","amount":2}', b'{"amount":1,"reason":"x","a\\u006dount":1}']
)
async def test_a_field_that_is_given_twice_is_refused(shop: Shop, body: bytes) -> None:
    for headers in ({}, {"Idempotency-Key": "once"}):
        answer = await shop.ask("POST", "/credits/holds", content=body, headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (400, "unreadable_request")
    assert 0 == (await shop.get("/credits"))["held"]


async def test_a_body_that_is_not_json_is_unreadable(shop: Shop) -> None:
    for body in (b"{", b"words", b'{"amount":1,"reason":"x"}}', b'{"amount":NaN}', b"\xff", b"\xef\xbb\xbf{}"):
        answer = await send(shop, "POST", "/api/v1/credits/holds", body)

        assert (answer.status_code, answer.json()["code"]) == (400, "unreadable_request")


@pytest.mark.failure("E3", "F20")
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_body_of_another_shape_is_invalid(shop: Shop, method: str, path: str) -> None:
    for case, body in WRONG.items():
        answer = await send(shop, method, path, body)

        assert (case, 422, "validation") == (case, answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_another_content_type_is_refused(shop: Shop, method: str, path: str) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml"):
        answer = await send(shop, method, path, b'{"amount":1}', content_type)

        assert answer.status_code == 400


@pytest.mark.failure("E3", "E5")
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_fields_out_of_bounds_are_named(shop: Shop, method: str, path: str) -> None:
    for field, good in GOOD_BODIES[path].items():
        for bad in _bad_values(good):
            body = _with(GOOD_BODIES[path], field, bad)
            answer = await send(shop, method, path, body)

            assert (field, bad[:40], 422) == (field, bad[:40], answer.status_code), answer.text
            assert field in answer.text


def _bad_values(good: Any) -> list[str]:
    """What cannot stand in place of the good value, as JSON."""
    match good:
        case bool():
            return ["1", "0", '"true"', "[]", "1e999"]
        case int():
            return ["true", '"1"', "1.5", "1e23", "1e999", str(2**63), str(2**64), "9" * 5_000, "[]", str(-(2**63))]
        case _:
            return ["1", "true", "[]", "{}", '""', '"\\u0000"', '"' + "x" * 40_000 + '"']


def _with(fields: dict[str, Any], field: str, bad: str) -> bytes:
    return json.dumps({**fields, field: "@"}).replace('"@"', bad).encode()


@pytest.mark.failure("F20")
async def test_an_unknown_field_is_named(shop: Shop) -> None:
    answer = await shop.ask("POST", "/credits/holds", json={**A_HOLD, "customer": "cus_1"})

    assert [error["field"] for error in answer.json()["errors"]] == ["customer"]


async def test_a_missing_field_is_named(shop: Shop) -> None:
    answer = await shop.ask("POST", "/credits/holds", json={"reason": "upscale"})
    empty = await shop.ask("POST", "/credits/holds")

    assert [error["field"] for error in answer.json()["errors"]] == ["amount"]
    assert (empty.status_code, [error["field"] for error in empty.json()["errors"]]) == (422, ["body"])


@pytest.mark.parametrize(
    "moment", ["yesterday", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "x" * 5_000]
)
async def test_a_moment_that_is_none_is_refused(shop: Shop, moment: str) -> None:
    body = {"amount": 1, "reason": "a present", "expires_at": moment}
    answer = await shop.ask("POST", "/admin/accounts/ann/credits", "root", admin=True, json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation")


@pytest.mark.failure("E13", "F19")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/credits/transactions?limit=0", 422),
        ("/credits/transactions?limit=101", 422),
        ("/credits/transactions?limit=x", 422),
        ("/credits/transactions?limit=1e999", 422),
        (f"/credits/transactions?limit={'9' * 5_000}", 422),
        ("/credits/transactions?limit=1&limit=2", 200),
        (f"/credits/transactions?cursor={'x' * 300}", 422),
        (f"/credits/transactions?cursor={'x' * 9_000}", 400),
        ("/credits/transactions?cursor=%00", 400),
        ("/credits/transactions?cursor=%ff", 400),
        ("/credits/transactions?cursor=%zz", 400),
        ("/credits/transactions?cursor=%", 400),
        ("/credits/transactions?cursor=' or 1=1 --", 200),
        ("/generations?cursor=tx_1", 200),
        ("/generations?limit=-1", 422),
        ("/gallery?limit=1000", 422),
        ("/gallery?cursor=%F0%9F%A6%8A", 200),
        ("/subscriptions/tiers?currency=usd%0a", 422),
        ("/subscriptions/tiers?interval=week", 422),
        ("/images/img_1?expires=x&signature=y", 422),
        (f"/images/img_1?expires={'9' * 400}&signature=y", 422),
        ("/images/img_1?expires=1&signature=%C3%A9", 404),
        ("/generations/%00", 400),
        ("/generations/%ff", 400),
        ("/generations/%zz", 400),
        ("/generations/%ed%a0%80", 400),
        ("/generations/..%2f..%2fetc%2fpasswd", 404),
        ("/generations/%2e%2e", 404),
        (f"/generations/{'x' * 256}", 400),
        (f"/generations/{'x' * 5_000}", 400),
        ("/generations/%F0%9F%A6%8A", 404),
        ("/checkouts/%C3%A9", 404),
        ("//credits", 200),
        ("/credits/", 200),
        ("/nowhere", 404),
    ],
)
async def test_odd_paths_and_queries(shop: Shop, path: str, status: int) -> None:
    answer = await shop.ask("GET", path)

    assert status == answer.status_code, answer.text
    assert status == 200 or answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/credits/transactions?limit=0", ["limit"]),
        ("/admin/accounts?query=", ["query"]),
        ("/admin/incidents?kind=x&status=y", ["kind", "status"]),
        (f"/admin/fraud-warnings?account={'x' * 256}", ["account"]),
        ("/admin/reports/credits?from=x&to=y&format=z", ["format", "from", "to"]),
        ("/admin/reports/x", ["name"]),
    ],
)
async def test_a_wrong_parameter_is_named_as_it_was_sent(shop: Shop, path: str, fields: list[str]) -> None:
    told = (await shop.ask("GET", path, "root", admin=True)).json()

    assert fields == sorted(error["field"] for error in told["errors"])
    assert all(field in told["detail"] for field in fields)


@pytest.mark.failure("E13")
async def test_a_method_that_is_not_there_is_not_allowed(shop: Shop) -> None:
    for method in ("PUT", "DELETE", "BREW"):
        answer = await shop.ask(method, "/credits/holds")

        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert "POST" in answer.headers["allow"]


async def test_the_head_of_an_answer_is_that_of_its_body(shop: Shop) -> None:
    varying = {"x-request-id", "date"}
    for path in ("/health", "/ready", "/schema/openapi.json", "/api/v1/subscriptions/tiers", "/api/v1/credits"):
        whole, head = await shop.client.get(path), await shop.client.head(path)

        assert (whole.status_code, b"") == (head.status_code, head.content)
        assert {k: v for k, v in whole.headers.items() if k not in varying} == {
            k: v for k, v in head.headers.items() if k not in varying
        }
    assert (await shop.ask("HEAD", "/credits/holds")).status_code == 405


@pytest.mark.failure("E1", "E4")
async def test_a_body_that_is_too_large_is_refused(shop: Shop) -> None:
    answer = await shop.ask("POST", "/generations", content=b'{"prompt":"' + b"x" * 1_100_000 + b'"}')

    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


@pytest.mark.failure("F11", "F13")
async def test_every_answer_has_the_security_headers(shop: Shop) -> None:
    for path in ("/", "/health", "/schema", "/schema/openapi.json", "/nowhere", "/api/v1/account", "/api/v1/a%00"):
        headers = (await shop.client.get(path)).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
