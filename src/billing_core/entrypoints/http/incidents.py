"""Incidents, for operators."""

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from billing_core.domain.acts import Grounds, ReasonCode
from billing_core.domain.incidents import IncidentKind, Resolution
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import is_account_id, only_admins
from billing_core.entrypoints.http.bodies import Body, Line
from billing_core.entrypoints.http.payments import Cursor, Limit
from billing_core.entrypoints.http.refusals import FieldProblem, InvalidFields
from billing_core.entrypoints.http.shapes import problems
from billing_core.entrypoints.incidents import IncidentShape, incident_of
from billing_core.ports.incidents import IncidentFilter, IncidentStatus

Status = Annotated[IncidentStatus | None, QueryParameter()]
KindAsked = Annotated[IncidentKind | None, QueryParameter(name="kind")]
AccountAsked = Annotated[str | None, QueryParameter(name="account", max_length=255)]


class IncidentsShape(msgspec.Struct, kw_only=True):
    """A page of incidents, newest first."""

    data: list[IncidentShape]
    next_cursor: str | None


class ResolutionBody(Body):
    """What to do about it, why (in words, and as a code to count by), and (to assign it) whose it is."""

    action: Resolution
    note: Line
    code: ReasonCode = ReasonCode.OTHER
    account: str | None = None


class IncidentsOfAdmin(Controller):
    """`/admin/incidents`"""

    path = "/admin/incidents"
    guards = (only_admins,)
    tags = ("Admin",)

    @get("/", responses=problems(401, 403, 422, 503))
    async def show(
        self,
        *,
        resolving: given.Resolving,
        status: Status = None,
        of_kind: KindAsked = None,
        of_account: AccountAsked = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> IncidentsShape:
        """What needs a person, or did, newest first."""
        wanted = IncidentFilter(status=status, kind=of_kind, account_id=of_account)
        page = await resolving.page(wanted, limit=limit, cursor=cursor)
        return IncidentsShape(data=[incident_of(incident) for incident in page.items], next_cursor=page.next_cursor)

    @post("/{incident_id:str}/resolve", status_code=200, responses=problems(401, 403, 404, 409, 422, 503))
    async def resolve(
        self,
        incident_id: FromPath[str],
        data: JSONBody[ResolutionBody],
        resolving: given.Resolving,
        caller: given.Caller,
    ) -> IncidentShape:
        """Has something done about it and closes it. Asked for twice, it is done once; still there, it stays open."""
        if data.account is not None and not is_account_id(data.account):
            raise InvalidFields((FieldProblem("account", "is not an account id"),))
        grounds = Grounds(by=caller.email or caller.account_id, note=data.note, code=data.code)
        done = await resolving(incident_id, data.action, grounds, account_id=data.account)
        return incident_of(done)
