"""A bad line to Stripe, and a Stripe on a bad day."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from attrs import define, field

from billing_core.adapters.stripe.transport import Answering
from billing_core.testing.chaos.faults import Fault, Faults

_ID = re.compile(r"/[a-z]+_(test_)?[A-Za-z0-9]*[A-Z0-9][A-Za-z0-9]*(?=/|$)")

Answer = tuple[int, Mapping[str, str], bytes]

_FAILED = json.dumps({"error": {"type": "api_error", "message": "failed by chaos"}}).encode()
_TOO_MANY = json.dumps({"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "chaos"}}).encode()

KEPT_FOR = timedelta(hours=24)


def _now() -> datetime:
    return datetime.now(UTC)


@define
class ChaoticLine:
    """An Answering that is cut before or after Stripe has answered, repeats requests, is slow, and says 429 or 500.

    As at Stripe, a 500 to a change is kept under its idempotency key for a day, and answered again for whoever comes
    with it. `now` tells the time.
    """

    answering: Answering
    faults: Faults
    now: Callable[[], datetime] = _now
    _kept: dict[str, tuple[datetime, Answer]] = field(factory=dict, init=False)

    async def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises ConnectionError where no answer comes through."""
        place, key = _place(method, url), headers.get("Idempotency-Key")
        if (kept := self._kept.get(key or "")) is not None and self.now() < kept[0] + KEPT_FOR:
            return kept[1]
        fault = self.faults.draw(place, *_possible(method))
        match fault:
            case Fault.LOST_BEFORE:
                raise ConnectionError("cut before it was asked")
            case Fault.TOO_MANY:
                return 429, {}, _TOO_MANY
            case Fault.FAILED_BEFORE:
                return self._failed(key)
            case Fault.TWICE:
                await self.answering(method, url, headers, body)
            case Fault.LATE:
                await self.faults.late(place)
            case _:
                pass
        answer = await self.answering(method, url, headers, body)
        if fault is Fault.LOST_AFTER:
            raise ConnectionError("cut before it was heard")
        return self._failed(key) if fault is Fault.FAILED_AFTER else answer

    def _failed(self, key: str | None) -> Answer:
        answer: Answer = 500, {"Stripe-Should-Retry": "false"}, _FAILED
        if key is not None:
            self._kept[key] = self.now(), answer
        return answer


def _possible(method: str) -> tuple[Fault, ...]:
    """Nothing comes of a read, so it cannot fail after its effect. A DELETE that comes twice finds nothing left."""
    read = (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.TOO_MANY, Fault.FAILED_BEFORE, Fault.LATE)
    twice = (Fault.TWICE,) if method == "POST" else ()
    return read if method == "GET" else (*read, Fault.FAILED_AFTER, *twice)


def _place(method: str, url: str) -> str:
    """The request without its ids, so that the same places are counted together."""
    path = urlsplit(url).path
    return f"{method} {_ID.sub('/…', path)}"
