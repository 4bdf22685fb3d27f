"""The payment gateway's webhooks: raw bytes and a signature in; 200 only once they are stored.

This is the busiest route by far, so it is taken in `straight` from the server, where the request line is the usual
one. The framework's own route describes it, and takes what comes in any other way, as where the app is mounted.
"""

from typing import Any, cast

import msgspec
from litestar import Controller, Request, post
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.openapi.datastructures import ResponseSpec
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from billing_core.entrypoints.http.answering import Answer
from billing_core.entrypoints.http.auth import AUTH, NONE
from billing_core.entrypoints.http.door import HEADERS, shielded
from billing_core.entrypoints.http.opening import Opened
from billing_core.entrypoints.http.rates import UNCOUNTED
from billing_core.entrypoints.http.refusals import UnreadableRequest
from billing_core.entrypoints.http.shapes import problems
from billing_core.entrypoints.http.sight import EVENT
from billing_core.ports.errors import BadSignature

PATH = "/api/v1/subscriptions/webhook"
REQUEST_LINE = ("POST", PATH, PATH.encode(), b"")
LARGEST = 1024 * 1024
SIGNATURE = b"stripe-signature"


class ReceivedShape(msgspec.Struct, kw_only=True):
    """It is stored."""

    received: bool = True


RECEIVED = ASGIResponse(body=msgspec.json.encode(ReceivedShape()), media_type="application/json")
RECEIVED_HEADERS = (*RECEIVED.encode_headers(), *HEADERS.items())
ANSWERS = {200: ResponseSpec(ReceivedShape, generate_examples=False, description="It is stored")}


class Webhooks(Controller):
    """`/subscriptions/webhook`"""

    path = "/subscriptions/webhook"
    opt = {AUTH: NONE, UNCOUNTED: True}  # noqa: RUF012 (the framework's own class attribute)
    tags = ("Webhooks",)

    @post("/", status_code=200, responses=ANSWERS | problems(413, 503))
    async def receive(self, request: Request[Any, Any, Any]) -> ASGIResponse:
        """Takes in an event. The bytes are verified as they came, whatever their content type says."""
        await take(request.scope, request.receive, cast("Opened", request.app.state.opened))
        return RECEIVED


def straight(app: ASGIApp, opened: Opened, answer: Answer) -> ASGIApp:
    """The app, with webhooks taken in before anything that other requests need is done for them."""

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        line = (scope.get("method"), scope["path"], scope.get("raw_path"), scope["query_string"])
        if line != REQUEST_LINE:
            await app(scope, receive, send)
            return
        scope["path_template"] = PATH
        try:
            await opened.ensure(scope["litestar_app"])
            await take(scope, receive, opened)
        except Exception as error:  # noqa: BLE001 - every one has an answer, as at the other routes
            request = Request[Any, Any, Any](scope)
            refusal = answer(request, error).to_asgi_response(app=None, request=request)
            await refusal(scope, receive, shielded(send))
        else:
            await send({"type": "http.response.start", "status": 200, "headers": list(RECEIVED_HEADERS)})
            await send({"type": "http.response.body", "body": RECEIVED.body, "more_body": False})

    return enter


async def take(scope: Scope, receive: Receive, opened: Opened) -> None:
    """Returns once the event is stored. Raises BadSignature, RequestEntityTooLarge, UnreadableRequest; Unavailable."""
    signatures = [value for name, value in scope["headers"] if name == SIGNATURE]
    body = await _body(receive)
    if len(signatures) != 1:
        raise BadSignature("send Stripe-Signature once")
    received = await opened.use_cases.receiving(body, signatures[0].decode("latin-1"))
    scope["state"][EVENT] = received.event_id


async def _body(receive: Receive) -> bytes:
    """All that was sent, whatever length was announced."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise UnreadableRequest("the body does not end")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST:
            raise RequestEntityTooLarge
    return bytes(body)
