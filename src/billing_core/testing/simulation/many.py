"""Many seeds, on all cores."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from billing_core.testing.simulation.running import Played, run_seed


def run_seeds(seeds: Sequence[int], *, days: int = 90, processes: int | None = None) -> Iterator[Played]:
    """Plays each, in processes of their own, and tells them in their order.

    The order of sets of strings is the same in all of them, so that a seed is replayed exactly.
    """
    before = os.environ.get("PYTHONHASHSEED")
    os.environ["PYTHONHASHSEED"] = "0"
    try:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            yield from pool.map(partial(run_seed, days=days), seeds)
    finally:
        if before is None:
            del os.environ["PYTHONHASHSEED"]
        else:
            os.environ["PYTHONHASHSEED"] = before
