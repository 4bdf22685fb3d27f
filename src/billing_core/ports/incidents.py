"""What needs a person."""

from datetime import datetime
from typing import Protocol

from attrs import frozen


@frozen(kw_only=True)
class Incident:
    """One oddity, kept until somebody resolves it. `account_id` is None where no account is known."""

    key: str
    account_id: str | None
    kind: str
    detail: str
    at: datetime


class Incidents(Protocol):
    """Those of an account are written by IncidentRaised records. Raises: Unavailable."""

    async def open(self, *, limit: int = 100) -> tuple[Incident, ...]:
        """The unresolved ones, newest first."""
        ...

    async def report(self, incident: Incident) -> None:
        """Keeps one that belongs to no account; the same key twice keeps it once."""
        ...
