"""Waiting for what other processes do."""

import asyncio
from collections.abc import Awaitable, Callable

COMES_WITHIN_S = 300.0
LOOKS_EVERY_S = 0.05


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Raises TimeoutError where it does not come to be."""
    async with asyncio.timeout(COMES_WITHIN_S):
        while True:
            if await is_so():
                return
            await asyncio.sleep(LOOKS_EVERY_S)
