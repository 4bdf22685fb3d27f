"""How jobs get into Procrastinate's table: with their transaction or not at all, and one of each key."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from attrs import evolve

from billing_core.adapters.books.writes import RecordWrite
from billing_core.adapters.sqlalchemy.postgresql import open_postgresql
from billing_core.adapters.sqlalchemy.procrastinate_jobs import QUEUE_JOBS, job_arguments
from billing_core.ports.records import Job

NOW = datetime(2020, 2, 29, 12, tzinfo=UTC)  # by a clock that is not the database's
SOON = NOW + timedelta(minutes=5)
LATER = NOW + timedelta(hours=1)
FETCH = Job(task="fetch", args={"id": "sub_1"}, key="fetch:sub_1")
PLAIN = Job(task="draw", args={})


@pytest.fixture
async def connection(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


@pytest.fixture
async def another(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


async def write(connection: asyncpg.Connection, *jobs: Job) -> None:
    await connection.execute(QUEUE_JOBS, *job_arguments([RecordWrite("a", job, NOW) for job in jobs]))


async def waiting(connection: asyncpg.Connection) -> list[tuple[str, int, int | None]]:
    """Each job in its order: its task, how many head starts it stands ahead of now and how many minutes it rests."""
    rows = await connection.fetch(
        "select task_name, round((priority + extract(epoch from now() - '2020-01-01 00:00Z')) / 30)::int as ahead,"
        " round(extract(epoch from scheduled_at - now()) / 60)::int as rests"
        " from procrastinate_jobs where status = 'todo' order by id"
    )
    return [(row["task_name"], row["ahead"], row["rests"]) for row in rows]


async def begin(connection: asyncpg.Connection) -> int | None:
    """Claims a job, as a worker does; its id."""
    worker = await connection.fetchval("select * from procrastinate_register_worker_v1()")
    job_id: int | None = await connection.fetchval("select id from procrastinate_fetch_job_v2(null, $1)", worker)
    return job_id


async def test_a_job_is_written_with_all_that_it_says(connection: asyncpg.Connection) -> None:
    await write(connection, evolve(FETCH, priority=7, args={"id": "ü 灯台"}))

    row = await connection.fetchrow("select * from procrastinate_jobs")
    assert row is not None
    assert (row["task_name"], row["queue_name"], row["scheduled_at"]) == ("fetch", "fetch", None)
    assert json.loads(row["args"]) == {"args": {"id": "ü 灯台"}, "key": "fetch:sub_1"}
    assert (row["lock"], row["queueing_lock"]) == (None, None)
    assert await waiting(connection) == [("fetch", 7, None)]


async def test_jobs_of_a_group_keep_their_order(connection: asyncpg.Connection) -> None:
    await write(connection, *(Job(task=str(n), args={}, key=str(n % 7) if n > 10 else None) for n in range(20)))

    assert [task for task, *_ in await waiting(connection)] == [str(n) for n in range(18)]


async def test_a_rest_is_counted_from_the_commit_by_the_clock_of_the_database(connection: asyncpg.Connection) -> None:
    past = evolve(PLAIN, not_before=NOW - timedelta(days=1))
    await write(connection, evolve(PLAIN, not_before=LATER), evolve(PLAIN, not_before=SOON), past)

    assert await waiting(connection) == [("draw", 0, 60), ("draw", 0, 5), ("draw", 0, None)]


async def test_of_one_key_one_waits_and_moves_forward(connection: asyncpg.Connection) -> None:
    await write(connection, evolve(FETCH, not_before=LATER), PLAIN, PLAIN)
    assert await waiting(connection) == [("fetch", 0, 60), ("draw", 0, None), ("draw", 0, None)]

    await write(connection, evolve(FETCH, not_before=SOON))
    assert (await waiting(connection))[0] == ("fetch", 0, 5)

    await write(connection, evolve(FETCH, not_before=LATER, priority=3))
    assert (await waiting(connection))[0] == ("fetch", 3, 5)

    await write(connection, FETCH)
    assert (await waiting(connection))[0] == ("fetch", 3, None)

    await write(connection, evolve(FETCH, not_before=SOON, priority=9))
    assert (await waiting(connection))[0] == ("fetch", 9, None)
    assert len(await waiting(connection)) == 3


async def test_of_one_key_one_of_a_group_is_written_as_soon_and_urgent_as_any(connection: asyncpg.Connection) -> None:
    await write(connection, evolve(FETCH, not_before=LATER), evolve(FETCH, not_before=SOON, priority=4), PLAIN)

    assert await waiting(connection) == [("fetch", 4, 5), ("draw", 0, None)]


async def test_while_one_runs_another_of_its_key_waits_and_both_may_be_put_back(connection: asyncpg.Connection) -> None:
    await write(connection, FETCH)
    running = await begin(connection)
    await write(connection, FETCH)
    await write(connection, FETCH)
    assert len(await waiting(connection)) == 1

    await connection.execute("select procrastinate_retry_job_v2($1, now(), null, null, null)", running)
    assert len(await waiting(connection)) == 2


async def test_one_that_waits_is_not_begun_before_the_commit_that_relies_on_it(
    connection: asyncpg.Connection, another: asyncpg.Connection
) -> None:
    """Else it could run without having seen what that commit writes."""
    await write(connection, FETCH)

    async with connection.transaction():
        await write(connection, FETCH)
        assert await begin(another) is None
    assert await begin(another) is not None


async def test_groups_with_the_same_keys_do_not_wait_for_each_other(
    connection: asyncpg.Connection, another: asyncpg.Connection
) -> None:
    jobs = [Job(task=str(n), args={}, key=str(n), not_before=SOON) for n in range(10)]
    await write(connection, *jobs)

    sooner = [evolve(job, not_before=None) for job in jobs]
    async with asyncio.timeout(5), connection.transaction(), another.transaction():
        await write(connection, *sooner[:5])
        await write(another, *reversed(sooner))
        await write(connection, *sooner[5:])

    tasks = {task for task, *_ in await waiting(connection)}
    assert tasks == {str(n) for n in range(10)}


async def test_what_was_rolled_back_was_never_there(connection: asyncpg.Connection) -> None:
    transaction = connection.transaction()
    await transaction.start()
    await write(connection, PLAIN, FETCH)
    await transaction.rollback()

    assert await connection.fetchval("select count(*) from procrastinate_jobs") == 0


async def test_the_books_are_idle_while_nothing_is_due_or_running(
    connection: asyncpg.Connection, postgres_url: str
) -> None:
    async with open_postgresql(postgres_url) as books:
        assert await books.jobs.idle(NOW)

        await write(connection, evolve(FETCH, not_before=SOON))
        assert await books.jobs.idle(NOW)

        await write(connection, FETCH)
        assert not await books.jobs.idle(NOW)

        running = await begin(connection)
        assert not await books.jobs.idle(NOW)

        await connection.execute("select procrastinate_finish_job_v1($1, 'succeeded', true)", running)
        assert await books.jobs.idle(NOW)


async def test_a_key_is_known_while_its_job_rests_waits_or_runs(
    connection: asyncpg.Connection, postgres_url: str
) -> None:
    async def known() -> frozenset[str]:
        return await books.jobs.known(["fetch:sub_1", "fetch:sub_2"])

    async with open_postgresql(postgres_url) as books:
        assert await known() == frozenset()

        await write(connection, evolve(FETCH, not_before=SOON))
        assert await known() == {"fetch:sub_1"}

        await write(connection, FETCH)
        running = await begin(connection)
        assert await known() == {"fetch:sub_1"}

        await connection.execute("select procrastinate_finish_job_v1($1, 'succeeded', true)", running)
        assert await known() == frozenset()
