"""What an operator decides about an account: money back, suspension, debt. Each is kept with who decided, and why."""

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from billing_core.application.refunding import Refunded, RefundWish
from billing_core.application.suspending import Suspension
from billing_core.domain.acts import Grounds, ReasonCode
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import Caller, is_account_id, only_admins
from billing_core.entrypoints.http.bodies import Amount, Body, Line
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.http.payments import Cursor, Limit, PaymentsShape, payment_of
from billing_core.entrypoints.http.refusals import FieldProblem, InvalidFields
from billing_core.entrypoints.http.shapes import problems
from billing_core.entrypoints.stripe_settings import Mode

Id = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]


class ActBody(Body, kw_only=True):
    """Why: in words, and as a code to count by."""

    reason: Line
    code: ReasonCode = ReasonCode.OTHER


class ReinstateBody(ActBody, kw_only=True):
    """Which suspension is lifted; all of them where none is named."""

    suspension: Id | None = None


class RefundBody(ActBody, kw_only=True):
    """Which payment goes back: so much of it in minor units, or all that is left; and whether what it paid for ends."""

    payment: Id
    amount: Amount | None = None
    cancel_subscription: bool = False


class SuspensionShape(msgspec.Struct, kw_only=True):
    """What the account is suspended for."""

    suspended: bool
    suspended_for: list[str]


class RefundedShape(msgspec.Struct, kw_only=True):
    """What went back, in minor units; `canceled` is the subscription that was ended with it."""

    id: str
    payment: str
    amount: int
    currency: str
    status: str
    canceled: str | None


class ForgivenShape(msgspec.Struct, kw_only=True):
    """How many credits of debt were let go."""

    forgiven: int


class Operators(Controller):
    """`/admin/accounts/…`"""

    path = "/admin/accounts/{account_id:str}"
    guards = (only_admins,)
    tags = ("Admin",)

    @post("/suspend", status_code=200, responses=problems(401, 403, 404, 409, 422, 503))
    async def suspend(
        self,
        *,
        account_id: FromPath[str],
        data: JSONBody[ActBody],
        suspending: given.Suspending,
        caller: given.Caller,
        key: given.Key,
    ) -> SuspensionShape:
        """Suspends the account: it can read, but neither spend nor buy."""
        ensure_account_id(account_id)
        return _suspension(await suspending.suspend(account_id, grounds_of(caller, data), request=key))

    @post("/reinstate", status_code=200, responses=problems(401, 403, 404, 409, 422, 503))
    async def reinstate(
        self,
        *,
        account_id: FromPath[str],
        data: JSONBody[ReinstateBody],
        suspending: given.Suspending,
        caller: given.Caller,
        key: given.Key,
    ) -> SuspensionShape:
        """Lifts one suspension, or all."""
        ensure_account_id(account_id)
        grounds = grounds_of(caller, data)
        return _suspension(await suspending.reinstate(account_id, grounds, suspension=data.suspension, request=key))

    @post("/forgive", status_code=200, responses=problems(401, 403, 404, 409, 422, 503))
    async def forgive(
        self,
        *,
        account_id: FromPath[str],
        data: JSONBody[ActBody],
        forgiving: given.Forgiving,
        caller: given.Caller,
        key: given.Key,
    ) -> ForgivenShape:
        """Lets the account's debt go."""
        ensure_account_id(account_id)
        done = await forgiving(account_id, grounds_of(caller, data), request=key)
        return ForgivenShape(forgiven=done.amount)

    @post("/refund", guards=[payments_needed], status_code=200, responses=problems(401, 403, 404, 409, 422, 502, 503))
    async def refund(
        self,
        *,
        account_id: FromPath[str],
        data: JSONBody[RefundBody],
        refunding: given.Refunding,
        caller: given.Caller,
        key: given.Key,
    ) -> RefundedShape:
        """Gives money of a payment back, and lets the books follow at once."""
        ensure_account_id(account_id)
        wish = RefundWish(payment=data.payment, amount_minor=data.amount, cancel_subscription=data.cancel_subscription)
        return _refunded(await refunding(account_id, wish, grounds_of(caller, data), request=key))

    @get("/payments", guards=[payments_needed], responses=problems(401, 403, 409, 422, 503))
    async def payments(
        self,
        *,
        account_id: FromPath[str],
        paying: given.Paying,
        settings: given.Settings,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> PaymentsShape:
        """What the account paid, or tried to pay."""
        ensure_account_id(account_id)
        page = await paying(account_id, limit=limit, cursor=cursor)
        is_live = settings.mode is Mode.LIVE
        return PaymentsShape(
            data=[payment_of(paid, livemode=is_live, dashboard=paying.page_of(paid.id)) for paid in page.items],
            next_cursor=page.next_cursor,
        )


def ensure_account_id(account_id: str) -> None:
    """Raises InvalidFields for what no token could name."""
    if not is_account_id(account_id):
        raise InvalidFields((FieldProblem("account_id", "is not an account id"),))


def grounds_of(caller: Caller, told: ActBody) -> Grounds:
    """Who decides, and why."""
    return Grounds(by=caller.email or caller.account_id, note=told.reason, code=told.code)


def _suspension(kept: Suspension) -> SuspensionShape:
    return SuspensionShape(suspended=bool(kept.reasons), suspended_for=list(kept.reasons))


def _refunded(done: Refunded) -> RefundedShape:
    return RefundedShape(
        id=done.id,
        payment=done.payment,
        amount=done.amount_minor,
        currency=done.currency,
        status=done.status.value,
        canceled=done.canceled,
    )
