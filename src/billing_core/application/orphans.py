"""Money that came in and is nobody's."""

from collections.abc import Mapping
from datetime import timedelta

from attrs import frozen

from billing_core.domain.incidents import IncidentKind
from billing_core.ports.clock import Clock
from billing_core.ports.directory import Directory
from billing_core.ports.incidents import Incident, Incidents

CLAIMED_WITHIN = timedelta(minutes=10)


@frozen
class ReportingOrphan:
    """Shows a person a paid checkout that is still parked, since its owner did not come to light."""

    directory: Directory
    incidents: Incidents
    clock: Clock

    async def run(self, args: Mapping[str, str]) -> None:
        """The job. One that has been taken in meanwhile is no orphan."""
        event_id, provider_id = args["event_id"], args["provider_id"]
        parked = await self.directory.parked_for(provider_id)
        if any(event.event_id == event_id for event in parked):
            detail = f"a paid checkout of {provider_id} (webhook {event_id}) belongs to no account"
            about = {"event": event_id, "customer" if provider_id.startswith("cus_") else "session": provider_id}
            await report_orphan(self.incidents, self.clock, key=event_id, detail=detail, about=about)


async def report_orphan(incidents: Incidents, clock: Clock, *, key: str, detail: str, about: Mapping[str, str]) -> None:
    """`about` has the ids that somebody may be found to own. Raises Unavailable."""
    await incidents.report(
        Incident(
            key=f"orphan-payment:{key}",
            account_id=None,
            kind=IncidentKind.ORPHAN_PAYMENT,
            detail=detail,
            at=clock.now(),
            about=about,
        )
    )
