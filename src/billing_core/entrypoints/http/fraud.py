"""Fraud warnings, for operators."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, get, patch
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from billing_core.application.reviewing import Review
from billing_core.domain.acts import ReasonCode
from billing_core.domain.fraud import WarningStatus
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import only_admins
from billing_core.entrypoints.http.bodies import NO_NUL, Body
from billing_core.entrypoints.http.payments import Cursor, Limit
from billing_core.entrypoints.http.shapes import problems
from billing_core.ports.warnings import FraudWarning, WarningFilter

Status = Annotated[WarningStatus | None, QueryParameter()]
AccountAsked = Annotated[str | None, QueryParameter(name="account", max_length=255)]
Notes = Annotated[str, Meta(max_length=10_000, pattern=NO_NUL)]


class FraudWarningShape(msgspec.Struct, kw_only=True):
    """A case. `policy` is what was done at once; `actionable` says whether the payment can still be given back."""

    id: str
    account: str
    payment: str
    dashboard_url: str
    kind: str
    risk: str
    policy: str
    actionable: bool
    at: datetime
    status: str
    notes: str
    noted_at: datetime | None
    noted_by: str | None


class FraudWarningsShape(msgspec.Struct, kw_only=True):
    """A page of fraud warnings, newest first."""

    data: list[FraudWarningShape]
    next_cursor: str | None


class ReviewBody(Body):
    """How the case stands now, and what is to be remembered; what is left out stays as it was."""

    status: WarningStatus | None = None
    notes: Notes | None = None
    code: ReasonCode = ReasonCode.OTHER


class FraudWarnings(Controller):
    """`/admin/fraud-warnings`"""

    path = "/admin/fraud-warnings"
    guards = (only_admins,)
    tags = ("Admin",)

    @get("/", responses=problems(401, 403, 422, 503))
    async def show(
        self,
        *,
        reviewing: given.Reviewing,
        paying: given.Paying,
        status: Status = None,
        of_account: AccountAsked = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> FraudWarningsShape:
        """What the networks of cards warned of, newest first."""
        wanted = WarningFilter(status=status, account_id=of_account)
        page = await reviewing.page(wanted, limit=limit, cursor=cursor)
        shown = [warning_of(warning, paying.page_of(warning.payment)) for warning in page.items]
        return FraudWarningsShape(data=shown, next_cursor=page.next_cursor)

    @get("/{warning_id:str}", responses=problems(401, 403, 404, 503))
    async def find(
        self, warning_id: FromPath[str], reviewing: given.Reviewing, paying: given.Paying
    ) -> FraudWarningShape:
        """One case."""
        warning = await reviewing.find(warning_id)
        return warning_of(warning, paying.page_of(warning.payment))

    @patch("/{warning_id:str}", responses=problems(401, 403, 404, 422, 503))
    async def review(
        self,
        *,
        warning_id: FromPath[str],
        data: JSONBody[ReviewBody],
        reviewing: given.Reviewing,
        paying: given.Paying,
        caller: given.Caller,
    ) -> FraudWarningShape:
        """Moves a case, or writes something down. A dismissed warning suspends the account no more."""
        review = Review(status=data.status, notes=data.notes, code=data.code)
        warning = await reviewing(warning_id, review, by=caller.email or caller.account_id)
        return warning_of(warning, paying.page_of(warning.payment))


def warning_of(warning: FraudWarning, page: str) -> FraudWarningShape:
    """The case as operators are shown it."""
    return FraudWarningShape(
        id=warning.id,
        account=warning.account_id,
        payment=warning.payment,
        dashboard_url=page,
        kind=warning.kind,
        risk=warning.risk.value,
        policy=warning.policy.value,
        actionable=warning.actionable,
        at=warning.at,
        status=warning.status.value,
        notes=warning.notes,
        noted_at=warning.noted_at,
        noted_by=warning.noted_by,
    )
