"""Buckets of what may happen in a minute, counted within one process."""

import time
from collections import OrderedDict
from collections.abc import Callable

from attrs import field, frozen

MINUTE_S = 60.0
MOST_NAMES = 100_000


@frozen
class ProcessRates:
    """Kept in memory, for books that one process serves. Beyond `most` names those that were asked for least lately
    are forgotten, and their buckets are full again. `seconds` is a clock that never goes back."""

    seconds: Callable[[], float] = time.monotonic
    most: int = MOST_NAMES
    _full_at: OrderedDict[str, float] = field(factory=OrderedDict, init=False, repr=False, eq=False)

    async def take(self, name: str, *, per_minute: int) -> float:
        now = self.seconds()
        full_at = max(self._full_at.get(name, now), now) + MINUTE_S / per_minute
        wait_s = full_at - now - MINUTE_S
        if wait_s > 1e-6:  # what adding up leaves
            return wait_s
        self._full_at[name] = full_at
        self._full_at.move_to_end(name)
        if len(self._full_at) > self.most:
            self._full_at.popitem(last=False)
        return 0
