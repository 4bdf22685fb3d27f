"""Incidents in memory."""

from attrs import frozen

from billing_core.adapters.books.text import encoded
from billing_core.adapters.memory.state import MemoryState
from billing_core.adapters.memory.writers import raise_incident
from billing_core.ports.incidents import Incident


@frozen
class MemoryIncidents:
    """What needs a person."""

    state: MemoryState

    async def open(self, *, limit: int = 100) -> tuple[Incident, ...]:
        newest_first = sorted(
            self.state.incidents.values(), key=lambda i: (i.at, i.account_id or "", i.key), reverse=True
        )
        return tuple(newest_first[:limit])

    async def report(self, incident: Incident) -> None:
        encoded("incident", incident)
        raise_incident(self.state, incident.account_id, incident, incident.at)
