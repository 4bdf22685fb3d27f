"""What this process has answered since it started: counted by route, never by what was asked for."""

from collections import Counter

from attrs import define, field

from billing_core.ports.groups import Spread

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE, OTHER = "none", "other"
WITHIN_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


@define
class Answered:
    """How many requests each route answered, by method and status, and how long it took.

    A route is told by its template and a method by its name only where HTTP has it, so there are as many counters as
    routes, whatever strangers ask for.
    """

    answers: Counter[tuple[str, str, int]] = field(factory=Counter)
    times: dict[str, Spread] = field(factory=dict)

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Status 0 stands for a request that went away unanswered."""
        self.answers[method if method in METHODS else OTHER, route, status] += 1
        times = self.times.get(route)
        if times is None:
            times = self.times[route] = Spread(WITHIN_S)
        times.add(seconds)
