"""The gateway's webhooks at the door."""

import gzip
import hmac
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import evolve, frozen
from httpx import Response
from litestar.testing import AsyncTestClient

from billing_core.application.receiving import Received
from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.http.answering import answering
from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.http.opening import Opened
from billing_core.entrypoints.http.webhooks import straight
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.use_cases import UseCases
from billing_core.ports.errors import Unavailable
from tests.shops.http import SETTINGS, Shop

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


async def test_what_is_wrong_with_a_webhook_of_nobody_names_no_account(shop: Shop) -> None:
    body = EVENT.replace(b'"livemode": false', b'"livemode": true')
    assert 200 == (await post(shop, body, signature(body))).status_code

    (incident,) = (await shop.get("/admin/incidents", "root", admin=True))["data"]
    assert incident["account"] is None
    await shop.fill("/signin", {"token": token(SETTINGS, "root", admin=True)})
    for path in ("/admin/incidents", f"/admin/incidents/{incident['id']}"):
        page = await shop.client.get(path)
        assert page.status_code == 200
        assert incident["id"] in str(page.url) + page.text
        assert "/admin/accounts/" not in page.text


@pytest.mark.failure("E1", "F16")
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data", "x"])
async def test_an_event_is_taken_whatever_its_content_type(shop: Shop, content_type: str) -> None:
    first = await post(shop, EVENT, signature(EVENT), content_type=content_type)
    again = await post(shop, EVENT, signature(EVENT), content_type=content_type)

    assert (first.status_code, first.json()) == (200, {"received": True})
    assert (again.status_code, again.json()) == (200, {"received": True})


@pytest.mark.failure("E2", "F16", "F17")
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


@pytest.mark.failure("E1", "E3")
@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"null", b"{", b"[" * 100_000, b"\xff", gzip.compress(EVENT)])
async def test_a_signed_body_that_is_no_event_is_refused(shop: Shop, body: bytes) -> None:
    answer = await post(shop, body, signature(body))

    assert answer.status_code == 400, answer.text


@pytest.mark.failure("E1")
async def test_a_compressed_event_is_not_unpacked(shop: Shop) -> None:
    packed = gzip.compress(EVENT)
    answer = await post(shop, packed, signature(EVENT), content_encoding="gzip")

    assert answer.status_code == 400


@pytest.mark.failure("E1")
async def test_an_event_that_is_too_large_is_refused(shop: Shop) -> None:
    body = b"x" * (1024 * 1024 + 1)
    answer = await post(shop, body, signature(body))

    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


def scope_of(path: str = PATH, raw: str = PATH, *, method: str = "POST", query: bytes = b"", **more: Any) -> Any:
    """A request as a server tells it."""
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": raw.encode(),
        "query_string": query,
        "headers": [(b"stripe-signature", signature(EVENT).encode())],
        "client": ("127.0.0.1", 1),
        "state": {},
        **more,
    }


@frozen
class Wire:
    """What a server would hear of an app."""

    app: Any

    async def send(self, scope: Any, *messages: Any) -> list[Any]:
        """What the app sends to these messages, the last of them again and again."""
        waiting, sent = list(messages), []

        async def receive() -> Any:
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return sent


def part(body: bytes, *, more: bool = False) -> dict[str, object]:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.failure("E1")
async def test_an_event_that_does_not_end_is_refused(shop: Shop) -> None:
    chunks = 0

    async def receive() -> Any:
        nonlocal chunks
        chunks += 1
        return part(b"x" * 65_536, more=True)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await shop.client.app(scope_of(), receive, send)

    assert sent[0]["status"] == 413
    assert chunks <= 17


async def test_an_event_may_come_in_parts(shop: Shop) -> None:
    parts = [part(EVENT[:10], more=True), {"type": "http.request", "more_body": True}, part(EVENT[10:])]
    sent = await Wire(shop.client.app).send(scope_of(), *parts)

    assert 200 == sent[0]["status"]


async def test_a_sender_that_hangs_up_is_not_taken_for_a_mistake_of_ours(shop: Shop) -> None:
    sent = await Wire(shop.client.app).send(scope_of(), part(EVENT, more=True), {"type": "http.disconnect"})

    assert 400 == sent[0]["status"]


# Straight in, or by the framework's route


async def elsewhere(scope: Any, receive: Any, send: Any) -> None:
    """The rest of the app, as far as these tests are concerned."""
    await send({"type": "elsewhere"})


@frozen
class Stub:
    """Receives whatever comes, or raises."""

    error: Exception | None = None

    async def __call__(self, body: bytes, signature: str) -> Received:
        if self.error is not None:
            raise self.error
        return Received(event_id="evt_1", outcome="processed")


def straightly(error: Exception | None = None) -> Wire:
    """The way straight in, to a shop that nobody has opened yet."""

    @asynccontextmanager
    async def opening() -> AsyncIterator[Any]:
        async with running(SETTINGS) as use_cases:
            yield evolve(use_cases, receiving=Stub(error))  # type: ignore[arg-type]

    return Wire(straight(elsewhere, Opened(opening), answering(lambda: pytest.fail("nothing to wait for"))))


async def test_a_webhook_goes_straight_in() -> None:
    sent = await straightly().send(scope_of(litestar_app=None), part(EVENT))

    assert [("http.response.start", 200), ("http.response.body", None)] == [(m["type"], m.get("status")) for m in sent]


@pytest.mark.parametrize(
    "scope",
    [
        scope_of(method="GET"),
        scope_of(query=b"a=%zz"),
        scope_of(f"{PATH}/", f"{PATH}/"),
        scope_of(raw=PATH.replace("/webhook", "%2Fwebhook")),
        scope_of(raw=f"/billing{PATH}"),
        scope_of(PATH.removeprefix("/api")),
        {name: value for name, value in scope_of().items() if name != "raw_path"},
        {name: value for name, value in scope_of(type="websocket").items() if name != "method"},
    ],
)
async def test_whatever_is_not_quite_it_goes_to_the_framework(scope: Any) -> None:
    assert [{"type": "elsewhere"}] == await straightly().send(scope, part(EVENT))


@pytest.mark.parametrize(
    ("body", "signatures"),
    [(EVENT, 1), (EVENT, 0), (EVENT, 2), (b"{}", 1), (b"x" * (1024 * 1024 + 1), 1)],
)
async def test_both_ways_answer_alike(shop: Shop, body: bytes, signatures: int) -> None:
    headers = [(b"x-request-id", b"the-same"), *[(b"stripe-signature", signature(EVENT).encode())] * signatures]
    wire = Wire(shop.client.app)
    in_straight = await wire.send(scope_of(headers=headers), part(body))
    by_route = await wire.send(scope_of(f"{PATH}/", f"{PATH}/", headers=headers), part(body))

    assert by_route == [in_straight[0] | {"headers": by_route[0]["headers"]}, in_straight[1]]
    assert sorted(by_route[0]["headers"]) == sorted(in_straight[0]["headers"])


async def test_no_answer_shares_its_headers_with_another() -> None:
    wire = straightly()
    first, _ = await wire.send(scope_of(litestar_app=None), part(EVENT))
    first["headers"].append((b"x-added", b"by a middleware around the app"))
    second, _ = await wire.send(scope_of(litestar_app=None), part(EVENT))

    assert first["headers"][:-1] == second["headers"]


@pytest.mark.failure("D2", "D4", "D9")
@pytest.mark.parametrize(
    ("error", "status", "wait"), [(Unavailable("the books", retry_after_s=7), 503, b"7"), (RuntimeError(), 500, None)]
)
async def test_what_could_not_be_stored_is_not_acknowledged(
    error: Exception, status: int, wait: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    start, _ = await straightly(error).send(scope_of(litestar_app=None), part(EVENT))
    headers = dict(start["headers"])

    assert (status, wait) == (start["status"], headers.get(b"retry-after"))
    assert (b"application/problem+json", b"nosniff") == (headers[b"content-type"], headers[b"x-content-type-options"])
    assert ([f"POST {PATH} failed"] if status == 500 else []) == [
        record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR
    ]


async def test_books_that_do_not_open_are_told_of_to_the_gateway_too() -> None:
    @asynccontextmanager
    async def opening() -> AsyncIterator[UseCases]:
        raise Unavailable("the books", retry_after_s=7)
        yield

    wire = Wire(build_app(SETTINGS, opening))
    start, _ = await wire.send(scope_of(), part(EVENT))

    assert (503, b"7") == (start["status"], dict(start["headers"])[b"retry-after"])


async def test_the_way_in_is_described() -> None:
    async with AsyncTestClient(build_app(SETTINGS, lambda: running(SETTINGS))) as client:
        described = (await client.get("/schema/openapi.json")).json()["paths"][PATH]["post"]

    assert {"200", "400", "413", "503"} <= described["responses"].keys()
