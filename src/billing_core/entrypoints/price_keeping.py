"""Knowing the gateway's prices from the first webhook on, and after somebody has changed them.

A price that is not known yet loses nothing: its webhook fails and is tried again. So a gateway that is away, or that
does not take the key any more, does not keep the product from starting.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from billing_core.ports.errors import GatewayRefused, Unavailable

log = logging.getLogger(__name__)

FIRST_S = 10.0
AGAIN_S = 30.0
ANEW_S = 600.0


class Book(Protocol):
    """What is known of the prices. Raises, from `load`: Unavailable, GatewayRefused."""

    def forget(self) -> None: ...

    async def load(self) -> None: ...


@asynccontextmanager
async def prices_kept(book: Book) -> AsyncIterator[None]:
    """Loads the book, waiting some seconds at most, then again as long as it fails, and every ten minutes: another
    process may have been told of a change."""
    keeping = asyncio.create_task(_keep(book, is_known=await _is_loaded(book, FIRST_S)))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def _keep(book: Book, *, is_known: bool) -> None:
    while True:
        await asyncio.sleep(ANEW_S if is_known else AGAIN_S)
        book.forget()
        is_known = await _is_loaded(book, None)


async def _is_loaded(book: Book, seconds: float | None) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await book.load()
    except (Unavailable, GatewayRefused, TimeoutError) as problem:
        log.error("the gateway's prices could not be read, which is tried again: %s", str(problem) or "no answer")
        return False
    return True
