"""The figures behind small charts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from attrs import frozen

from billing_core.application.transactions import Transaction

SHOWN_DAYS = 30


@frozen
class Bar:
    """A day and its figure. `height` is in hundredths of the highest one."""

    day: date
    amount: int
    height: float

    @property
    def label(self) -> str:
        return f"{self.day.day} {self.day:%B}"


def spent_by_day(movements: Iterable[Transaction], today: date) -> tuple[Bar, ...]:
    """The credits that were spent on each of the last days (UTC), today last."""
    spent = Counter[date]()
    for movement in movements:
        spent[movement.at.date()] += movement.captured or 0
    days = [today - timedelta(days=ago) for ago in reversed(range(SHOWN_DAYS))]
    return bars_of([(day, spent[day]) for day in days])


def bars_of(days: Sequence[tuple[date, int]]) -> tuple[Bar, ...]:
    """A bar for each day, as high as its figure is beside the highest one."""
    most = max((amount for _, amount in days), default=0)
    return tuple(Bar(day, amount, round(100 * max(0, amount) / most, 1) if most > 0 else 0.0) for day, amount in days)
