"""The runner in the process, on the queues that it meets in earnest: in memory and in SQLite."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from billing_core.adapters.inprocess import InProcessRunner, Retrying
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.sqlalchemy.books import open_sqlite
from billing_core.adapters.system import SystemClock
from billing_core.ports.books import Books
from billing_core.ports.jobs import JobQueue
from billing_core.ports.records import Job
from billing_core.testing.contracts.books import recording
from billing_core.testing.contracts.runner import JobRunnerContract, RunnerBench

QUICKLY = Retrying(attempts=3, first=timedelta(milliseconds=20))


class Bench:
    """Jobs are written as the product writes them: as records of a commit."""

    def __init__(self, books: Books) -> None:
        self.books, self.clock = books, SystemClock()
        self.reported: list[str] = []
        assert isinstance(books.jobs, JobQueue)
        self.runner = InProcessRunner(books.jobs, self.clock, self.report, retrying=QUICKLY, poll_s=0.05)

    async def report(self, _key: str, detail: str) -> None:
        self.reported.append(detail)

    async def put(self, task: str, args: Mapping[str, str], *, priority: int = 0) -> None:
        await self.books.accounts.change("a", recording(Job(task=task, args=args, priority=priority)))

    async def is_idle(self) -> bool:
        return await self.books.jobs.idle(self.clock.now() + timedelta(hours=1))


class TestOnMemory(JobRunnerContract):
    @pytest.fixture
    def bench(self) -> RunnerBench:
        return Bench(MemoryBooks())


class TestOnSqlite(JobRunnerContract):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[RunnerBench]:
        async with open_sqlite(f"sqlite:///{tmp_path / 'billing.db'}") as books:
            yield Bench(books)
