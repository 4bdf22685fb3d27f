"""Instants, months and intervals. Instants are aware and UTC; intervals are half-open `[start, end)`."""

from calendar import isleap
from datetime import UTC, datetime, timedelta

import attrs

MICROSECOND = timedelta(microseconds=1)
_NO_OFFSET = timedelta(0)
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def instant(_owner: object, attribute: "attrs.Attribute[datetime]", value: datetime | None) -> None:
    """An attrs validator (it runs on decode too): the datetime, where there is one, is aware and UTC."""
    if value is not None and value.tzinfo is not UTC and value.utcoffset() != _NO_OFFSET:
        raise ValueError(f"{attribute.name} must be an aware UTC datetime, not {value!r}")


def stamp(at: datetime) -> str:
    """The instant to the second, as it stands in keys."""
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}Z"


def utc(value: datetime) -> datetime:
    """The same instant told in UTC. Raises ValueError for a naive datetime."""
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value!r}")
    return value.astimezone(UTC)


def nth_month(anchor: datetime, n: int) -> datetime:
    """The nth month after the anchor, its day clamped to that month's last; always counted from the anchor."""
    year, month0 = divmod(anchor.year * 12 + anchor.month - 1 + n, 12)
    day = anchor.day
    if day > _DAYS[month0]:
        day = 29 if month0 == 1 and isleap(year) else _DAYS[month0]
    return anchor.replace(year, month0 + 1, day)


def month_index(anchor: datetime, at: datetime) -> int:
    """The n for which `nth_month(anchor, n) <= at < nth_month(anchor, n + 1)`; negative before the anchor."""
    n = (at.year - anchor.year) * 12 + at.month - anchor.month
    return n if nth_month(anchor, n) <= at else n - 1


def on_grid(anchor: datetime, at: datetime) -> bool:
    """Whether `at` is one of the anchor's months."""
    return nth_month(anchor, (at.year - anchor.year) * 12 + at.month - anchor.month) == at


def overlap(a_start: datetime, a_end: datetime, b_start: datetime, b_end: datetime) -> int:
    """The microseconds that two intervals share."""
    return max(0, (min(a_end, b_end) - max(a_start, b_start)) // MICROSECOND)
