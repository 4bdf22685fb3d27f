"""The figures behind small charts."""

from collections import Counter
from collections.abc import Iterable
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
    most = max(spent[day] for day in days)
    return tuple(Bar(day, spent[day], round(100 * spent[day] / most, 1) if most else 0.0) for day in days)
