"""Group commit: while one group is being committed, the next one gathers. No timer, so one alone waits for nobody."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
MOST = 64


class Group(Generic[T, R]):
    """Members are answered by the commit that they were in, in their order."""

    def __init__(self, commit: Callable[[Sequence[T]], Awaitable[Sequence[R]]]) -> None:
        self._commit = commit
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._working: asyncio.Task[None] | None = None

    async def join(self, member: T) -> R:
        """The member's answer, once its group is committed. Raises what the commit raises."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((member, answer))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                answers = await self._commit([member for member, _ in taken])
            except Exception as error:  # noqa: BLE001 - it is the answer of everyone in the group
                for _, waiting in taken:
                    waiting.set_exception(error)
            else:
                for (_, waiting), answer in zip(taken, answers, strict=True):
                    waiting.set_result(answer)
        self._working = None
