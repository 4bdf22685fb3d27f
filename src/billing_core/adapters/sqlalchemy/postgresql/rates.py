"""Buckets of what may happen in a minute, for all processes on one database.

Most requests ask nobody: a process takes a share of a bucket ahead and uses that up first. The table is not logged, so
a taking waits for no disk; after a crash of the database all buckets are full. Where the database is slow to answer,
nobody asks it for a while: to count must not be what holds requests up.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from attrs import define, field

from billing_core.adapters.sqlalchemy.failures import told
from billing_core.adapters.sqlalchemy.postgresql.connection import DriverConnection
from billing_core.adapters.sqlalchemy.postgresql.failures import failure_of
from billing_core.ports.errors import Unavailable

MINUTE_S = 60.0
MICROS = 1_000_000
SHARES = 20
MOST_NAMES = 10_000
TAKINGS_BEFORE_TIDYING = 500
REST_S = 5.0

# Of the takings wanted, as many are granted as are left. `excluded` holds what a full bucket would become, from which
# the present moment follows. Times are whole microseconds by the database's clock, which all processes share.
TAKE = f"""
INSERT INTO rates AS kept (name, full_at, granted)
VALUES ($1, (extract(epoch FROM clock_timestamp()) * {MICROS})::bigint + $2::bigint * $3::bigint, $3::bigint)
ON CONFLICT (name) DO UPDATE SET (full_at, granted) = (
    SELECT before + given * $2, given
    FROM (SELECT excluded.full_at - $2 * $3 AS now) AS at,
    LATERAL (SELECT greatest(kept.full_at, now) AS before) AS bucket,
    LATERAL (SELECT least($3, greatest(0, (now + {60 * MICROS} - before) / $2)) AS given) AS share
)
RETURNING granted, full_at - (extract(epoch FROM clock_timestamp()) * {MICROS})::bigint AS until_full
"""
TIDY = f"DELETE FROM rates WHERE full_at < extract(epoch FROM clock_timestamp()) * {MICROS}"


@define
class _Share:
    """What is left of what was taken ahead, and until when it may be used."""

    left: int
    ends_s: float


@define
class PostgresqlRates:
    """One connection, used by one at a time. `seconds` is a clock that never goes back."""

    connection: DriverConnection
    within_s: float = 1.0
    seconds: Callable[[], float] = time.monotonic
    _shares: OrderedDict[str, _Share] = field(factory=OrderedDict, init=False, repr=False)
    _asking: asyncio.Lock = field(factory=asyncio.Lock, init=False, repr=False)
    _asked: int = field(default=0, init=False)
    _rests_until_s: float = field(default=0.0, init=False)

    async def take(self, name: str, *, per_minute: int) -> float:
        if self._has_share(name):
            return 0
        async with self._asking:
            if self._has_share(name):  # taken by another one meanwhile
                return 0
            granted, wait_s = await self._take(name, per_minute, max(1, per_minute // SHARES))
        if granted == 0:
            return wait_s
        self._shares[name] = _Share(granted - 1, self.seconds() + MINUTE_S)
        self._shares.move_to_end(name)
        if len(self._shares) > MOST_NAMES:
            self._shares.popitem(last=False)
        return 0

    def _has_share(self, name: str) -> bool:
        """Whether there was something left, of which one is used."""
        share = self._shares.get(name)
        if share is None or share.left == 0 or share.ends_s <= self.seconds():
            return False
        share.left -= 1
        return True

    async def _take(self, name: str, per_minute: int, wanted: int) -> tuple[int, float]:
        """How many were granted and, where it is none, the seconds until there is one. Raises Unavailable."""
        if self.seconds() < self._rests_until_s:
            raise Unavailable("the counting of requests")
        step = 60 * MICROS // per_minute
        try:
            async with asyncio.timeout(self.within_s):
                driver = await self.connection.get()
                row = await driver.fetchrow(TAKE, name, step, wanted)
                await self._tidy(driver)
        except Exception as error:
            self._rests_until_s = self.seconds() + REST_S
            await self.connection.drop()
            raise told(error, failure_of(error), committing=False) from error
        return row["granted"], max(0.001, (row["until_full"] + step) / MICROS - MINUTE_S)

    async def _tidy(self, driver: Any) -> None:
        """A bucket that is full is as good as none."""
        self._asked += 1
        if self._asked % TAKINGS_BEFORE_TIDYING == 0:
            await driver.execute(TIDY)
