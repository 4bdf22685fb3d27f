"""Questions that many ask at once, asked of the database together: as with a group commit, but for reading."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

from attrs import define, field


@define
class Asking:
    """Those who ask while a question is under way are answered together by the next; nobody waits on purpose.

    `ask` gives what it found for the keys. Who asks is answered by a question that began after they came.
    """

    ask: Callable[[Collection[str]], Awaitable[Mapping[str, str]]]
    _waiting: dict[str, asyncio.Future[str | None]] = field(factory=dict, init=False)
    _working: asyncio.Task[None] | None = field(default=None, init=False)

    async def __call__(self, key: str) -> str | None:
        """What was found for the key, or None. Raises what `ask` raises."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await asyncio.shield(future)  # another may wait for the same

    async def _work(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, {}
                try:
                    found = await self.ask(asked)
                except BaseException as error:
                    for future in asked.values():
                        future.set_exception(error)
                        future.exception()  # they may all have gone away
                    if not isinstance(error, Exception):
                        raise
                else:
                    for key, future in asked.items():
                        future.set_result(found.get(key))
        finally:
            self._working = None
