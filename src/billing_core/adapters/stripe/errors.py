"""From Stripe's errors to the port's.

Which error it is decides what a caller may believe: that nothing was done, that it may have been done, or that it
will never be. `Refused`, `Declined` and `Missing` are the port's errors with what the package must know besides.
"""

import stripe
from attrs import define

from billing_core.adapters.stripe.shapes import Shape, part, text
from billing_core.domain.errors import BillingError
from billing_core.ports.errors import (
    GatewayRefused,
    IdempotencyKeyReused,
    OutcomeUnknown,
    Unavailable,
    UnknownAtGateway,
)

STRIPE = "Stripe"
_LONGEST = 500
_MISSING = frozenset({"resource_missing", "not_found"})
_DEPENDENCY = 424


@define(str=False)
class Refused(GatewayRefused):
    """A refusal with Stripe's code for it and the parameter that it is about, where it names them."""

    code: str = ""
    param: str = ""


@define(str=False)
class Declined(Refused):
    """The card or the bank says no. A caller turns it into a value."""

    decline_code: str = ""


@define(str=False)
class Missing(UnknownAtGateway):
    """What was named is not there; `param` is the parameter that named it, empty for the path."""

    param: str = ""


class ServerFailed(Exception):
    """A definite 5xx on a change: Stripe keeps it and answers it again under the same key. It never leaves `api.py`."""


def is_too_many(error: stripe.StripeError) -> bool:
    """Whether the request was turned away before anything was done, only because there were too many."""
    return isinstance(error, stripe.RateLimitError) or error.http_status == 429


def is_of_a_twin(error: stripe.StripeError) -> bool:
    """Whether another request with the same idempotency key is on its way: what it is answered will be ours too."""
    return error.http_status == 409 and _told(error).get("code") == "idempotency_key_in_use"


def failure_of(error: stripe.StripeError, *, what: str, key: str | None) -> BillingError | ServerFailed:
    """What the error means for `what`; `key` is its idempotency key, None where it only reads."""
    told = _told(error)
    status, code = error.http_status or 0, text(told, "code") or ""
    if isinstance(error, stripe.APIConnectionError) or 200 <= status < 300 or status == 409:
        return _unknown(what, key)
    if status >= 500 or status == _DEPENDENCY:
        return ServerFailed() if key is not None else Unavailable(STRIPE)
    if not told:
        return Refused(f"{status}, and no error of Stripe's")
    if isinstance(error, stripe.IdempotencyError) or text(told, "type") == "idempotency_error":
        return IdempotencyKeyReused(key or "")
    if status == 404 or code in _MISSING:
        return Missing(_message(told).removeprefix("No such ") or what, text(told, "param") or "")
    return _refusal(status, code, told)


def _told(error: stripe.StripeError) -> Shape:
    return part(error.json_body, "error") if isinstance(error.json_body, dict) else {}


def unreadable(what: str, key: str | None) -> BillingError:
    """What an answer means that nobody can read."""
    return _unknown(what, key)


def _unknown(what: str, key: str | None) -> BillingError:
    return OutcomeUnknown(what) if key is not None else Unavailable(STRIPE)


def _refusal(status: int, code: str, told: Shape) -> Refused:
    problem = ": ".join(filter(None, (code or str(status), _message(told))))
    param = text(told, "param") or ""
    if status == 402:
        return Declined(problem, code, param, text(told, "decline_code") or code)
    return Refused(problem, code, param)


def _message(told: Shape) -> str:
    return (text(told, "message", longest=10**6) or "")[:_LONGEST]
