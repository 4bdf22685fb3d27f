"""What operators look for across all accounts. It is for reading only, and no decision asks it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol

from attrs import frozen

from billing_core.domain.generation import GenerationStatus
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.directory import ParkedEvent


@frozen(kw_only=True)
class AccountWanted:
    """Which accounts are looked for; None asks for all.

    `query` is part of an account's id, e-mail or name, in capitals or not, or the whole of its customer id; `tier` is
    its plan in force and `status` its subscription's (`none` without one), both as its row has them.
    """

    query: str | None = None
    status: str | None = None
    tier: str | None = None


EVERYONE = AccountWanted()


@frozen(kw_only=True)
class AccountListed:
    """An account as its row has it: by its last event, so what has fallen due since is not in it."""

    id: str
    email: str
    name: str
    customer_id: str | None
    tier: str
    status: str
    available: int
    held: int
    debt: int
    suspended: bool
    opened_at: datetime | None


@frozen(kw_only=True)
class GenerationsMade:
    """How many generations of one model were accepted on one UTC day and stand alike."""

    day: date
    model: str
    status: GenerationStatus
    generations: int


class Overview(Protocol):
    """Raises: Unavailable."""

    async def accounts(
        self, wanted: AccountWanted = EVERYONE, *, after: str = "", limit: int
    ) -> tuple[AccountListed, ...]:
        """The next of them whose ids come after that one, in the order of ids."""
        ...

    async def generations(self, first: date, last: date) -> tuple[GenerationsMade, ...]:
        """Those that were accepted from the first day to the last, both included, by day, model and status."""
        ...

    async def open_incidents(self) -> Mapping[IncidentKind, int]:
        """How many of each kind are open."""
        ...

    async def parked(self, *, limit: int = 100, after: ParkedEvent | None = None) -> tuple[ParkedEvent, ...]:
        """The webhooks that wait for somebody to own what they are about, newest first, or those behind that one."""
        ...

    async def parked_event(self, event_id: str) -> ParkedEvent | None:
        """The parked webhook of that event, or None."""
        ...

    async def count_parked(self) -> int:
        """How many webhooks are parked."""
        ...
