"""A clock that two processes share, so that months pass on the server between two stretches of load."""

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import frozen

from billing_core.domain.calendar import nth_month

ANCHOR = datetime(2026, 1, 5, tzinfo=UTC)
"""When every subscription of the benchmark began."""
TOLD_AFTER = timedelta(hours=1)
"""How long after a period began its invoice is paid."""

SECONDS = struct.Struct("<q")


@frozen
class SharedClock:
    """The machine's time plus a number of seconds that stands in a file."""

    _seconds: mmap.mmap

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=SECONDS.unpack_from(self._seconds)[0])

    def move_to(self, at: datetime) -> None:
        """It is `at` now, for everyone who has the file open."""
        ahead = at - datetime.now(UTC)
        SECONDS.pack_into(self._seconds, 0, ahead // timedelta(seconds=1))


@contextmanager
def shared_clock(path: Path) -> Iterator[SharedClock]:
    """The clock that is kept in the file, which is made where there is none."""
    if not path.exists():
        path.write_bytes(SECONDS.pack(0))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), SECONDS.size) as seconds:
        yield SharedClock(seconds)


def period(month: int) -> tuple[datetime, datetime]:
    """The start and the end of a subscription's period; the one that its checkout paid for is number 0."""
    return nth_month(ANCHOR, month), nth_month(ANCHOR, month + 1)


def moment_in(month: int) -> datetime:
    """When the webhooks of that period arrive."""
    return period(month)[0] + TOLD_AFTER
