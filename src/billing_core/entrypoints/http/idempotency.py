"""The `Idempotency-Key` header: the same key and request, the same answer."""

from hashlib import sha256
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.params import HeaderParameter

from billing_core.application.requests import RequestKey
from billing_core.entrypoints.http.bodies import decoded
from billing_core.entrypoints.http.refusals import BadIdempotencyKey

HEADER = "idempotency-key"
LONGEST = 255
LONGEST_ROUTE = 200

Told = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", schema_extra={"maxLength": LONGEST, "pattern": "^[ -~]+$"}),
]
"""For the description of the API. What was sent is read, and refused, here."""


async def request_key(request: Request[Any, Any, Any], told: Told = None) -> RequestKey | None:
    """The request's key, within its path. Raises BadIdempotencyKey."""
    sent = request.headers.getall(HEADER, [])
    if not sent:
        return None
    key = sent[0]
    is_printable = all(" " <= char <= "~" for char in key)
    if len(sent) > 1 or not 1 <= len(key) <= LONGEST or not is_printable:
        raise BadIdempotencyKey()
    route = f"{request.method} {request.scope['path']}"
    asked = f"{route}?{request.scope['query_string'].decode('latin-1')}"
    mark = fingerprint(asked, await request.body())
    # A long path is named by its digest, so that route and key together stay a key that every store takes.
    short = route if len(route) <= LONGEST_ROUTE else f"{request.method} {sha256(route.encode()).hexdigest()}"
    return RequestKey(route=short, key=key, fingerprint=mark)


def fingerprint(asked: str, body: bytes) -> str:
    """Tells two requests apart, by their query too, but not two ways to write the same JSON."""
    same = msgspec.json.encode(decoded(body, Any), order="deterministic") if body.strip() else b""
    return sha256(asked.encode() + b"\0" + same).hexdigest()
