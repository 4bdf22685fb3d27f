"""What the operators' pages have in common: who may see them, and how a decision is told."""

import secrets
from hashlib import sha256
from typing import Annotated, Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from msgspec import Meta, Struct, json

from billing_core.application.requests import RequestKey
from billing_core.domain.acts import Grounds, ReasonCode
from billing_core.entrypoints.http.auth import Caller, only_admins
from billing_core.entrypoints.http.bodies import Line
from billing_core.entrypoints.http.refusals import Unauthorized

FEW, MANY = 20, 50
CODES = tuple((code.value, code.value.replace("_", " ").capitalize()) for code in ReasonCode)
Key = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]


class Decision(Struct, kw_only=True):
    """What every decision tells: why, and a key of the form's own, so that it is done once however often it is sent."""

    reason: Line
    code: ReasonCode = ReasonCode.OTHER
    once: Key


def operators_only(connection: "ASGIConnection[Any, Any, Any, Any]", handler: BaseRouteHandler) -> None:
    """Guards a page. Raises Unauthorized, which leads to signing in, and Forbidden."""
    if not isinstance(connection.scope.get("user"), Caller):
        raise Unauthorized("sign in first")
    only_admins(connection, handler)


def once() -> str:
    """A key for a form."""
    return secrets.token_urlsafe(16)


def grounds_of(caller: Caller, told: Decision) -> Grounds:
    """Who decides, and why."""
    return Grounds(by=caller.email or caller.account_id, note=told.reason, code=told.code)


def request_of(told: Decision, route: str) -> RequestKey:
    """The decision as a request that is done once."""
    return RequestKey(f"PAGE {route}", told.once, sha256(json.encode(told)).hexdigest())
