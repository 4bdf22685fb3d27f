"""Not asking Stripe for more than it takes: an even pace for bulk reading, and patience where it says "too many"."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator

from attrs import define, field, frozen

from billing_core.adapters.stripe.transport import Sleeping


@define
class Pace:
    """At most so many turns a second, evenly spread over all who share it."""

    per_second: float = 25
    _sleep: Sleeping = asyncio.sleep
    _now: Callable[[], float] = time.monotonic
    _next: float = field(default=0, init=False)

    async def turn(self) -> None:
        """Comes back when it is the caller's turn."""
        now = self._now()
        mine = max(now, self._next)
        self._next = mine + 1 / self.per_second
        if mine > now:
            await self._sleep(mine - now)


@frozen
class Patience:
    """How long to wait before the same is asked again. The pauses double, with jitter, so that many who were turned
    away together do not come back together."""

    pauses: int = 4
    first_s: float = 0.5
    longest_s: float = 10
    sleep: Sleeping = asyncio.sleep
    spread: Callable[[], float] = random.random

    def lengths(self) -> Iterator[float]:
        """The pauses in seconds, each between a half and the whole of its step."""
        for step in range(self.pauses):
            yield min(self.first_s * 2**step, self.longest_s) * (1 + self.spread()) / 2
