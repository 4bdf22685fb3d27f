"""A bell: rung when there may be work, so that those who wait need not ask again and again."""

import asyncio

from attrs import define, field


@define
class Bell:
    """A ring wakes all who wait. Who wants to miss none begins to wait before looking whether there is work."""

    _next: asyncio.Event = field(factory=asyncio.Event, init=False)

    def ring(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, *, timeout_s: float) -> None:
        """Returns at the next ring, at the latest after the timeout."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._next.wait()
        except TimeoutError:
            return
