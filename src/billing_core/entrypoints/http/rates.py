"""How often one may ask."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from math import ceil

from billing_core.entrypoints.http.refusals import RateLimited

MINUTE_S = 60.0
MOST_KEYS = 10_000


class SlidingMinute:
    """Lets each key pass so many times within any minute. It remembers the keys that were used last, in memory."""

    def __init__(
        self, per_minute: int, *, monotonic: Callable[[], float] = time.monotonic, most_keys: int = MOST_KEYS
    ) -> None:
        self._per_minute = per_minute
        self._monotonic = monotonic
        self._most_keys = most_keys
        self._passed: OrderedDict[tuple[str, ...], deque[float]] = OrderedDict()

    def take(self, *key: str) -> None:
        """Raises RateLimited."""
        now = self._monotonic()
        passed = self._passed.setdefault(key, deque())
        self._passed.move_to_end(key)
        while passed and passed[0] <= now - MINUTE_S:
            passed.popleft()
        if len(passed) >= self._per_minute:
            raise RateLimited(max(1, ceil(passed[0] + MINUTE_S - now)) if passed else int(MINUTE_S))
        passed.append(now)
        while len(self._passed) > self._most_keys:
            self._passed.popitem(last=False)

    def __len__(self) -> int:
        return len(self._passed)
