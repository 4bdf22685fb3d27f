"""The payment gateway's webhooks: raw bytes and a signature in; 200 only once they are stored."""

from typing import Any

import msgspec
from litestar import Controller, Request, post

from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import AUTH, NONE
from billing_core.entrypoints.http.shapes import problems
from billing_core.ports.errors import BadSignature

LARGEST = 1024 * 1024


class ReceivedShape(msgspec.Struct, kw_only=True):
    """It is stored."""

    received: bool = True


class Webhooks(Controller):
    """`/subscriptions/webhook`"""

    path = "/subscriptions/webhook"
    opt = {AUTH: NONE}  # noqa: RUF012 (the framework's own class attribute)
    tags = ("Webhooks",)

    @post("/", status_code=200, request_max_body_size=LARGEST, responses=problems(413, 503))
    async def receive(self, request: Request[Any, Any, Any], receiving: given.Receiving) -> ReceivedShape:
        """Takes in an event. The bytes are verified as they came, whatever their content type says."""
        signatures = request.headers.getall("stripe-signature", [])
        body = await request.body()
        if len(signatures) != 1:
            raise BadSignature("send Stripe-Signature once")
        await receiving(body, signatures[0])
        return ReceivedShape()
