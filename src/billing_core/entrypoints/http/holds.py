"""Holding credits, for products that spend them on anything else than pictures."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Controller, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from billing_core.application.spending import HOLD_FOR, LONGEST_HOLD, HoldSettled
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import MOST, Amount, Body, Line
from billing_core.entrypoints.http.shapes import problems

A_SECOND = timedelta(seconds=1)


class HoldBody(Body):
    """How much to set aside, what for, and for how long."""

    amount: Amount
    reason: Line
    ttl_seconds: Annotated[int, Meta(ge=1, le=LONGEST_HOLD // A_SECOND)] = HOLD_FOR // A_SECOND


class CaptureBody(Body):
    """How much of the hold to take; without an amount, all of it."""

    amount: Annotated[int, Meta(ge=0, le=MOST)] | None = None


class HoldShape(msgspec.Struct, kw_only=True):
    """Credits that are set aside until then."""

    id: str
    amount: int
    expires_at: datetime
    status: str = "held"


class SettledShape(msgspec.Struct, kw_only=True):
    """A hold that ended; `amount` of it was captured."""

    id: str
    amount: int
    status: str


class Holds(Controller):
    """`/credits/holds`"""

    path = "/credits/holds"
    tags = ("Credits",)

    @post("/", responses=problems(401, 402, 403, 409, 422, 429, 503))
    async def hold(
        self, data: JSONBody[HoldBody], caller: given.Caller, holding: given.Holding, key: given.Key
    ) -> HoldShape:
        """Sets credits aside."""
        ttl = data.ttl_seconds * A_SECOND
        placed = await holding(caller.account_id, data.amount, reason=data.reason, ttl=ttl, request=key)
        return HoldShape(id=placed.id, amount=placed.amount, expires_at=placed.expires_at)

    @post("/{hold_id:str}/capture", status_code=200, responses=problems(401, 404, 409, 422, 503))
    async def capture(
        self,
        hold_id: FromPath[str],
        caller: given.Caller,
        capturing: given.Capturing,
        key: given.Key,
        data: JSONBody[CaptureBody | None] = None,
    ) -> SettledShape:
        """Takes what was held, or less; the rest goes back."""
        amount = data.amount if data else None
        return _settled(await capturing(caller.account_id, hold_id, amount=amount, request=key))

    @post("/{hold_id:str}/release", status_code=200, responses=problems(401, 404, 409, 422, 503))
    async def release(
        self, hold_id: FromPath[str], caller: given.Caller, releasing: given.Releasing, key: given.Key
    ) -> SettledShape:
        """Gives everything back."""
        return _settled(await releasing(caller.account_id, hold_id, request=key))


def _settled(settled: HoldSettled) -> SettledShape:
    return SettledShape(id=settled.id, amount=settled.amount, status=settled.status)
