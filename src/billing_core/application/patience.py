"""Patience: what must not be lost is tried again in place, for some seconds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from billing_core.ports.errors import OutcomeUnknown, Unavailable

T = TypeVar("T")


async def patiently(work: Callable[[], Awaitable[T]], rests_s: Sequence[float]) -> T:
    """What the work answers, tried again after each of the rests. Doing it twice must do no harm.

    Raises Unavailable or OutcomeUnknown where the last try does; anything else at once.
    """
    for rest_s in rests_s:
        try:
            return await work()
        except (Unavailable, OutcomeUnknown):
            await asyncio.sleep(rest_s)
    return await work()
