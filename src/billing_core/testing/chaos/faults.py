"""Which fault happens when: drawn by a seed, counted, and switched off at will."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from enum import Enum
from random import Random

from attrs import define, field
from attrs.validators import and_, ge, le


class Fault(Enum):
    """What can go wrong between us and somebody who answers."""

    AWAY = "away: nothing was done, and that is known"
    TOO_MANY = "too many requests"
    LOST_BEFORE = "no answer, and nothing was done"
    LOST_AFTER = "no answer, though it was done"
    FAILED_BEFORE = "a failure that is remembered, and nothing was done"
    FAILED_AFTER = "a failure that is remembered, though it was done"
    TWICE = "came twice"
    LATE = "late"
    REFUSED = "refused"
    FEWER = "fewer than asked for"
    MISCONFIGURED = "not set up"
    CUT = "cut off once something was shown, though it was done"


@define
class Faults:
    """Draws a fault for `rate` of all calls, each place by a sequence of its own: the same seed, the same faults.

    `only` leaves out all others. `sleep` is asked to wait for what comes late, up to `longest_s`.
    """

    seed: int
    rate: float = field(default=0.1, validator=and_(ge(0), le(1)))
    only: Collection[Fault] = field(default=tuple(Fault), kw_only=True)
    sleep: Callable[[float], Awaitable[object]] = field(default=asyncio.sleep, kw_only=True)
    longest_s: float = field(default=0.0, kw_only=True)
    happened: Counter[tuple[str, Fault]] = field(factory=Counter, init=False)
    _places: dict[str, Random] = field(factory=dict, init=False)

    def draw(self, place: str, *possible: Fault) -> Fault | None:
        """The fault of this call, if there is one; it is counted."""
        random = self._places.setdefault(place, Random(f"{self.seed} {place}"))
        chance, choice = random.random(), random.random()
        allowed = [fault for fault in possible if fault in self.only]
        if chance >= self.rate or not allowed:
            return None
        fault = allowed[int(choice * len(allowed))]
        self.happened[place, fault] += 1
        return fault

    async def late(self, place: str) -> None:
        """Waits a while."""
        await self.sleep(self._places[place].random() * self.longest_s)

    def stop(self) -> None:
        """From now on all goes well, so that everything can come to rest."""
        self.rate = 0.0

    def __str__(self) -> str:
        """The seed, and how often each fault happened where."""
        rows = sorted((place, fault.name, n) for (place, fault), n in self.happened.items())
        return "\n".join([f"seed {self.seed}: {self.happened.total()} faults"] + [f"{n:6} {p} {f}" for p, f, n in rows])
