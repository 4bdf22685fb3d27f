"""Drawn lives of an account: what a provider tells, and what a customer and an operator do between."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import frozen
from hypothesis import strategies as st

from billing_core.domain.account_at import AccountAt
from billing_core.domain.errors import RuleViolation
from billing_core.domain.events import Event
from billing_core.testing.builders import Life
from billing_core.testing.histories import Fact, History, tell
from billing_core.testing.provider import DAY
from billing_core.testing.strategies import catalogs, histories

HOUR = timedelta(hours=1)
DOINGS = ("hold", "hold", "brief hold", "capture", "part", "too much", "release", "give", "take", "forgive", "lift")


@frozen
class Doing:
    """Something that the customer or an operator does, so far into the history."""

    at: datetime
    verb: str
    amount: int


@st.composite
def lives(draw: st.DrawFn, *, max_steps: int = 7) -> tuple[History, tuple[Doing, ...]]:
    """A history, and what is done between its facts."""
    history = draw(histories(of=catalogs(initials=draw(st.booleans())), max_steps=max_steps))
    hours = int((history.ends_at - history.opened_at) / HOUR) + 24
    a_doing = st.builds(
        Doing,
        st.integers(0, hours).map(lambda n: history.opened_at + n * HOUR),
        st.sampled_from(DOINGS),
        st.integers(1, 600),
    )
    return history, tuple(draw(st.lists(a_doing, max_size=6)))


def do(held: AccountAt, doing: Doing, n: int) -> tuple[Event, ...]:
    """The events of the doing; what is due where a rule refuses it."""
    account = held.account
    last = account.book.holds[-1] if account.book.holds else None
    most = min(doing.amount, account.book.available)
    try:
        match doing.verb:
            case "hold":
                return held.hold(most, hold_id=f"h{n}", until=None, images=1)
            case "brief hold":
                return held.hold(most, hold_id=f"h{n}", until=held.now + 3 * DAY)
            case "give":
                return held.adjust(doing.amount, adjustment_id=f"a{n}", reason="test", expires_at=held.now + 9 * DAY)
            case "take":
                return held.adjust(-doing.amount, adjustment_id=f"a{n}", reason="test")
            case "forgive":
                return held.forgive(reason="test")
            case "lift" if account.suspended_for:
                return held.reinstate(account.suspended_for[0])
            case "capture" if last is not None:
                return held.capture(last.id)
            case "part" if last is not None:
                return held.capture(last.id, amount=min(doing.amount, last.amount))
            case "too much" if last is not None:
                return held.capture(last.id, amount=last.amount + doing.amount)
            case "release" if last is not None:
                return held.release(last.id)
            case _:
                return held.due
    except RuleViolation:
        return held.due


def lived(
    history: History, doings: tuple[Doing, ...] = (), *, touched: frozenset[datetime] = frozenset()
) -> Iterator[Life]:
    """The account's life, step by step: touches, then facts, then doings, each at its instant."""
    life = Life(history.catalog)
    life.touch(history.opened_at)
    steps: list[tuple[datetime, int, int, Fact | Doing | None]] = [
        *((at, 0, 0, None) for at in touched if at > history.opened_at),
        *((fact.at, 1, n, fact) for n, fact in enumerate(history.facts)),
        *((doing.at, 2, n, doing) for n, doing in enumerate(doings)),
        (history.ends_at + 45 * DAY, 3, 0, None),
    ]
    for at, _, n, step in sorted(steps, key=lambda step: step[:3]):
        held = life.at(at)
        if isinstance(step, Fact):
            life.keep(tell(held, step.told))
        elif isinstance(step, Doing):
            life.keep(do(held, step, n))
        else:
            life.keep(held.due)
        yield life


def ended(steps: Iterator[Life]) -> Life:
    *_, last = steps
    return last
