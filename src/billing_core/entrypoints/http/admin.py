"""What an operator does over HTTP."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from billing_core.domain.acts import ReasonCode
from billing_core.domain.admission import Wish
from billing_core.entrypoints.explanations import BalanceShape, ExplanationShape, VerdictShape, explained, judged
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import is_account_id, only_admins
from billing_core.entrypoints.http.bodies import MOST, Body, Line
from billing_core.entrypoints.http.credits import Images, Subject
from billing_core.entrypoints.http.refusals import FieldProblem, InvalidFields
from billing_core.entrypoints.http.shapes import problems

Moment = Annotated[datetime, Meta(tz=True)]
AskedMoment = Annotated[str | None, QueryParameter(name="at", format="date-time")]


class AdjustmentBody(Body):
    """How many credits to give (or, below zero, to take), why (in words, and as a code to count by), and until when."""

    amount: Annotated[int, Meta(ge=-MOST, le=MOST)]
    reason: Line
    code: ReasonCode = ReasonCode.OTHER
    expires_at: Moment | None = None


class AdjustedShape(msgspec.Struct, kw_only=True):
    """What was given or taken, and what is available and owed after it."""

    id: str
    amount: int
    available: int
    debt: int


class Admin(Controller):
    """`/admin`"""

    path = "/admin"
    guards = (only_admins,)
    tags = ("Admin",)

    @get("/accounts/{account_id:str}/explain", responses=problems(401, 403, 404, 422))
    async def explain(
        self,
        *,
        account_id: FromPath[str],
        explaining: given.Explaining,
        grant: Subject = None,
        work: Subject = None,
        asked_moment: AskedMoment = None,
        denied: FromQuery[bool] = False,
        model: Subject = None,
        size: Subject = None,
        quality: Subject = None,
        n: Images = 1,
    ) -> BalanceShape | ExplanationShape | VerdictShape:
        """Why an account's balance is, or `at` an instant was, what it is; or where a grant's credits went, or what
        paid for a piece of work; with `denied`, why pictures are or were refused, check by check."""
        moment = _utc("at", asked_moment) if asked_moment is not None else None
        if denied:
            wish = Wish(model=model, size=size, quality=quality, n=n)
            return await judged(explaining, account_id, wish, moment=moment)
        return await explained(explaining, account_id, grant=grant, work=work, moment=moment)

    @post("/accounts/{account_id:str}/credits", responses=problems(401, 403, 409, 422, 503))
    async def adjust(
        self,
        *,
        account_id: FromPath[str],
        data: JSONBody[AdjustmentBody],
        adjusting: given.Adjusting,
        caller: given.Caller,
        key: given.Key,
    ) -> AdjustedShape:
        """Gives credits, or takes at most what is available."""
        if not is_account_id(account_id):
            raise InvalidFields((FieldProblem("account_id", "is not an account id"),))
        until = _utc("expires_at", data.expires_at) if data.expires_at else None
        done = await adjusting(
            account_id,
            data.amount,
            reason=data.reason,
            code=data.code,
            by=caller.email or caller.account_id,
            expires_at=until,
            request=key,
        )
        return AdjustedShape(id=done.id, amount=done.amount, available=done.available, debt=done.debt)


def _utc(field: str, moment: datetime | str) -> datetime:
    """The moment, if it has an offset from UTC and can be told in UTC. Raises InvalidFields."""
    try:
        return msgspec.convert(moment, Moment).astimezone(UTC)
    except msgspec.ValidationError as error:
        raise InvalidFields((FieldProblem(field, str(error)),)) from error
    except OverflowError as error:
        raise InvalidFields((FieldProblem(field, "is too far away"),)) from error
