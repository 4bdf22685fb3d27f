"""The payment gateway's webhooks: raw bytes and a signature in; 200 only once they are stored.

This is the busiest route by far, so it asks the framework for little: nothing is injected, and its one answer is made
once.
"""

from typing import Any, cast

import msgspec
from litestar import Controller, Request, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.response.base import ASGIResponse

from billing_core.entrypoints.http.auth import AUTH, NONE
from billing_core.entrypoints.http.opening import Opened
from billing_core.entrypoints.http.shapes import problems
from billing_core.ports.errors import BadSignature

LARGEST = 1024 * 1024
SIGNATURE = b"stripe-signature"


class ReceivedShape(msgspec.Struct, kw_only=True):
    """It is stored."""

    received: bool = True


RECEIVED = ASGIResponse(body=msgspec.json.encode(ReceivedShape()), media_type="application/json")
ANSWERS = {200: ResponseSpec(ReceivedShape, generate_examples=False, description="It is stored")}


class Webhooks(Controller):
    """`/subscriptions/webhook`"""

    path = "/subscriptions/webhook"
    opt = {AUTH: NONE}  # noqa: RUF012 (the framework's own class attribute)
    tags = ("Webhooks",)

    @post("/", status_code=200, request_max_body_size=LARGEST, responses=ANSWERS | problems(413, 503))
    async def receive(self, request: Request[Any, Any, Any]) -> ASGIResponse:
        """Takes in an event. The bytes are verified as they came, whatever their content type says."""
        signatures = [value for name, value in request.scope["headers"] if name == SIGNATURE]
        body = await request.body()
        if len(signatures) != 1:
            raise BadSignature("send Stripe-Signature once")
        opened = cast("Opened", request.app.state.opened)
        await opened.use_cases.receiving(body, signatures[0].decode("latin-1"))
        return RECEIVED
