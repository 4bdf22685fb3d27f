"""Words that all stores write alike."""

from datetime import datetime

from billing_core.domain.incidents import IncidentKind
from billing_core.ports.records import IncidentRaised

NAMES = {"cus_": "customer", "sub_": "subscription", "cs_": "session", "in_": "invoice"}


def owned_already(provider_id: str, owner: str, *, at: datetime) -> IncidentRaised:
    """The incident of an account that claims what another one owns."""
    name = next((name for prefix, name in NAMES.items() if provider_id.startswith(prefix)), "payment")
    return IncidentRaised(
        key=f"owner:{provider_id}",
        kind=IncidentKind.OWNER_CONFLICT,
        detail=f"{provider_id} is owned by {owner}",
        at=at,
        about={name: provider_id},
    )
