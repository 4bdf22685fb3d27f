"""Figures of all accounts: how much of each stream is counted, where each account stands, and what each day brought."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from attrs import field, frozen

from billing_core.domain.figures import Figure, Place
from billing_core.domain.recurring import Standing
from billing_core.ports.register import AccountRow


@frozen(kw_only=True)
class Uncounted:
    """An account's row, up to which event its stream was counted (0: it never was), and how it stood then."""

    row: AccountRow
    counted: int
    stood: Standing | None = None


@frozen(kw_only=True)
class Counted:
    """What a stretch of an account's stream came to: the events behind `before` up to `version`, and how it stands."""

    account_id: str
    before: int
    version: int
    standing: Standing
    amounts: Mapping[Place, int] = field(factory=dict)


@frozen(kw_only=True)
class Standings:
    """How many accounts stand alike, and what the subscriptions of all of them come to a month."""

    plan: str
    status: str
    currency: str | None
    accounts: int
    monthly_minor: int


class Figures(Protocol):
    """No decision reads or writes them; they follow from the events. Raises: Unavailable; OutcomeUnknown (`count`)."""

    async def uncounted(self, *, after: str = "", limit: int) -> tuple[Uncounted, ...]:
        """The next accounts, in the order of ids, whose rows have events that are not counted yet."""
        ...

    async def count(self, counted: Sequence[Counted]) -> bool:
        """Adds the amounts to their days and keeps where each account stands, all or nothing, each account once.

        False, and nothing is written, where one of them is not counted up to its `before` any more: somebody else was
        at it, so what is uncounted is to be looked up anew.
        """
        ...

    async def standings(self) -> tuple[Standings, ...]:
        """Where the accounts stand that were counted: by plan, status and currency, in any order."""
        ...

    async def days(self, first: date, last: date) -> Mapping[Place, int]:
        """The amounts of each day from the first to the last, both included; those that are 0 may be left out."""
        ...

    async def before(self, day: date) -> Mapping[Figure, int]:
        """The amounts of each figure from the beginning to that day, which is left out, whatever their labels."""
        ...
