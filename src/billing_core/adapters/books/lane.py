"""Where callers queue for a commit. Those who arrive while one is under way form the next group.

This is where the speed comes from: one durable commit answers a whole group, and nobody waits on purpose.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from attrs import define, field, frozen

from billing_core.adapters.books.writes import Answered, Call, Outcome, Raised
from billing_core.ports.errors import OutcomeUnknown, Unavailable
from billing_core.ports.groups import Groups

T = TypeVar("T")
GROUP = 64
WHAT = "the books"


@frozen
class _Waiting:
    call: Call[Any]
    future: asyncio.Future[Any]

    def settle(self, outcome: Outcome) -> None:
        """Tells the caller, unless the caller has gone away: that undoes nothing."""
        if self.future.done():
            return
        match outcome:
            case Answered(answer):
                self.future.set_result(answer)
            case Raised(error):
                self.future.set_exception(error)


@define
class Lane:
    """A bounded queue with one worker, which lives only while there is something to do.

    `commit` writes a group durably and tells one outcome per call; nobody is answered before it returns. The event loop
    goes round `turns` times before a group is taken, so that whoever is on the way comes along; where nobody is, that
    takes no time.
    """

    commit: Callable[[Sequence[Call[Any]]], Awaitable[Sequence[Outcome]]]
    capacity: int = 2048
    turns: int = 0
    groups: Groups = field(factory=Groups, init=False)
    _queue: deque[_Waiting] = field(factory=deque, init=False)
    _working: asyncio.Task[None] | None = field(default=None, init=False)
    _closed: bool = field(default=False, init=False)

    async def change(self, call: Call[T]) -> T:
        """The answer of the call, once it is durable. Raises Unavailable where the queue is full or closed."""
        if self._closed or len(self._queue) >= self.capacity:
            raise Unavailable(WHAT)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(call, future))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await future

    async def close(self) -> None:
        """Takes no more calls, and returns when those that wait are answered."""
        self._closed = True
        if self._working is not None:
            await asyncio.wait({self._working})

    async def _work(self) -> None:
        group: list[_Waiting] = []
        try:
            while self._queue:
                for _ in range(self.turns):
                    await asyncio.sleep(0)
                group = [self._queue.popleft() for _ in range(min(GROUP, len(self._queue)))]
                outcomes = await self._outcomes([waiting.call for waiting in group])
                for waiting, outcome in zip(group, outcomes, strict=True):
                    waiting.settle(outcome)
        except asyncio.CancelledError:
            # The event loop is going down: nobody may be left waiting for an answer that cannot come.
            _settle_all(group, Raised(OutcomeUnknown(WHAT)))
            _settle_all(self._queue, Raised(Unavailable(WHAT)))
            self._queue.clear()
            raise
        finally:
            self._working = None

    async def _outcomes(self, calls: Sequence[Call[Any]]) -> Sequence[Outcome]:
        began_s = time.perf_counter()
        try:
            return await self.commit(calls)
        except Exception as error:  # noqa: BLE001 - the loop must survive; the callers of this group are told
            return [Raised(error)] * len(calls)
        finally:
            self.groups.add(len(calls), time.perf_counter() - began_s)


def _settle_all(group: Sequence[_Waiting] | deque[_Waiting], outcome: Outcome) -> None:
    for waiting in group:
        waiting.settle(outcome)
