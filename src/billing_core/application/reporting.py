"""Showing a person what nobody who asked can mend."""

from contextlib import suppress
from hashlib import sha256

from attrs import frozen

from billing_core.domain.incidents import IncidentKind
from billing_core.ports.clock import Clock
from billing_core.ports.errors import GatewayRefused, Unavailable
from billing_core.ports.incidents import Incident, Incidents


@frozen
class ReportingRefusals:
    """Makes an incident of what the gateway will not take; the same refusal is one incident a day."""

    incidents: Incidents
    clock: Clock

    async def __call__(self, refused: GatewayRefused) -> None:
        """Where it cannot be kept now, it is left: whoever asks next meets the same."""
        now = self.clock.now()
        digest = sha256(refused.problem.encode()).hexdigest()[:16]
        incident = Incident(
            key=f"gateway-refused:{now:%Y-%m-%d}:{digest}",
            account_id=None,
            kind=IncidentKind.GATEWAY_REFUSED,
            detail=str(refused),
            at=now,
        )
        with suppress(Unavailable):
            await self.incidents.report(incident)
