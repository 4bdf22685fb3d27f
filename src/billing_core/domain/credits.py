"""The credit book: grants, the order in which they are spent, holds against them, and debt.

At every moment, granted = remaining + held + captured + expired + revoked + settled, and debt incurred = open +
settled + forgiven + written off. Available (what remains) is never negative, and is 0 while there is debt.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Final

from attrs import field, frozen

from billing_core.domain.calendar import instant
from billing_core.domain.values import changed, not_negative, positive

REMEMBERED_HOLDS = 32


class Source(Enum):
    """Where a grant comes from; the order of burn-down follows from it."""

    INITIAL = "initial"
    PERIOD = "period"
    PACK = "pack"
    PROMO = "promo"
    ADJUSTMENT = "adjustment"
    RETURNED = "returned"

    def __init__(self, name: str) -> None:
        self.priority: Final = {"period": 10, "pack": 30}.get(name, 20)  # lower is spent first
        self.is_paid: Final = name in ("period", "pack")


@frozen(kw_only=True, slots=False)
class Grant:
    """Credits given for one cause. `id` is that cause's key, so that the same cause can never grant twice.

    `tally` names the slot or purchase it belongs to, `period_start` the slot whose end it is spent by.
    """

    id: str
    source: Source
    amount: int = field(validator=not_negative)
    remaining: int = field(validator=not_negative)
    granted_at: datetime = field(validator=instant)
    expires_at: datetime | None = field(default=None, validator=instant)
    period_start: datetime | None = field(default=None, validator=instant)
    tally: str | None = None
    subscription_id: str | None = None
    payment_id: str | None = None
    version: int = 0
    reason: str = ""

    @property
    def burn_order(self) -> tuple[int, bool, datetime, bool, datetime, str]:
        """Lower priority number, soonest expiry (never last), promotional before paid, oldest, key."""
        never = self.expires_at is None
        return (
            self.source.priority,
            never,
            self.expires_at or self.granted_at,
            self.source.is_paid,
            self.granted_at,
            self.id,
        )


@frozen
class Take:
    """Some of a grant's credits."""

    grant_id: str
    amount: int = field(validator=positive)


@frozen(kw_only=True, slots=False)
class Hold:
    """Credits set aside for work that is under way. A covered hold (unlimited plan) takes from no grant.

    `until` None means that it lives as long as the work it pays for. `attempt` numbers the attempt at that work which
    began last (0: none has): an earlier one has no say any more. `images` is how many it is for.
    """

    id: str
    amount: int = field(validator=not_negative)
    takes: tuple[Take, ...]
    placed_at: datetime = field(validator=instant)
    until: datetime | None = field(default=None, validator=instant)
    covered: bool = False
    attempt: int = field(default=0, validator=not_negative)
    images: int = 0
    reason: str = ""

    def has_gone_on(self, attempt: int) -> bool:
        """Whether a later attempt has begun."""
        return self.attempt > attempt


class Outcome(Enum):
    """How a hold ended."""

    CAPTURED = "captured"
    RELEASED = "released"
    LAPSED = "lapsed"


@frozen
class SettledHold:
    """What is remembered of a hold that ended."""

    id: str
    outcome: Outcome


@frozen(kw_only=True, slots=False)
class Totals:
    """Counters over the account's whole life, by which conservation is proved."""

    granted: int = 0
    captured: int = 0
    expired: int = 0
    revoked: int = 0
    settled: int = 0
    incurred: int = 0
    forgiven: int = 0
    written_off: int = 0


@frozen(kw_only=True, slots=False)
class CreditBook:
    """The grants that can still be spent, the holds that are open, and what is owed."""

    grants: tuple[Grant, ...] = ()
    holds: tuple[Hold, ...] = ()
    debt: int = 0
    totals: Totals = Totals()
    settled: tuple[SettledHold, ...] = ()

    @property
    def available(self) -> int:
        return sum([grant.remaining for grant in self.grants])

    @property
    def held(self) -> int:
        """What open holds have taken from grants; covered holds have taken nothing."""
        return sum([take.amount for hold in self.holds for take in hold.takes])

    def hold(self, hold_id: str) -> Hold | None:
        for hold in self.holds:
            if hold.id == hold_id:
                return hold
        return None

    def grant(self, grant_id: str) -> Grant | None:
        for grant in self.grants:
            if grant.id == grant_id:
                return grant
        return None

    def burn(self, amount: int) -> tuple[Take, ...]:
        """The takes that cover the amount in burn-down order, or as much of it as there is."""
        spendable = [grant for grant in self.grants if grant.remaining]
        if len(spendable) > 1:
            spendable.sort(key=_burn_order)
        return takes_from(spendable, amount)

    def returns(self, takes: tuple[Take, ...]) -> tuple[tuple[Take, ...], int]:
        """What of the takes goes back to grants that still live, and how much of it has expired meanwhile."""
        if not takes:
            return (), 0
        living = {grant.id for grant in self.grants}
        back = tuple([take for take in takes if take.grant_id in living])
        return back, sum([take.amount for take in takes]) - sum([take.amount for take in back])

    # How the book looks after each kind of event. Totals move in the same step, so conservation cannot break.

    def with_grant(self, grant: Grant) -> "CreditBook":
        return changed(self, grants=(*self.grants, grant), totals=self._add(granted=grant.amount))

    def without_grant(self, grant_id: str, *, expired: int) -> "CreditBook":
        kept = tuple([grant for grant in self.grants if grant.id != grant_id])
        return changed(self, grants=kept, totals=self._add(expired=expired))

    def with_revoked(self, takes: Iterable[Take], *, expired: int = 0) -> "CreditBook":
        revoked = sum(take.amount for take in takes) + expired
        return changed(self, grants=self._moved(takes, -1), totals=self._add(revoked=revoked, expired=-expired))

    def with_hold(self, hold: Hold) -> "CreditBook":
        return changed(self, grants=self._moved(hold.takes, -1), holds=(*self.holds, hold))

    def with_started(self, hold_id: str, attempt: int) -> "CreditBook":
        holds = (changed(hold, attempt=attempt) if hold.id == hold_id else hold for hold in self.holds)
        return changed(self, holds=tuple(holds))

    def with_settled_hold(
        self, hold_id: str, outcome: Outcome, *, captured: int, back: Iterable[Take], expired: int
    ) -> "CreditBook":
        holds = tuple([hold for hold in self.holds if hold.id != hold_id])
        return changed(
            self,
            grants=_worth_keeping(self._moved(back, 1), holds),
            holds=holds,
            settled=(*self.settled, SettledHold(hold_id, outcome))[-REMEMBERED_HOLDS:],
            totals=self._add(captured=captured, expired=expired),
        )

    def with_debt(self, amount: int) -> "CreditBook":
        return changed(self, debt=self.debt + amount, totals=self._add(incurred=amount))

    def with_settled_debt(self, takes: Iterable[Take]) -> "CreditBook":
        paid = sum(take.amount for take in takes)
        grants = _worth_keeping(self._moved(takes, -1), self.holds)
        return changed(self, grants=grants, debt=self.debt - paid, totals=self._add(settled=paid))

    def with_forgiven(self, amount: int) -> "CreditBook":
        return changed(self, debt=self.debt - amount, totals=self._add(forgiven=amount))

    def with_written_off(self, amount: int) -> "CreditBook":
        return changed(self, totals=self._add(incurred=amount, written_off=amount))

    def _moved(self, takes: Iterable[Take], sign: int) -> tuple[Grant, ...]:
        by_grant: dict[str, int] = {}
        for take in takes:
            by_grant[take.grant_id] = by_grant.get(take.grant_id, 0) + sign * take.amount
        if not by_grant:
            return self.grants
        return tuple(
            [
                changed(grant, remaining=grant.remaining + by_grant[grant.id]) if grant.id in by_grant else grant
                for grant in self.grants
            ]
        )

    def _add(self, **more: int) -> Totals:
        return changed(self.totals, **{name: getattr(self.totals, name) + n for name, n in more.items()})


def _burn_order(grant: Grant) -> tuple[int, bool, datetime, bool, datetime, str]:
    return grant.burn_order


def _worth_keeping(grants: tuple[Grant, ...], holds: Iterable[Hold]) -> tuple[Grant, ...]:
    """All but those that never expire and can give nothing any more, so that the book stays small."""
    if not [grant for grant in grants if not grant.remaining and grant.expires_at is None]:
        return grants
    pinned = {take.grant_id for hold in holds for take in hold.takes}
    return tuple(g for g in grants if g.remaining or g.expires_at is not None or g.id in pinned)


def takes_from(grants: Iterable[Grant], amount: int) -> tuple[Take, ...]:
    """Takes from the grants in the order given until the amount is reached or nothing is left."""
    takes: list[Take] = []
    for grant in grants:
        part = min(grant.remaining, amount)
        if part > 0:
            takes.append(Take(grant.id, part))
            amount -= part
    return tuple(takes)


def split(takes: Iterable[Take], amount: int) -> tuple[tuple[Take, ...], tuple[Take, ...]]:
    """The first `amount` credits of the takes, and the rest."""
    first: list[Take] = []
    rest: list[Take] = []
    for take in takes:
        part = min(take.amount, amount)
        amount -= part
        if part:
            first.append(Take(take.grant_id, part))
        if take.amount - part:
            rest.append(Take(take.grant_id, take.amount - part))
    return tuple(first), tuple(rest)
