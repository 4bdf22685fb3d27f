"""The machine's time, the same with a head start, and a time that stands still until it is told to move."""

from datetime import UTC, datetime, timedelta

from billing_core.domain.calendar import utc
from billing_core.domain.errors import InvalidValue

NO_OFFSET = timedelta(0)


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """The machine's time plus an offset that only grows, so that months pass in a demo while seconds still tick.

    Keep `offset` somewhere and give it back at the next start: what was written under it must not lie in the future.
    """

    def __init__(self, offset: timedelta = NO_OFFSET) -> None:
        """Raises InvalidValue for a negative offset."""
        self._offset = _not_back(offset)

    @property
    def offset(self) -> timedelta:
        """How far ahead of the machine's time this clock is."""
        return self._offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def advance(self, by: timedelta) -> datetime:
        """Moves ahead and tells the new time. Raises InvalidValue for a step back or past the year 9999."""
        offset = self._offset + _not_back(by)
        try:
            now = datetime.now(UTC) + offset
        except OverflowError:
            raise InvalidValue("by", "leads past the end of the calendar") from None
        self._offset = offset
        return now


class FixedClock:
    """Stands still until it is set. May be set back too, since a system's clock can be."""

    def __init__(self, now: datetime) -> None:
        self._now = utc(now)

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        """Raises ValueError for a naive datetime."""
        self._now = utc(now)

    def advance(self, by: timedelta) -> datetime:
        """Moves ahead (or back) and tells the new time."""
        self._now += by
        return self._now


def _not_back(by: timedelta) -> timedelta:
    if by < NO_OFFSET:
        raise InvalidValue("by", "time does not run backwards")
    return by
