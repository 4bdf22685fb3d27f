"""Reading one value at a time out of what Stripe sends, believing nothing about its shape.

A reader answers None where the value is missing or no sensible one; `needed` turns that into Misshapen where the
fact cannot do without it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TypeVar

from attrs import define

from billing_core.domain.calendar import utc

Shape = Mapping[str, object]
T = TypeVar("T")

_NOTHING: Shape = MappingProxyType({})
_LONGEST_ID = 255
_LONGEST_URL = 5000
_SAFE = re.compile(r"https://|http://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)[:/]")
_LARGEST = 2**63 - 1
# Stripe is younger than the one and no test clock goes past the other. Seconds outside are not seconds.
_EARLIEST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
_LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())


@define
class Misshapen(Exception):
    """What came lacks something that the translation needs. It never leaves this package."""

    problem: str


def needed(value: T | None, what: str) -> T:
    """The value. Raises Misshapen where there is none."""
    if value is None:
        raise Misshapen(f"no usable {what}")
    return value


def text(shape: Shape, name: str, *, longest: int = _LONGEST_ID) -> str | None:
    """A string that every store can keep (no NUL) and that says something."""
    value = shape.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= longest and "\0" not in value else None


def url(shape: Shape, name: str) -> str | None:
    """A link that a page may show: `https`, or to this very machine, where Stripe may be simulated."""
    value = text(shape, name, longest=_LONGEST_URL)
    return value if value and _SAFE.match(value) else None


def id_of(shape: Shape, name: str) -> str | None:
    """The id of an object that is told either by its id or, expanded, as a whole."""
    value = shape.get(name)
    return text(value, "id") if isinstance(value, dict) else text(shape, name)


def customer_of(shape: Shape) -> str | None:
    """Who it belongs to: a customer, or the account that stands for one."""
    return id_of(shape, "customer") or id_of(shape, "customer_account")


def whole(shape: Shape, name: str) -> int | None:
    """An integer of 64 bits; true and 1.0 are none."""
    value = shape.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST else None


def yes_or_no(shape: Shape, name: str) -> bool | None:
    """True or false; 1 and "true" are neither."""
    value = shape.get(name)
    return value if isinstance(value, bool) else None


def moment(shape: Shape, name: str) -> datetime | None:
    """An instant told in unix seconds; milliseconds, zero, true and other nonsense are none."""
    seconds = shape.get(name)
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) and _EARLIEST <= seconds < _LATEST else None


def dated(shape: Shape, name: str) -> datetime | None:
    """An instant told in unix seconds or, as in thin events, written out."""
    written = shape.get(name)
    if not isinstance(written, str):
        return moment(shape, name)
    try:
        found = utc(datetime.fromisoformat(written))
    except (ValueError, OverflowError):
        return None
    return found if _EARLIEST <= found.timestamp() < _LATEST else None


def part(shape: Shape, *names: str) -> Shape:
    """The object at the end of the path; an empty one where there is none."""
    for name in names:
        found = shape.get(name)
        if not isinstance(found, dict):
            return _NOTHING
        shape = found
    return shape


def rows(shape: Shape, name: str) -> list[Shape]:
    """The objects of a list. Raises Misshapen where one of them is none, since skipping it could lose money."""
    listed = shape.get(name)
    if not isinstance(listed, list):
        return []
    for row in listed:
        if not isinstance(row, dict):
            raise Misshapen(f"{name} is no list of objects")
    return listed
