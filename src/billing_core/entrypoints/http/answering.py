"""From what was raised to `application/problem+json`."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from math import ceil
from typing import Any

import attrs
import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import ParameterKwarg

from billing_core.domain.errors import AlreadySubscribed, DailyQuotaExceeded, InvalidValue, TooManyConcurrent
from billing_core.domain.options import Option
from billing_core.entrypoints.http.problems import Kind, kind_of
from billing_core.entrypoints.http.refusals import (
    FieldProblem,
    InvalidFields,
    RateLimited,
    TooManyStreams,
    Unauthorized,
)
from billing_core.ports.errors import IdempotencyKeyReused, Unavailable

PROBLEM_JSON = "application/problem+json"
CONCURRENT_RETRY_S = 5
# A problem's own `status` is HTTP's.
RENAMED = {"status": "current_status"}
Now = Callable[[], datetime]
Answer = Callable[[Request[Any, Any, Any], Exception], Response[bytes]]
Json = dict[str, Any]

log = logging.getLogger(__name__)


class Problem(msgspec.Struct, kw_only=True):
    """RFC 9457. What the code names stands beside these fields."""

    type: str
    title: str
    status: int
    detail: str
    code: str


def answering(now: Now) -> Answer:
    """The handler of every exception. `now` tells how far away a moment is that one may wait for."""

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        if isinstance(error, ValidationException):
            error = InvalidFields(_problems(error, request.route_handler))
        kind = kind_of(error)
        if kind.status == 500:
            log.error("%s %s failed", request.method, request.scope.get("path_template", ""), exc_info=error)
        return Response(body_of(error, kind), status_code=kind.status, media_type=PROBLEM_JSON, headers=_headers(error))

    def _headers(error: Exception) -> dict[str, str]:
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        wait = wait_s(error, now)
        if wait is not None:
            headers["Retry-After"] = str(wait)
        if isinstance(error, Unauthorized):
            headers["WWW-Authenticate"] = "Bearer"
        if isinstance(error, RateLimited):
            headers |= limits_of(error)
        return headers

    return answer


def limits_of(error: RateLimited) -> dict[str, str]:
    """The limit, and that nothing is left of it, as the IETF's draft of RateLimit headers has them."""
    return {
        "RateLimit-Policy": f'"{error.limit}";q={error.per_minute};w=60',
        "RateLimit": f'"{error.limit}";r=0;t={error.retry_after_s}',
    }


def body_of(error: Exception, kind: Kind) -> bytes:
    """The problem as JSON. What we did not foresee tells nothing of itself, and the gateway's words are for us."""
    is_silent = kind.status in {500, 502}
    named = {} if is_silent else fields_of(error)
    detail = kind.title if is_silent or not str(error) else str(error)
    if isinstance(error, HTTPException):
        detail = kind.title
    told: Json = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": detail, "code": kind.code}
    return msgspec.json.encode(named | told)


def fields_of(error: Exception) -> Json:
    """What the error carries, under its own names; of an idempotency key nothing, since it has another one here."""
    match error:
        case InvalidValue():
            return {"errors": [{"field": error.field, "problem": error.problem}]}
        case InvalidFields():
            return {"errors": [attrs.asdict(problem) for problem in error.errors]}
        case IdempotencyKeyReused():
            return {}
        case AlreadySubscribed():
            return _attributes(error) | {"portal": "/api/v1/subscriptions/portal"}
        case _:
            return _attributes(error)


def wait_s(error: Exception, now: Now) -> int | None:
    """After how many seconds trying again may help."""
    match error:
        case RateLimited() | Unavailable():
            return error.retry_after_s
        case TooManyConcurrent() | TooManyStreams():
            return CONCURRENT_RETRY_S
        case DailyQuotaExceeded():
            moments = [option.available_at for option in error.options if option.available_at is not None]
            return max(1, ceil((min(moments) - now()) / timedelta(seconds=1))) if moments else None
        case _:
            return None


def _attributes(error: Exception) -> Json:
    shape = type(error)
    named = attrs.fields(shape) if attrs.has(shape) else ()
    return {RENAMED.get(a.name, a.name): _plain(getattr(error, a.name)) for a in named}


def _plain(value: object) -> object:
    match value:
        case Option():
            return {name: _plain(got) for name, got in attrs.asdict(value).items() if got is not None}
        case Enum():
            return value.value
        case tuple() | list() | frozenset():
            return [_plain(item) for item in value]
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case _:
            return value


def _problems(error: ValidationException, handler: BaseRouteHandler) -> tuple[FieldProblem, ...]:
    """What is wrong with the query, the path or a header, as the framework tells it; or that there is no body."""
    told = error.extra if isinstance(error.extra, list) else []
    problems = [(str(one.get("key", "")), str(one.get("message", ""))) for one in told]
    return tuple(
        FieldProblem("body", "is missing") if name == "data" else FieldProblem(_sent_as(name, handler), problem)
        for name, problem in problems
    )


def _sent_as(name: str, handler: BaseRouteHandler) -> str:
    """What clients call the handler's parameter."""
    parameter = handler.parsed_fn_signature.parameters.get(name)
    told = parameter.kwarg_definition if parameter else None
    return (told.name if isinstance(told, ParameterKwarg) else None) or name
