"""The gateway's webhooks at the door."""

import gzip
import hmac
import json
import time
from typing import Any

import pytest
from httpx import Response

from tests.http_shop import SETTINGS, Shop

PATH = "/api/v1/subscriptions/webhook"
EVENT = json.dumps(
    {
        "id": "evt_1",
        "object": "event",
        "type": "product.created",
        "api_version": "2025-03-31.basil",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": {"id": "prod_1", "object": "product"}},
    }
).encode()


def signature(body: bytes, *, secret: str = SETTINGS.webhook_secrets[0], at: int | None = None) -> str:
    at = int(time.time()) if at is None else at
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, 'sha256').hexdigest()}"


async def post(shop: Shop, body: bytes, *signatures: str | bytes, **headers: str) -> Response:
    sent: list[tuple[str | bytes, str | bytes]] = [("Stripe-Signature", one) for one in signatures]
    sent += [(name.replace("_", "-"), value) for name, value in headers.items()]
    return await shop.client.post(PATH, content=body, headers=sent)  # type: ignore[arg-type]


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data", "x"])
async def test_an_event_is_taken_whatever_its_content_type(shop: Shop, content_type: str) -> None:
    first = await post(shop, EVENT, signature(EVENT), content_type=content_type)
    again = await post(shop, EVENT, signature(EVENT), content_type=content_type)

    assert (first.status_code, first.json()) == (200, {"received": True})
    assert (again.status_code, again.json()) == (200, {"received": True})


@pytest.mark.parametrize(
    "signatures",
    [
        (),
        ("",),
        ("garbage",),
        (signature(EVENT, secret="another"),),
        (signature(EVENT, at=0),),
        (signature(EVENT, at=int(time.time()) + 3_600),),
        (signature(EVENT + b" "),),
        (signature(EVENT).replace("v1=", "v0="),),
        ("t=" + "9" * 5_000 + ",v1=00",),
        ("t=1,v1=é".encode(),),
        (signature(EVENT), signature(EVENT)),
    ],
)
async def test_a_signature_that_is_not_the_gateways_is_refused(shop: Shop, signatures: tuple[str, ...]) -> None:
    answer = await post(shop, EVENT, *signatures)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")
    assert SETTINGS.webhook_secrets[0] not in answer.text


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"null", b"{", b"[" * 100_000, b"\xff", gzip.compress(EVENT)])
async def test_a_signed_body_that_is_no_event_is_refused(shop: Shop, body: bytes) -> None:
    answer = await post(shop, body, signature(body))

    assert answer.status_code == 400, answer.text


async def test_a_compressed_event_is_not_unpacked(shop: Shop) -> None:
    packed = gzip.compress(EVENT)
    answer = await post(shop, packed, signature(EVENT), content_encoding="gzip")

    assert answer.status_code == 400


async def test_an_event_that_is_too_large_is_refused(shop: Shop) -> None:
    body = b"x" * (1024 * 1024 + 1)
    answer = await post(shop, body, signature(body))

    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


async def test_an_event_that_does_not_end_is_refused(shop: Shop) -> None:
    chunks = 0
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        nonlocal chunks
        chunks += 1
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": [(b"stripe-signature", b"t=1,v1=00"), (b"transfer-encoding", b"chunked")],
        "client": ("127.0.0.1", 1),
    }
    await shop.client.app(scope, receive, send)

    assert sent[0]["status"] == 413
    assert chunks <= 17
