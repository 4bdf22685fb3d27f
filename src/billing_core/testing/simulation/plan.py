"""What goes wrong in a world, and how often: drawn once from its seed, then kept."""

from collections.abc import Callable
from random import Random

from attrs import frozen


@frozen(kw_only=True)
class FaultPlan:
    """Rates from 0 to 1. Those of webhooks are per event, of the network per request, of the database and the image
    store per call, of crashes, jumps and pauses per fault point, step and job."""

    drop: float = 0
    duplicate: float = 0
    late: float = 0
    other_version: float = 0
    too_many: float = 0
    server_error: float = 0
    lost_request: float = 0
    lost_answer: float = 0
    busy: float = 0
    commit_unknown: float = 0
    crash: float = 0
    clock_jump: float = 0
    pause: float = 0
    image_refused: float = 0
    image_unavailable: float = 0
    image_lost: float = 0
    image_late: float = 0
    image_fewer: float = 0
    image_misconfigured: float = 0
    store_away: float = 0


LIMITS = {
    "drop": 0.3,
    "duplicate": 0.5,
    "late": 1.0,
    "other_version": 0.1,
    "too_many": 0.2,
    "server_error": 0.2,
    "lost_request": 0.2,
    "lost_answer": 0.2,
    "busy": 0.1,
    "commit_unknown": 0.05,
    "crash": 0.02,
    "clock_jump": 0.01,
    "pause": 0.05,
    "image_refused": 0.1,
    "image_unavailable": 0.2,
    "image_lost": 0.2,
    "image_late": 0.4,
    "image_fewer": 0.2,
    "image_misconfigured": 0.05,
    "store_away": 0.1,
}
"""The highest rate of each."""

# At most so much of what is asked of Stripe fails: with all four at their highest nothing would ever get through.
_NETWORK = ("too_many", "server_error", "lost_request", "lost_answer")
_MOST = 0.45


def draw(random: Random) -> FaultPlan:
    """A world in twenty is calm; in the others each fault is absent in one of three, and else up to its limit."""
    if random.random() < 0.05:
        return FaultPlan()
    rates = {name: _rate(random, limit) for name, limit in LIMITS.items()}
    rates["crash"] = rates["crash"] * random.random() ** 2  # most worlds crash now and then, few all the time
    network = sum(rates[name] for name in _NETWORK)
    if network > _MOST:
        rates |= {name: rates[name] * _MOST / network for name in _NETWORK}
    return FaultPlan(**rates)


def _rate(random: Random, limit: float) -> float:
    return 0.0 if random.random() < 0.35 else random.uniform(0, limit)


Strikes = Callable[[str], bool]
"""Whether the fault of that name happens now."""
