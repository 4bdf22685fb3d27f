"""What will happen by itself, and when, without looking through everything each time."""

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import IntEnum

from attrs import define

from billing_core.adapters.simulated.money import PaymentIntent
from billing_core.adapters.simulated.schedules import Schedule
from billing_core.adapters.simulated.state import Kept, State
from billing_core.adapters.simulated.subscriptions import Invoice, Subscription
from billing_core.adapters.simulated.visits import Session, SessionStatus
from billing_core.domain.subscription import Status

TRIAL_NOTICE = timedelta(days=3)


class Matter(IntEnum):
    """What is due; at one instant the lower number comes first."""

    CHECKOUT_EXPIRY = 0
    UPDATE_EXPIRY = 1
    TRIAL_NOTICE = 2
    PERIOD_END = 3
    COLLECTION = 4
    PHASE_END = 5
    SETTLEMENT = 6
    COLLECTING_AGAIN = 7


Due = tuple[datetime, Matter, str]


def dues_of(value: Kept | None) -> Iterator[Due]:
    """What is to happen with it as it now is."""
    match value:
        case Session(status=SessionStatus.OPEN):
            yield value.expires_at, Matter.CHECKOUT_EXPIRY, value.id
        case Subscription(is_over=False):
            yield from _dues_of_subscription(value)
        case Schedule(is_active=True):
            yield value.phase.end, Matter.PHASE_END, value.id
        case Invoice(next_attempt_at=datetime() as at):
            yield at, Matter.COLLECTION, value.id
        case PaymentIntent(settles_at=datetime() as at):
            yield at, Matter.SETTLEMENT, value.id
        case _:
            pass


def _dues_of_subscription(sub: Subscription) -> Iterator[Due]:
    if sub.status is not Status.PAUSED:
        yield min(sub.ends_at or sub.period_end, sub.period_end), Matter.PERIOD_END, sub.id
    elif sub.ends_at is not None:
        yield sub.ends_at, Matter.PERIOD_END, sub.id
    if sub.collects_at is not None:
        yield sub.collects_at, Matter.COLLECTING_AGAIN, sub.id
    if sub.pending_update is not None:
        yield min(sub.pending_update.expires_at, sub.period_end), Matter.UPDATE_EXPIRY, sub.id
    if sub.status is Status.TRIALING and sub.trial_end is not None and not sub.trial_noticed:
        yield max(sub.created_at, sub.trial_end - TRIAL_NOTICE), Matter.TRIAL_NOTICE, sub.id


def _holds(due: Due, state: State) -> bool:
    """Whether it is still to happen: what it is about may have changed since it was entered."""
    _, matter, key = due
    match matter:
        case Matter.CHECKOUT_EXPIRY:
            return due in dues_of(state.sessions.get(key))
        case Matter.COLLECTION:
            return due in dues_of(state.invoices.get(key))
        case Matter.SETTLEMENT:
            return due in dues_of(state.intents.get(key))
        case Matter.PHASE_END:
            return due in dues_of(state.schedules.get(key))
        case _:
            return due in dues_of(state.subscriptions.get(key))


@define
class Agenda:
    """Entries are only ever added; one that does not hold any more is dropped when its turn comes."""

    _heap: list[Due]

    @classmethod
    def of(cls, state: State) -> "Agenda":
        """The agenda of everything in the state."""
        agenda = cls([])
        agenda.add(state.sessions.values())
        agenda.add(state.subscriptions.values())
        agenda.add(state.schedules.values())
        agenda.add(state.invoices.values())
        agenda.add(state.intents.values())
        return agenda

    def add(self, values: Iterable[Kept]) -> None:
        """Enters what is to happen with values that are new or changed."""
        for value in values:
            for due in dues_of(value):
                heapq.heappush(self._heap, due)

    def first(self, state: State) -> Due | None:
        """What happens next."""
        while self._heap and not _holds(self._heap[0], state):
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None
