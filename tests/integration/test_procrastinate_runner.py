"""A real Procrastinate worker on a real PostgreSQL runs what the books have written, and nothing else."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import psycopg
import pytest

from billing_core.adapters.books.retrying import Retrying
from billing_core.adapters.procrastinate import ProcrastinateRunner
from billing_core.adapters.sqlalchemy.postgresql import PostgresqlBooks, open_postgresql
from billing_core.ports.records import Job
from billing_core.testing.contracts.books import recording
from billing_core.testing.contracts.runner import JobRunnerContract

QUICKLY = Retrying(attempts=3, first=timedelta(milliseconds=20))


class Bench:
    """Jobs are written as the product writes them: as records of a commit."""

    def __init__(self, url: str, books: PostgresqlBooks) -> None:
        self.url, self.books = url, books
        self.reported: list[str] = []
        self.runner = self.another()

    def another(self) -> ProcrastinateRunner:
        """One more worker, which would be missed soon."""
        return ProcrastinateRunner(
            self.url,
            self.report,
            retrying=QUICKLY,
            poll_s=0.1,
            heartbeat_s=0.2,
            stop_within_s=5.0,
            stalled_after_s=6.0,
        )

    async def report(self, _key: str, detail: str) -> None:
        self.reported.append(detail)

    async def put(self, task: str, args: Mapping[str, str], *, priority: int = 0) -> None:
        await self.write(Job(task=task, args=args, priority=priority))

    async def write(self, *jobs: Job) -> None:
        await self.books.accounts.change("a", recording(*jobs))

    async def is_idle(self) -> bool:
        return await self.asked("select count(*) from procrastinate_jobs") == 0

    async def asked(self, question: str) -> object:
        """The first answer, asked behind everybody's back."""
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            row = await (await connection.execute(question.encode())).fetchone()
            return row[0] if row else None


@pytest.fixture
async def bench(postgres_url: str) -> AsyncIterator[Bench]:
    async with open_postgresql(postgres_url) as books:
        yield Bench(postgres_url, books)


class TestProcrastinateRunner(JobRunnerContract):
    @pytest.fixture
    async def bench(self, postgres_url: str) -> AsyncIterator[Bench]:
        async with open_postgresql(postgres_url) as books:
            yield Bench(postgres_url, books)
