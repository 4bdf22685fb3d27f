"""How often something may happen, counted for all processes that share the books."""

from typing import Protocol


class Rates(Protocol):
    """Each name is a bucket that holds as much as a minute may use: it can be emptied at once, and fills up evenly
    within a minute. A count need not be durable. Raises: Unavailable.

    Where several processes share the buckets, one may take a twentieth of a bucket ahead and use it up within a minute;
    so together they never take more than there is.
    """

    async def take(self, name: str, *, per_minute: int) -> float:
        """Takes one, and answers 0; or, where none is left, the seconds until there is one. `per_minute` is 1 or more,
        and the same for a name each time."""
        ...
