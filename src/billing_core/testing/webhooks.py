"""A signed sample of any event that Stripe has."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from secrets import token_hex
from typing import Any, get_args

import stripe

from billing_core.adapters.simulated.outbox import sign
from billing_core.testing.samples import Json, object_of

SECRET = "whsec_for_tests"
"""The signing secret of `billing_for_tests`, and of samples that name no other."""

API_VERSION = stripe.api_version


@cache
def event_types() -> tuple[str, ...]:
    """Every type, as Stripe's own library lists them."""
    return get_args(stripe.Event.__annotations__["type"])


def webhook(
    event_type: str,
    *,
    secret: str = SECRET,
    at: datetime | None = None,
    event_id: str | None = None,
    **overrides: Any,
) -> tuple[bytes, str]:
    """The body and the Stripe-Signature header of an event of that type.

    `overrides` are fields of the object that it tells of; a mapping goes into the one that is there. `at` is when it
    was made and signed (now, if None), and a new id is made unless one is given. Raises ValueError for a type that
    Stripe does not have.
    """
    if event_type not in event_types():
        close = get_close_matches(event_type, event_types(), 1)
        raise ValueError(f"Stripe has no event {event_type}" + (f"; did you mean {close[0]}?" if close else ""))
    made_at = at or datetime.now(UTC)
    seconds = int(made_at.timestamp())
    event: Json = {
        "id": event_id or f"evt_{token_hex(8)}",
        "object": "event",
        "api_version": API_VERSION,
        "created": seconds,
        "data": {"object": _merged(object_of(event_type, seconds), overrides)},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
    }
    if event_type.endswith(".updated"):
        event["data"]["previous_attributes"] = {}
    body = json.dumps(event).encode()
    return body, sign(body, secret, made_at)


def _merged(told: Json, overrides: Mapping[str, Any]) -> Json:
    merged = dict(told)
    for name, value in overrides.items():
        before: Any = merged.get(name)
        is_both = isinstance(before, dict) and isinstance(value, Mapping)
        merged[name] = _merged(before, value) if is_both else value
    return merged
