"""From what was timed to the figures that are compared."""

from collections.abc import Mapping, Sequence
from statistics import median

from attrs import frozen

from benchmarks.machine import Watch

Figures = dict[str, float]
"""One run of one contender, by name: `per_s`, `p50_ms`, `p99_ms`, `<part>_us` of CPU an operation, `foreign_pct`."""


@frozen
class Spread:
    """A figure over the rounds."""

    median: float
    least: float
    most: float


def figures(count: int, latencies_s: Sequence[float], watch: Watch) -> Figures:
    """Those of `count` operations that were done while the watch ran."""
    cpu = {f"{part}_us": spent_s * 1e6 / count for part, spent_s in watch.cpu_s.items()}
    return {
        "operations": count,
        "per_s": count / watch.wall_s,
        "p50_ms": percentile(latencies_s, 50) * 1e3,
        "p99_ms": percentile(latencies_s, 99) * 1e3,
        **cpu,
        "foreign_pct": 100 * watch.foreign_share,
    }


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that at least so many percent of them do not exceed."""
    if not values:
        raise ValueError("nothing was measured")
    ranked = sorted(values)
    rank = -(-len(ranked) * percent // 100)  # rounded up
    return ranked[max(0, int(rank) - 1)]


def spread(runs: Sequence[Mapping[str, float]], name: str) -> Spread | None:
    """The figure over these runs; None where none of them has it."""
    values = [run[name] for run in runs if name in run]
    return Spread(median(values), min(values), max(values)) if values else None
