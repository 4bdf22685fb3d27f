"""Where every credit came from and where it went: the events of an account read grant by grant.

Nothing here decides anything. What the fold adds up in totals is told apart again by grant and by cause, so that a
balance can be explained down to the invoice line, the hold and the operator behind it.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from enum import Enum

from attrs import define, evolve, field, frozen

from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.calendar import instant
from billing_core.domain.credits import Grant, Hold, Take, split


class Fate(Enum):
    """What became of credits: they can be spent, are set aside for work, or are gone, in one of five ways."""

    AVAILABLE = "available"
    HELD = "held"
    CAPTURED = "captured"
    EXPIRED = "expired"
    REVOKED = "revoked"
    TAKEN = "taken"
    SETTLED = "settled"


@frozen(kw_only=True)
class Movement:
    """So many credits of a grant went from one fate to another. `cause` names a hold, a tally, or an operator's reason.

    `number` is the event's place in the stream, from 1.
    """

    number: int
    at: datetime = field(validator=instant)
    grant_id: str
    amount: int
    before: Fate
    after: Fate
    cause: str = ""


@frozen(kw_only=True)
class GrantStory:
    """A grant as it was given by the event of that number, and everything that happened to its credits since."""

    grant: Grant
    number: int
    movements: tuple[Movement, ...] = ()

    def amount(self, fate: Fate) -> int:
        """How many of its credits have met that fate. All fates together are what was granted."""
        given = self.grant.amount if fate is Fate.AVAILABLE else 0
        came = sum([m.amount for m in self.movements if m.after is fate])
        return given + came - sum([m.amount for m in self.movements if m.before is fate])


@frozen(kw_only=True)
class HoldStory:
    """A hold as it was placed by the event of that number, and how it ended. `captured` None: it is open."""

    number: int
    hold: Hold
    ended_at: datetime | None = field(default=None, validator=instant)
    captured: int | None = None


@define
class Provenance:
    """The stories of an account's grants and holds, read event by event. `account` is its fold so far."""

    account: Account
    holds: dict[str, HoldStory] = field(factory=dict)
    _given: dict[str, tuple[int, Grant]] = field(factory=dict)
    _moved: defaultdict[str, list[Movement]] = field(factory=lambda: defaultdict(list))

    @staticmethod
    def of(account_id: str, events: Iterable[e.Event]) -> "Provenance":
        """The stories that a stream tells."""
        read = Provenance(Account(id=account_id))
        for event in events:
            read.take(event)
        return read

    @property
    def grants(self) -> dict[str, GrantStory]:
        """The stories of all grants by key, in the order in which they were given."""
        return {key: self._story(key) for key in self._given}

    def _story(self, key: str) -> GrantStory:
        number, grant = self._given[key]
        return GrantStory(grant=grant, number=number, movements=tuple(self._moved[key]))

    def take(self, event: e.Event) -> None:
        """Reads the next event."""
        match event:
            case e.CreditsGranted() | e.FreeSlotGranted() | e.DebtReturned():
                self._given[event.grant.id] = self._number, event.grant
            case e.HoldPlaced():
                self.holds[event.hold.id] = HoldStory(number=self._number, hold=event.hold)
                self._move(event.at, event.hold.takes, Fate.AVAILABLE, Fate.HELD, event.hold.id)
            case e.HoldCaptured():
                self._settle(event, captured=event.amount)
            case e.HoldReleased() | e.HoldLapsed():
                self._settle(event, captured=0)
            case e.GrantExpired():
                if event.amount:
                    self._move(event.at, (Take(event.grant_id, event.amount),), Fate.AVAILABLE, Fate.EXPIRED, "")
            case e.CreditsRevoked():
                self._move(event.at, event.takes, Fate.AVAILABLE, Fate.REVOKED, event.tally)
                self._reclaim(event)
            case e.CreditsTaken():
                self._move(event.at, event.takes, Fate.AVAILABLE, Fate.TAKEN, event.reason)
            case e.DebtSettled():
                self._move(event.at, event.takes, Fate.AVAILABLE, Fate.SETTLED, "")
        self.account = self.account.evolve(event)

    @property
    def _number(self) -> int:
        return self.account.version + 1

    def _settle(self, event: e.HoldCaptured | e.HoldReleased | e.HoldLapsed, *, captured: int) -> None:
        """The hold's first credits were captured; of the rest, what did not come back had expired meanwhile."""
        story = self.holds[event.hold_id]
        self.holds[event.hold_id] = evolve(story, ended_at=event.at, captured=captured)
        paid, rest = split(story.hold.takes, captured)
        back = {take.grant_id for take in event.back}
        self._move(event.at, paid, Fate.HELD, Fate.CAPTURED, event.hold_id)
        for take in rest:
            after = Fate.AVAILABLE if take.grant_id in back else Fate.EXPIRED
            self._move(event.at, (take,), Fate.HELD, after, event.hold_id)

    def _reclaim(self, event: e.CreditsRevoked) -> None:
        """What had expired unspent counts as revoked instead, or (below zero) as expired again."""
        before, after = (Fate.EXPIRED, Fate.REVOKED) if event.expired > 0 else (Fate.REVOKED, Fate.EXPIRED)
        left = abs(event.expired)
        for key in reversed([key for key, (_, grant) in self._given.items() if grant.tally == event.tally]):
            part = min(left, self._story(key).amount(before))
            if part:
                self._move(event.at, (Take(key, part),), before, after, event.tally)
                left -= part

    def _move(self, at: datetime, takes: Iterable[Take], before: Fate, after: Fate, cause: str) -> None:
        for take in takes:
            moved = Movement(
                number=self._number,
                at=at,
                grant_id=take.grant_id,
                amount=take.amount,
                before=before,
                after=after,
                cause=cause,
            )
            self._moved[take.grant_id].append(moved)
