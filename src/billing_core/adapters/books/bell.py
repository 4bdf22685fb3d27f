"""A bell: rung when there may be work, so that those who wait need not ask again and again."""

import asyncio

from attrs import define, field


@define
class Bell:
    """A ring wakes all who wait; one that nobody heard is heard by the next to wait."""

    _rung: asyncio.Event = field(factory=asyncio.Event, init=False)

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, *, timeout_s: float) -> None:
        """Returns at the next ring, at the latest after the timeout."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()
