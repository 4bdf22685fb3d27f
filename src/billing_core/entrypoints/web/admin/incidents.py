"""Incidents: what needs a person, and doing something about it."""

from typing import Any
from urllib.parse import quote

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from billing_core.application.errors import IncidentClosed
from billing_core.application.resolving import offered
from billing_core.domain.errors import BillingError
from billing_core.domain.guides import GUIDES
from billing_core.domain.incidents import IncidentKind, Resolution
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import Name
from billing_core.entrypoints.http.refusals import InvalidFields
from billing_core.entrypoints.web.admin.accounts import Word
from billing_core.entrypoints.web.admin.doors import CODES, FEW, Decision, grounds_of, once, operators_only
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.wording import sentence
from billing_core.ports.incidents import IncidentFilter, IncidentStatus

LABELS = {
    Resolution.DISMISS: "Dismiss: nothing more is to be done",
    Resolution.ASSIGN: "Assign it to an account",
    Resolution.RETRY: "Try again",
    Resolution.FETCH_AGAIN: "Fetch it again from Stripe",
    Resolution.REINSTATE: "Lift the suspension",
    Resolution.CANCEL_SUBSCRIPTION: "Cancel the surplus subscription",
    Resolution.REFUND: "Give the money back",
}


class ResolutionForm(Decision, kw_only=True):
    """What to do about it, and (to assign it) whose it is."""

    action: Resolution
    account: Name | None = None


class IncidentPages(Controller):
    """`/admin/incidents`"""

    path = "/admin/incidents"
    guards = (operators_only,)
    include_in_schema = False

    @get("/")
    async def show(
        self,
        *,
        web: Page,
        resolving: given.Resolving,
        status: Word = "open",
        kind: Word = "",
        account: Word = "",
        cursor: Word = "",
    ) -> Response[str]:
        """Those that are open, or all of a kind, newest first."""
        kinds = {each.value: each for each in IncidentKind}
        statuses = {each.value: each for each in IncidentStatus}
        wanted = IncidentFilter(status=statuses.get(status), kind=kinds.get(kind), account_id=account or None)
        page = await resolving.page(wanted, limit=FEW, cursor=cursor or None)
        return web.page(
            "admin_incidents.html", found=page, guides=GUIDES, chosen=status, kind=kind, account=account, kinds=kinds
        )

    @get("/{incident_id:str}")
    async def one(self, web: Page, incident_id: FromPath[str], resolving: given.Resolving) -> Response[str]:
        """One, with what happened, what was done, and what may be done now."""
        incident = await resolving.find(incident_id)
        return web.page(
            "admin_incident.html",
            incident=incident,
            guide=GUIDES[incident.kind],
            choices=[(choice.value, LABELS[choice]) for choice in offered(incident)],
            needs_account=Resolution.ASSIGN in offered(incident),
            codes=CODES,
            once=once,
        )

    @post("/{incident_id:str}")
    async def resolve(
        self, web: Page, incident_id: FromPath[str], form: Filled, caller: given.Caller, resolving: given.Resolving
    ) -> Redirect:
        path = f"/admin/incidents/{quote(incident_id, safe='')}"
        try:
            told = form.read(ResolutionForm)
            whose = told.account if told.action is Resolution.ASSIGN else None
            await resolving(incident_id, told.action, grounds_of(caller, told), account_id=whose)
        except (BillingError, InvalidFields) as refused:
            return web.see(path, problem=problem_of(refused))
        return web.see(path, said="Done, and the incident is closed.")


def problem_of(refused: Any) -> str:
    """Why it was not done."""
    if isinstance(refused, IncidentClosed):
        return "Somebody else has closed it already."
    return sentence(str(refused))
