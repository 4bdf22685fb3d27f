"""Virtual time: an event loop that waits for nobody, and what is told by its time."""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, field

START = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)


class Stuck(RuntimeError):
    """Everybody waits, and nothing is to come."""


class _Selector(selectors.SelectSelector):
    """Instead of waiting it lets the loop's time pass."""

    passes: Callable[[float], None]

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Stuck("every task waits, and nothing is to come")
        if timeout > 0:
            self.passes(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its seconds pass as fast as there is nothing to do. What is run in a thread is done at once, so that the order
    of things depends on nothing outside."""

    def __init__(self) -> None:
        self._virtual = 0.0
        selector = _Selector()
        selector.passes = self._pass
        super().__init__(selector)
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._virtual

    def run_in_executor(self, executor: Executor | None, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        done = self.create_future()
        try:
            done.set_result(func(*args) if executor is None else executor.submit(func, *args).result())
        except Exception as error:  # noqa: BLE001 - it is the caller's
            done.set_exception(error)
        return done

    def _pass(self, seconds: float) -> None:
        self._virtual += seconds


@define
class LoopClock:
    """The time of a virtual loop, counted from `start`; `offset` is how far this clock goes wrong."""

    loop: asyncio.AbstractEventLoop
    start: datetime = START
    offset: timedelta = field(default=timedelta(0))

    def now(self) -> datetime:
        return self.start + timedelta(microseconds=round(self.loop.time() * 1e6)) + self.offset
