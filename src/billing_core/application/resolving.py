"""Resolving incidents: a person decides, something is done about it, and who, when, how and why are kept."""

from collections.abc import Mapping
from contextlib import suppress

from attrs import evolve, frozen

from billing_core.application.acting import acted
from billing_core.application.errors import IncidentClosed, IncidentNotFound, IncidentRemains, NotOffered
from billing_core.application.mending import OWNABLE, Mending
from billing_core.application.receiving import NOBODY
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.acts import Act, Grounds, ReasonCode
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import InvalidValue
from billing_core.domain.guides import GUIDES
from billing_core.domain.incidents import IncidentKind, Resolution
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Cause, Commit
from billing_core.ports.errors import Unavailable
from billing_core.ports.incidents import Incident, IncidentFilter, Incidents, Resolved

NEEDS: Mapping[Resolution, tuple[str, ...]] = {
    Resolution.ASSIGN: OWNABLE,
    Resolution.RETRY: ("event", "gone", "tally", "hold"),
    Resolution.FETCH_AGAIN: ("payment", "subscription", "invoice"),
    Resolution.REINSTATE: ("dispute",),
    Resolution.CANCEL_SUBSCRIPTION: ("subscription",),
    Resolution.REFUND: ("payment",),
}
"""Of these ids an incident must have one. Those of earlier versions have none, and can only be dismissed."""


@frozen(kw_only=True)
class IncidentPage:
    """Some incidents, newest first, and where the next ones begin."""

    items: tuple[Incident, ...]
    next_cursor: str | None


@frozen
class Resolving:
    """Shows incidents to operators, and resolves them. Raises everywhere: Unavailable."""

    incidents: Incidents
    mend: Mending
    accounts: AccountRepository
    catalog: Catalog
    clock: Clock

    async def page(self, wanted: IncidentFilter, *, limit: int, cursor: str | None = None) -> IncidentPage:
        """A cursor is the id of the last incident that was seen; an unknown one begins anew."""
        after = None if cursor is None else await self.incidents.find(cursor)
        found = await self.incidents.page(wanted, limit=limit + 1, after=after)
        shown = found[:limit]
        return IncidentPage(items=shown, next_cursor=shown[-1].id if len(found) > limit else None)

    async def find(self, incident_id: str) -> Incident:
        """Raises IncidentNotFound."""
        incident = await self.incidents.find(incident_id)
        if incident is None:
            raise IncidentNotFound(incident_id)
        return incident

    async def __call__(
        self, incident_id: str, resolution: Resolution, grounds: Grounds, *, account_id: str | None = None
    ) -> Incident:
        """Has it done, and closes the incident. One that was resolved in this way already is left as it is.

        Raises IncidentNotFound, IncidentClosed, NotOffered, InvalidValue (an account where there is none to name, or
        none where there is), what mending raises, and IncidentRemains.
        """
        if (account_id is None) is (resolution is Resolution.ASSIGN):
            raise InvalidValue("account", "names whose it is, to assign it, and nothing else")
        incident = await self.find(incident_id)
        if incident.resolved is None:
            incident = await self._resolved(incident, resolution, grounds, account_id)
        if incident.resolved is None:
            raise IncidentRemains(incident_id, incident.detail)
        if incident.resolved.resolution is not resolution:
            raise IncidentClosed(incident_id, incident.resolved.resolution.value)
        await self._note(incident, resolution, grounds, account_id or incident.account_id)
        return incident

    async def _resolved(
        self, incident: Incident, resolution: Resolution, grounds: Grounds, account_id: str | None
    ) -> Incident:
        """The incident afterwards: open where it was met again meanwhile, and perhaps resolved by somebody else."""
        if resolution not in offered(incident):
            raise NotOffered(resolution.value, tuple(choice.value for choice in offered(incident)))
        await self._have_done(incident, resolution, grounds, account_id)
        done = Resolved(at=self.clock.now(), by=grounds.by, resolution=resolution, note=grounds.note)
        is_done = await self.incidents.resolve(incident, done)
        return evolve(incident, resolved=done) if is_done else await self.find(incident.id)

    async def _note(self, incident: Incident, resolution: Resolution, grounds: Grounds, account_id: str | None) -> None:
        """In the stream of the account that it concerns, once. The incident itself tells it too, so that one about an
        account that cannot be read is closed all the same."""
        if account_id in {None, NOBODY}:
            return
        now = self.clock.now()
        about = {"incident": incident.id, "kind": incident.kind.value, "action": resolution.value}

        def note(account: Account) -> Commit[bool]:
            held = at(account, now, self.catalog)
            return Commit(True, (*held.due, acted(held, Act.RESOLVED_INCIDENT, grounds, about)))

        key = f"resolved:{incident.id}:{incident.times}"
        with suppress(Unavailable):
            await self.accounts.change(
                str(account_id), note, cause=Cause(key=key, fingerprint=resolution.value, answer_type=bool)
            )

    async def _have_done(
        self, incident: Incident, resolution: Resolution, grounds: Grounds, account_id: str | None
    ) -> None:
        match resolution:
            case Resolution.ASSIGN:
                await self.mend.assign(incident, str(account_id))
            case Resolution.RETRY:
                await self.mend.retry(incident)
            case Resolution.FETCH_AGAIN:
                await self.mend.fetch_again(incident)
            case Resolution.REINSTATE:
                await self.mend.reinstate(incident)
            case Resolution.CANCEL_SUBSCRIPTION:
                await self.mend.cancel_subscription(incident)
            case Resolution.REFUND:
                await self.mend.refund(incident, _as_fraud(incident, grounds))
            case Resolution.DISMISS:
                pass


def _as_fraud(incident: Incident, grounds: Grounds) -> Grounds:
    """Who gives back what a card's network warned of, and names no other reason, does it for fraud."""
    is_fraud = incident.kind is IncidentKind.FRAUD_WARNING and grounds.code is ReasonCode.OTHER
    return evolve(grounds, code=ReasonCode.FRAUDULENT) if is_fraud else grounds


def offered(incident: Incident) -> tuple[Resolution, ...]:
    """How it may be resolved: what its kind offers, as far as it names what is needed for that."""
    return tuple(
        [
            choice
            for choice in GUIDES[incident.kind].choices
            if choice is Resolution.DISMISS
            or incident.kind is IncidentKind.ACCRUAL_FAILED
            or any(name in incident.about for name in NEEDS[choice])
        ]
    )
