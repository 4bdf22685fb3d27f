"""How one process commits: how many changes it takes in together, and how long that takes.

It is for reading only, and no decision asks it.
"""

from attrs import define, field

SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
WITHIN_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


@define
class Spread:
    """How many values were up to each of the bounds (and, at last, beyond all of them), and their sum."""

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    sum: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        self.counts[sum(bound < value for bound in self.bounds)] += 1
        self.sum += value


@define
class Groups:
    """The commits of this process since it started: the changes in each, and its seconds."""

    sizes: Spread = field(factory=lambda: Spread(SIZES))
    seconds: Spread = field(factory=lambda: Spread(WITHIN_S))

    def add(self, size: int, seconds: float) -> None:
        """A commit of so many changes, whatever came of it."""
        self.sizes.add(size)
        self.seconds.add(seconds)
