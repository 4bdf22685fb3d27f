"""Ids: a prefix and 26 characters of time and chance (ULID), and counted ones for tests that print them."""

import secrets
import threading
import time
from collections import Counter

# Crockford's alphabet leaves out i, l, o and u; lower-case, it still sorts as the numbers do.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# 26 characters of five bits, written two at a time.
PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
SHIFTS = range(120, -1, -10)
CHANCE_BITS = 80
# Within one millisecond an id is the last one plus a random step, not plus one: nobody can guess the next id from
# one that he was given, and two processes forked from one parent do not walk in step.
STEP_BITS = 64


class SystemIds:
    """Milliseconds since 1970 (48 bits), then chance (80 bits). Strictly growing within a process, also when the
    system's clock is set back; across processes as well ordered as their clocks agree."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def new(self, prefix: str) -> str:
        return f"{prefix}_{_spelled(self._next())}"

    def _next(self) -> int:
        with self._lock:
            fresh = time.time_ns() // 1_000_000 << CHANCE_BITS | secrets.randbits(CHANCE_BITS)
            if fresh <= self._last:
                fresh = self._last + 1 + secrets.randbits(STEP_BITS)
            self._last = fresh
            return fresh


class CountingIds:
    """`gen_000001`, `gen_000002`, …: each prefix counts for itself, so that a test can name what it will meet."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def new(self, prefix: str) -> str:
        self._counts[prefix] += 1
        return f"{prefix}_{self._counts[prefix]:06}"


def _spelled(number: int) -> str:
    return "".join([PAIRS[number >> shift & 1023] for shift in SHIFTS])
