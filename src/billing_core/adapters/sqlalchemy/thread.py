"""One thread with one connection of its own, for what would keep the event loop waiting."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from attrs import define, field
from sqlalchemy import Connection, Engine

T = TypeVar("T")


@define
class ConnectionThread:
    """Work runs strictly in the order in which it was handed over."""

    engine: Engine
    name: str
    _executor: ThreadPoolExecutor = field(init=False)
    _connection: Connection | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=self.name)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """The work's result. It goes on to its end, also if the caller goes away."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._run, work)

    def hand_over(self, work: Callable[[Connection], object]) -> None:
        """Work that nobody waits for."""
        self._executor.submit(self._run, work)

    async def close(self) -> None:
        """Finishes what was handed over, then closes the connection."""
        try:
            closing = asyncio.get_running_loop().run_in_executor(self._executor, self._close)
        except RuntimeError:  # the process is ending: its threads have finished, and its files are closed with it
            return
        await closing
        self._executor.shutdown()

    def _run(self, work: Callable[[Connection], T]) -> T:
        if self._connection is None:
            self._connection = self.engine.connect()
        return work(self._connection)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self.engine.dispose()
