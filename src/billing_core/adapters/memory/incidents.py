"""Incidents in memory."""

from datetime import datetime

from attrs import evolve, frozen

from billing_core.adapters.books.text import encoded
from billing_core.adapters.memory.state import MemoryState
from billing_core.adapters.memory.writers import raise_incident
from billing_core.ports.incidents import ALL, Incident, IncidentFilter, IncidentStatus, Resolved


@frozen
class MemoryIncidents:
    """What needs a person."""

    state: MemoryState

    async def open(self, *, limit: int = 100) -> tuple[Incident, ...]:
        return await self.page(IncidentFilter(status=IncidentStatus.OPEN), limit=limit)

    async def page(
        self, wanted: IncidentFilter = ALL, *, limit: int = 100, after: Incident | None = None
    ) -> tuple[Incident, ...]:
        newest_first = sorted(filter(wanted.takes, self.state.incidents.values()), key=_place, reverse=True)
        return tuple([found for found in newest_first if after is None or _place(found) < _place(after)][:limit])

    async def find(self, id: str) -> Incident | None:  # noqa: A002
        return next((incident for incident in self.state.incidents.values() if incident.id == id), None)

    async def report(self, incident: Incident) -> None:
        encoded("incident", incident)
        raise_incident(self.state, incident.account_id, incident, incident.at)

    async def resolve(self, incident: Incident, resolved: Resolved) -> bool:
        encoded("note", resolved)
        kept = self.state.incidents.get((incident.account_id, incident.key))
        if kept is None or kept.resolved is not None or kept.times != incident.times:
            return False
        self.state.incidents[incident.account_id, incident.key] = evolve(kept, resolved=resolved)
        return True


def _place(incident: Incident) -> tuple[datetime, str]:
    return incident.at, incident.id
