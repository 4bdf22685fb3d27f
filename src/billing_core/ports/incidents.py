"""What needs a person."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import Factory, field, frozen

from billing_core.domain.incidents import IncidentKind, Resolution, incident_id


@frozen(kw_only=True)
class Resolved:
    """Who resolved an incident, when, how and why."""

    at: datetime
    by: str
    resolution: Resolution
    note: str


@frozen(kw_only=True)
class Incident:
    """One oddity, kept until somebody resolves it. `account_id` is None where no account is known.

    `about` names what it is about by its ids: `payment`, `invoice`, `subscription`, `session`, `event`, `warning`,
    `price`, `customer`, `dispute`, `review`, `model`, `job`, `hold`, `tally`. `at` is when it was met first (since it
    was resolved last), `last_at` when last; `times` counts all of them.
    """

    key: str
    account_id: str | None
    kind: IncidentKind
    detail: str
    at: datetime
    about: Mapping[str, str] = field(factory=dict)
    last_at: datetime = Factory(lambda self: self.at, takes_self=True)
    times: int = 1
    resolved: Resolved | None = None

    @property
    def id(self) -> str:
        return incident_id(self.account_id, self.key)


class IncidentStatus(Enum):
    """Whether it still needs a person."""

    OPEN = "open"
    RESOLVED = "resolved"


@frozen(kw_only=True)
class IncidentFilter:
    """Which incidents are asked for; None asks for all."""

    status: IncidentStatus | None = None
    kind: IncidentKind | None = None
    account_id: str | None = None

    def takes(self, incident: Incident) -> bool:
        is_open = incident.resolved is None
        return (
            (self.status is None or (self.status is IncidentStatus.OPEN) is is_open)
            and self.kind in {None, incident.kind}
            and self.account_id in {None, incident.account_id}
        )


ALL = IncidentFilter()


class Incidents(Protocol):
    """Those of an account are written by IncidentRaised records.

    One that is met again is counted; met after it was resolved, it is open again, and tells what was met then. What is
    told late of a time before that does not open it. Raises: Unavailable.
    """

    async def open(self, *, limit: int = 100) -> tuple[Incident, ...]:
        """The unresolved ones, newest first."""
        ...

    async def page(
        self, wanted: IncidentFilter = ALL, *, limit: int = 100, after: Incident | None = None
    ) -> tuple[Incident, ...]:
        """The newest of them, or those that come after that one."""
        ...

    async def find(self, id: str) -> Incident | None:  # noqa: A002 - that is what it is
        """The incident of that id."""
        ...

    async def report(self, incident: Incident) -> None:
        """Keeps one that was met outside of a commit; the same key twice keeps it once."""
        ...

    async def resolve(self, incident: Incident, resolved: Resolved) -> bool:
        """Closes it; False, and nothing changed, where it is not open or was met again since it was read."""
        ...
