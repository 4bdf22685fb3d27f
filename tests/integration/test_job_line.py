"""Whose turn it is: who is more urgent overtakes, by a head start for each point, and so nobody waits for ever.

Time goes on here as the test says, on each queue that leases jobs.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.sqlalchemy.books import open_sqlite
from billing_core.adapters.sqlalchemy.migrate import upgrade
from billing_core.adapters.system import FixedClock
from billing_core.ports.books import Books
from billing_core.ports.jobs import HEAD_START, JobQueue
from billing_core.ports.records import Job
from billing_core.testing.contracts.books import NOW, recording

Opening = Callable[[FixedClock], AbstractAsyncContextManager[Books]]
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
MOST = 20  # the highest priority here


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "books.sqlite"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["memory", "sqlite"])
def opening(request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Opening:
    """Opens empty books that date jobs by the clock."""

    @asynccontextmanager
    async def in_memory(clock: FixedClock) -> AsyncIterator[Books]:
        yield MemoryBooks(now=clock.now)

    @asynccontextmanager
    async def on_sqlite(clock: FixedClock) -> AsyncIterator[Books]:
        path = tmp_path_factory.mktemp("line") / "books.sqlite"
        shutil.copy(template, path)
        async with open_sqlite(f"sqlite:///{path}", now=clock.now, migrate=False) as books:
            yield books

    return in_memory if request.param == "memory" else on_sqlite


@define
class Line:
    """A queue, and when each job that waits was written, with its priority."""

    clock: FixedClock
    books: Books
    waiting: dict[str, tuple[datetime, int]] = field(factory=dict)
    written: int = 0

    async def write(self, priority: int, *, name: str | None = None) -> str:
        self.written += 1
        name = name or str(self.written)
        self.waiting[name] = (self.clock.now(), priority)
        await self.books.accounts.change("a", recording(Job(task="draw", args={"id": name}, priority=priority)))
        return name

    async def serve(self) -> str | None:
        """The name of the one whose turn it is, which is done then."""
        queue = self.books.jobs
        assert isinstance(queue, JobQueue)
        job = await queue.claim(self.clock.now(), lease=DAY)
        if job is None:
            return None
        await queue.finish(job)
        return job.args["id"]


def test_nobody_is_overtaken_by_more_than_a_head_start(opening: Opening) -> None:
    """Whatever comes, and however slowly it is served."""

    @settings(max_examples=settings().max_examples // 4)
    @given(st.lists(st.tuples(st.integers(0, 400), st.none() | st.integers(0, MOST)), max_size=30))
    def fair(steps: list[tuple[int, int | None]]) -> None:
        async def play() -> None:
            clock = FixedClock(NOW)
            async with opening(clock) as books:
                line = Line(clock, books)
                for seconds, priority in [*steps, *[(0, None)] * len(steps)]:
                    clock.advance(seconds * SECOND)
                    if priority is None:
                        await served_in_turn(line)
                    else:
                        await line.write(priority)
                assert line.waiting == {}

        asyncio.run(play())

    fair()


async def served_in_turn(line: Line) -> None:
    name = await line.serve()
    assert (name is None) == (line.waiting == {})
    if name is not None:
        came, priority = line.waiting.pop(name)
        for earlier, lower in line.waiting.values():
            assert came - earlier <= (priority - lower) * HEAD_START


async def test_under_an_endless_load_of_premium_a_free_job_waits_ten_minutes(opening: Opening) -> None:
    """As many come as can be served, and others wait already: never is there less to do."""
    clock = FixedClock(NOW)
    async with opening(clock) as books:
        line, waited = Line(clock, books), 0
        for _ in range(10):
            await line.write(MOST)
        await line.write(0, name="free")
        while "free" in line.waiting:
            clock.advance(10 * SECOND)
            waited += 10
            await line.write(MOST)
            line.waiting.pop(await line.serve() or "")

    assert 600 <= waited <= 600 + 11 * 10


async def test_who_is_asked_for_again_with_more_urgency_moves_forward_and_never_back(opening: Opening) -> None:
    clock = FixedClock(NOW)

    async with opening(clock) as books:

        async def write(name: str, priority: int) -> None:
            job = Job(task="draw", args={"id": name}, key=name, priority=priority)
            await books.accounts.change("a", recording(job))

        for name, priority in (("first", 1), ("second", 0), ("third", 0)):
            await write(name, priority)
            clock.advance(SECOND)
        await write("first", 0)
        await write("third", 1)
        line = Line(clock, books)
        assert [await line.serve() for _ in range(4)] == ["first", "third", "second", None]
