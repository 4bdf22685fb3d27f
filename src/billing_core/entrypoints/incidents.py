"""How an incident is shown to operators, over HTTP and on the command line."""

from datetime import datetime

import msgspec

from billing_core.application.receiving import NOBODY
from billing_core.application.resolving import offered
from billing_core.domain.guides import GUIDES
from billing_core.ports.incidents import Incident


class GuideShape(msgspec.Struct, kw_only=True):
    """In plain English: what happened, what the system did by itself, and what you may do."""

    happened: str
    done: str
    advice: str


class ResolvedShape(msgspec.Struct, kw_only=True):
    """Who resolved it, when, how and why."""

    at: datetime
    by: str
    action: str
    note: str


class IncidentShape(msgspec.Struct, kw_only=True):
    """An oddity. `about` has the ids of what it is about; `at` is when it was met first, `last_at` when last, `times`
    how often; `actions` may resolve it, the best one first."""

    id: str
    kind: str
    title: str
    severity: str
    status: str
    account: str | None
    detail: str
    about: dict[str, str]
    at: datetime
    last_at: datetime
    times: int
    guide: GuideShape
    actions: list[str]
    resolved: ResolvedShape | None


def incident_of(incident: Incident) -> IncidentShape:
    """The incident as operators are shown it."""
    guide, done = GUIDES[incident.kind], incident.resolved
    told = GuideShape(happened=guide.happened, done=guide.done, advice=guide.advice)
    resolved = ResolvedShape(at=done.at, by=done.by, action=done.resolution.value, note=done.note) if done else None
    return IncidentShape(
        id=incident.id,
        kind=incident.kind.value,
        title=guide.title,
        severity=guide.severity.value,
        status="resolved" if done else "open",
        account=whose(incident),
        detail=incident.detail,
        about=dict(incident.about),
        at=incident.at,
        last_at=incident.last_at,
        times=incident.times,
        guide=told,
        actions=[] if done else [choice.value for choice in offered(incident)],
        resolved=resolved,
    )


def whose(incident: Incident) -> str | None:
    """The account that it is about; None where it is nobody's."""
    return None if incident.account_id == NOBODY else incident.account_id
