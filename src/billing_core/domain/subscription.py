"""A subscription: what the gateway last told of it, what its slots were given, and when its access ends.

Life cycle (Stripe's words): `incomplete` until the first payment, or `incomplete_expired` without one; `trialing` and
`active` while all is well; `past_due` while a renewal is retried, then `unpaid` or `canceled`; `paused` between.
`canceled` and `incomplete_expired` absorb: only a new subscription id leaves them.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from billing_core.domain.calendar import instant
from billing_core.domain.errors import IllegalTransition
from billing_core.domain.payments import Span
from billing_core.domain.slots import Slot
from billing_core.domain.values import changed, not_negative


class Status(Enum):
    """What the gateway calls the state of a subscription."""

    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL

    @property
    def is_live(self) -> bool:
        """Whether it stands in the way of another plan subscription."""
        return self in LIVE


LIVE = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.UNPAID, Status.PAUSED)

_RUNNING = frozenset({*LIVE, Status.CANCELED})

TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.INCOMPLETE: frozenset({Status.TRIALING, Status.ACTIVE, Status.INCOMPLETE_EXPIRED, Status.CANCELED}),
    Status.TRIALING: _RUNNING - {Status.TRIALING, Status.UNPAID},
    Status.ACTIVE: _RUNNING - {Status.ACTIVE},
    Status.PAST_DUE: _RUNNING - {Status.PAST_DUE, Status.TRIALING},
    Status.UNPAID: _RUNNING - {Status.UNPAID, Status.TRIALING},
    Status.PAUSED: _RUNNING - {Status.PAUSED},
    Status.INCOMPLETE_EXPIRED: frozenset(),
    Status.CANCELED: frozenset(),
}

TERMINAL = tuple(status for status, following in TRANSITIONS.items() if not following)

VERBS: Mapping[str, frozenset[Status]] = {
    "cancel": frozenset(LIVE),
    "resume": frozenset(LIVE),
    "change": frozenset({Status.TRIALING, Status.ACTIVE, Status.PAST_DUE}),
    "drop the change of": frozenset(LIVE),
}


def reachable(start: Status) -> frozenset[Status]:
    """Every status that may be seen after `start`, since the snapshots between may have been missed."""
    seen: set[Status] = {start}
    ahead = list(TRANSITIONS[start])
    while ahead:
        status = ahead.pop()
        if status not in seen:
            seen.add(status)
            ahead.extend(TRANSITIONS[status])
    return frozenset(seen)


@frozen
class PendingChange:
    """The price that the subscription moves to, and when."""

    price: str
    at: datetime = field(validator=instant)


@frozen(kw_only=True)
class SubscriptionSnapshot:
    """What the gateway told of a subscription, dated by when it was true (`seen_at`: when the fetch began).

    `price` is the catalog's price key, or the gateway's own id where the catalog knows none.
    """

    id: str
    customer_id: str
    status: Status
    created_at: datetime = field(validator=instant)
    seen_at: datetime = field(validator=instant)
    price: str
    quantity: int = field(default=1, validator=not_negative)
    anchor: datetime = field(validator=instant)
    period_start: datetime = field(validator=instant)
    period_end: datetime = field(validator=instant)
    cancel_at: datetime | None = field(default=None, validator=instant)
    cancel_at_period_end: bool = False
    ended_at: datetime | None = field(default=None, validator=instant)
    trial_start: datetime | None = field(default=None, validator=instant)
    trial_end: datetime | None = field(default=None, validator=instant)
    pending_change: PendingChange | None = None

    @property
    def trial(self) -> Slot | None:
        if self.trial_start is None or self.trial_end is None or self.trial_end <= self.trial_start:
            return None
        return Slot(self.trial_start, self.trial_end)

    @property
    def ends_at(self) -> datetime | None:
        """When it ends or ended, from whichever field tells it."""
        if self.status in TERMINAL:
            return self.ended_at or self.seen_at
        return self.cancel_at or (self.period_end if self.cancel_at_period_end else None)

    def supersedes(self, other: "SubscriptionSnapshot") -> bool:
        """Whether this one is to be believed over the other: a terminal one absorbs, else the later."""
        if self.status.is_terminal != other.status.is_terminal:
            return self.status.is_terminal
        return (self.seen_at, repr(self)) > (other.seen_at, repr(other))


@frozen(kw_only=True, slots=False)
class Tally:
    """What a slot (or a pack purchase) was given so far. `counted - revoked - debt - shortfall` is its entitlement.

    `counted` is what was granted into it, `debt` what it fell by when nothing was left to revoke, `shortfall` the same
    under an unlimited plan, `grants` how many it has had, `initial_of` the plan whose initial credits came in it.
    `expired` is what expired unspent, `reclaimed` what of that was counted as revoked instead, `settled` what its
    grants paid towards debt. A `closed` tally follows no facts any more, since some of those behind it are forgotten.
    `owed` is what of its debt no rise has undone. `basis` is how far a rise undoes falls: what the slot was worth when
    it ended, or when credits of it last expired; `withdrawn` is what was revoked since its end of its own credits while
    they could still be spent.
    """

    key: str
    start: datetime = field(validator=instant)
    end: datetime | None = field(validator=instant)
    counted: int = 0
    revoked: int = 0
    debt: int = 0
    shortfall: int = 0
    grants: int = 0
    captured: int = 0
    initial_of: str | None = None
    closed: bool = False
    expired: int = 0
    reclaimed: int = 0
    settled: int = 0
    basis: int | None = None
    withdrawn: int = 0
    owed: int = 0

    @property
    def given(self) -> int:
        return self.counted - self.revoked - self.debt - self.shortfall

    def contains(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)

    def is_over(self, at: datetime) -> bool:
        return self.end is not None and self.end <= at

    @property
    def whole(self) -> int:
        """What it would be given, were all its falls undone."""
        return self.given + self.shortfall + self.owed + self.withdrawn + self.reclaimed

    @property
    def beyond(self) -> int:
        """What it was given beyond that as far as which a rise undoes falls: the first to go."""
        return max(0, self.given - self.basis) if self.basis is not None else 0

    def undone(self, rise: int) -> tuple[int, int]:
        """How much of a rise undoes debt, and how much then undoes other falls; what goes beyond is new.

        Falls are undone in their reverse order, each as what it was, and debt was the last resort. So where credits
        are follows from what the slot is entitled to, whatever the order of rises and falls.
        """
        lost = self.withdrawn + self.reclaimed
        basis = self.whole if self.basis is None else self.basis
        owed = min(rise, max(0, basis - self.given - self.shortfall - lost))
        return owed, min(rise - owed, lost)


@frozen(kw_only=True, slots=False)
class Subscription:
    """One subscription of an account. `version` is the catalog version that it is pinned to.

    An invoice may be known before the subscription itself, so `snapshot` can be missing. `anchors` are those of
    forgotten payments, where the months of later ones are counted from them. One that was sold elsewhere has
    `imported_at`: the slots that had ended by then were given there. `card_used` says whether the card that pays its
    trial began another account's trial before, None until a card is known; its trial then gives no credits.
    """

    id: str
    version: int
    snapshot: SubscriptionSnapshot | None = None
    tallies: tuple[Tally, ...] = ()
    ended_at: datetime | None = None
    anchors: tuple[datetime, ...] = ()
    imported_at: datetime | None = field(default=None, validator=instant)
    card_used: bool | None = None

    @property
    def status(self) -> Status | None:
        return self.snapshot.status if self.snapshot else None

    @property
    def is_live(self) -> bool:
        return self.snapshot is not None and self.snapshot.status.is_live and self.ended_at is None

    @property
    def trial(self) -> Slot | None:
        return self.snapshot.trial if self.snapshot else None

    def tally(self, key: str) -> Tally | None:
        for tally in self.tallies:
            if tally.key == key:
                return tally
        return None

    def is_ours(self, slot: Slot) -> bool:
        """Whether the slot's credits are for these books to give."""
        return self.imported_at is None or self.imported_at < slot.end

    def anchors_of(self, spans: Iterable[Span]) -> tuple[datetime, ...]:
        """Where its months are counted from: each whole period's start, and what the gateway told."""
        starts = {span.start for span in spans if span.sign > 0 and not span.prorated}
        starts.update(self.anchors)
        if self.snapshot is not None:
            starts.add(self.snapshot.anchor)
        return tuple(sorted(starts))

    def ensure_can(self, verb: str) -> None:
        """Raises IllegalTransition where the table does not allow the verb in this status."""
        status = Status.CANCELED if self.ended_at is not None else self.status
        if status is None or status not in VERBS[verb]:
            raise IllegalTransition(verb, status.value if status else "unknown")

    def with_each(self, change: Callable[[Tally], Tally]) -> "Subscription":
        """The same with every tally changed so."""
        return changed(self, tallies=tuple(map(change, self.tallies)))

    def with_tally(self, tally: Tally) -> "Subscription":
        """The same with this tally in place of the one of its key, or added at the end."""
        if self.tally(tally.key) is None:
            return changed(self, tallies=(*self.tallies, tally))
        return changed(self, tallies=tuple([tally if t.key == tally.key else t for t in self.tallies]))
