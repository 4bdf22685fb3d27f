"""A real Procrastinate worker on a real PostgreSQL runs what the books have written, and nothing else."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import asyncpg
import psycopg
import pytest
from attrs import evolve
from procrastinate.manager import JobManager

from billing_core.adapters.books.moment import utc_now
from billing_core.adapters.books.retrying import Retrying
from billing_core.adapters.books.writes import RecordWrite
from billing_core.adapters.procrastinate import ProcrastinateRunner
from billing_core.adapters.sqlalchemy.postgresql import PostgresqlBooks, open_postgresql
from billing_core.adapters.sqlalchemy.procrastinate_jobs import QUEUE_JOBS, job_arguments
from billing_core.ports.errors import Unavailable
from billing_core.ports.jobs import Every, Handler
from billing_core.ports.records import Job
from billing_core.testing.contracts.books import NOW, recording
from billing_core.testing.contracts.runner import JobRunnerContract, running, until

QUICKLY = Retrying(attempts=3, first=timedelta(milliseconds=20))


class Bench:
    """Jobs are written as the product writes them: as records of a commit."""

    def __init__(self, url: str, books: PostgresqlBooks) -> None:
        self.url, self.books = url, books
        self.reported: list[str] = []
        self.runner = self.another()

    def by(self, runner: ProcrastinateRunner) -> "Bench":
        """The same queue, with another runner."""
        other = Bench(self.url, self.books)
        other.reported, other.runner = self.reported, runner
        return other

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

    async def listens(self) -> bool:
        """Whether a worker waits for notifications."""
        question = "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen%'"
        return await self.asked(question) != 0

    async def tell(self, statement: str) -> None:
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            await connection.execute(statement.encode())

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


async def test_a_job_that_another_process_has_written_is_begun_at_once(bench: Bench) -> None:
    """Far sooner than the next time that the worker would ask by itself."""
    done = asyncio.Event()
    slow = evolve(bench.runner, poll_s=120.0)

    async def draw(_args: Mapping[str, str]) -> None:
        done.set()

    async with running(bench.by(slow), {"draw": draw}):
        await until(bench.listens)
        await bench.put("draw", {})
        await asyncio.wait_for(done.wait(), 10)


async def test_what_was_rolled_back_never_runs(bench: Bench) -> None:
    done: list[str] = []
    connection = await asyncpg.connect(bench.url)
    transaction = connection.transaction()
    await transaction.start()
    lost = RecordWrite("a", Job(task="draw", args={"n": "lost"}), NOW)
    await connection.execute(QUEUE_JOBS, *job_arguments([lost]))

    async with running(bench, {"draw": _into(done)}):
        await asyncio.sleep(0.5)
        await transaction.rollback()
        await bench.put("draw", {"n": "kept"})
        await until(bench.is_idle)
    await connection.close()

    assert done == ["kept"]


async def test_a_job_rests_until_its_time(bench: Bench) -> None:
    done: list[str] = []
    await bench.write(Job(task="draw", args={"n": "later"}, not_before=utc_now() + timedelta(seconds=1.5), priority=9))
    await bench.put("draw", {"n": "now"})

    async with running(bench, {"draw": _into(done)}):
        await until(lambda: done == ["now"])
        await asyncio.sleep(0.5)
        assert done == ["now"]
        await until(lambda: done == ["now", "later"])


async def test_a_failed_attempt_rests_longer_each_time(bench: Bench) -> None:
    times: list[float] = []
    patient = evolve(bench.runner, retrying=Retrying(attempts=3, first=timedelta(seconds=0.5)))

    async def fail(_args: Mapping[str, str]) -> None:
        times.append(asyncio.get_running_loop().time())
        raise RuntimeError("as ever")

    await bench.put("draw", {"id": "gen_1"})
    async with running(bench.by(patient), {"draw": fail}):
        await until(bench.is_idle)

    first, second = (after - before for before, after in pairwise(times))
    assert first >= 0.5
    assert second >= 1.0
    assert bench.reported == ["draw(id=gen_1) failed 3 times, at last with RuntimeError: as ever"]


async def test_a_handler_that_hangs_has_failed(bench: Bench) -> None:
    hasty = evolve(bench.runner, handler_within=timedelta(milliseconds=50))

    async def hang(_args: Mapping[str, str]) -> None:
        await asyncio.Event().wait()

    await bench.put("draw", {})
    async with running(bench.by(hasty), {"draw": hang}):
        await until(bench.is_idle)

    assert bench.reported == ["draw() failed 3 times, at last with TimeoutError: "]


async def test_an_incident_that_cannot_be_told_keeps_its_job(bench: Bench) -> None:
    tries: list[str] = []

    async def report(_key: str, detail: str) -> None:
        tries.append(detail)
        if len(tries) == 1:
            raise ConnectionError("the books are away")

    deaf = evolve(bench.runner, report=report, retrying=Retrying(attempts=1, first=timedelta(milliseconds=20)))

    async def fail(_args: Mapping[str, str]) -> None:
        raise RuntimeError("as ever")

    await bench.put("draw", {})
    async with running(bench.by(deaf), {"draw": fail}):
        await until(bench.is_idle)

    assert tries == [
        "draw() failed 1 times, at last with RuntimeError: as ever",
        "draw() was begun 1 times and never came to an end",
    ]


async def test_what_is_not_done_when_a_stop_will_wait_no_longer_is_put_back(bench: Bench) -> None:
    begun, done = asyncio.Event(), list[str]()
    hasty = evolve(bench.runner, stop_within_s=0.1)

    async def hang(_args: Mapping[str, str]) -> None:
        begun.set()
        await asyncio.Event().wait()

    await bench.put("draw", {"n": "1"})
    async with running(bench.by(hasty), {"draw": hang}):
        await begun.wait()
    assert not await bench.is_idle()

    async with running(bench, {"draw": _into(done)}):
        await until(bench.is_idle)
    assert done == ["1"]


async def test_two_workers_never_run_the_same_job_at_the_same_time(bench: Bench) -> None:
    under_way, runs = set[str](), list[str]()

    async def draw(args: Mapping[str, str]) -> None:
        assert args["n"] not in under_way
        under_way.add(args["n"])
        await asyncio.sleep(0.02)
        under_way.remove(args["n"])
        runs.append(args["n"])

    await bench.write(*(Job(task="draw", args={"n": str(n)}) for n in range(60)))
    async with running(bench, {"draw": draw}), running(bench.by(bench.another()), {"draw": draw}):
        await until(bench.is_idle)

    assert sorted(runs) == sorted(str(n) for n in range(60))
    assert bench.reported == []


async def test_a_job_whose_worker_was_killed_is_run_by_another(bench: Bench) -> None:
    done: list[str] = []
    await bench.put("draw", {"n": "1"})
    lone = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.lone_worker", bench.url, stdout=asyncio.subprocess.PIPE
    )
    assert lone.stdout is not None
    assert await asyncio.wait_for(lone.stdout.readline(), 30) == b"begun\n"

    soon = evolve(bench.runner, stop_within_s=0.5, stalled_after_s=1.5)
    async with running(bench.by(soon), {"draw": _into(done)}):
        await asyncio.sleep(2)
        assert done == []  # its worker is heard of
        lone.kill()
        await lone.wait()
        await until(lambda: done == ["1"])
        await until(bench.is_idle)

    assert await bench.asked("select count(*) from procrastinate_workers") == 0


async def test_what_takes_its_process_with_it_each_time_is_given_up(bench: Bench) -> None:
    await bench.put("draw", {})
    await bench.tell("update procrastinate_jobs set status = 'doing', attempts = 2")

    async with running(bench, {"draw": _into([])}):
        await until(bench.is_idle)

    assert bench.reported == ["draw() was begun 3 times and never came to an end"]


async def test_a_worker_that_is_cut_off_begins_again(bench: Bench) -> None:
    done: list[str] = []

    async with running(bench, {"draw": _into(done)}):
        await until(bench.listens)
        await bench.tell(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        await bench.tell("delete from procrastinate_workers")  # and was taken for dead meanwhile
        await until_written(bench, Job(task="draw", args={"n": "1"}))
        await until(lambda: done == ["1"])


async def test_tasks_can_be_left_to_others(bench: Bench) -> None:
    here: list[str] = []
    there: list[str] = []
    choosy = evolve(bench.runner, leaving=frozenset({"ask"}))

    await bench.write(Job(task="ask", args={"n": "1"}, priority=9), Job(task="draw", args={"n": "2"}))
    async with running(bench.by(choosy), {"draw": _into(here), "ask": _into(here)}):
        await until(lambda: here == ["2"])
        await asyncio.sleep(0.3)
    async with running(bench, {"draw": _into(there), "ask": _into(there)}):
        await until(bench.is_idle)

    assert (here, there) == (["2"], ["1"])


async def test_lanes_of_a_process_share_the_tasks_out_and_one_reports_what_nobody_knows(bench: Bench) -> None:
    drawn, done = asyncio.Event(), list[str]()

    async def draw(_args: Mapping[str, str]) -> None:
        await drawn.wait()

    handlers = {"draw": draw, "note": _into(done)}
    lanes = [
        evolve(bench.runner, tasks=frozenset({"draw"}), concurrency=1),
        evolve(bench.runner, leaving=frozenset({"draw"}), concurrency=1),
    ]
    for n in range(3):
        await bench.write(Job(task="draw", args={}, priority=9), Job(task="note", args={"n": str(n)}))
    await bench.write(Job(task="unheard of", args={"n": "1"}))
    async with running(bench.by(lanes[0]), handlers), running(bench.by(lanes[1]), handlers):
        await until(lambda: done == ["0", "1", "2"])
        await until(lambda: bench.reported != [])
        drawn.set()
        await until(bench.is_idle)

    assert bench.reported == ["unheard of(n=1) has no handler"]


async def test_a_worker_of_some_tasks_reports_none_of_the_others(bench: Bench) -> None:
    done: list[str] = []
    choosy = evolve(bench.runner, tasks=frozenset({"draw"}))
    await bench.write(*(Job(task=task, args={"n": task}) for task in ("other", "unheard of", "draw")))
    async with running(bench.by(choosy), {"draw": _into(done)}):
        await until(lambda: done == ["draw"])
        await asyncio.sleep(0.6)  # three heartbeats

    assert bench.reported == []
    assert await bench.asked("select count(*) from procrastinate_jobs where status = 'todo'") == 2


async def test_what_rests_is_not_unknown_before_its_time(bench: Bench) -> None:
    rests = Job(task="of a newer version", args={}, not_before=utc_now() + timedelta(hours=1))
    await bench.write(rests)
    async with running(bench, {"draw": _into([])}):
        await asyncio.sleep(0.6)

    assert bench.reported == []


async def test_jobs_are_begun_in_the_order_of_the_line(bench: Bench) -> None:
    """By when they were written, less a head start of half a minute for each point; then by who was first."""
    done: list[str] = []
    ages_s = {"premium now": (20, 0), "free now": (0, 0), "free 9 min": (0, 540), "free 11 min": (0, 660)}
    ages_s |= {"basic 6 min": (10, 360), "basic 4 min": (10, 240), "free 2 days": (0, 172_800)}
    for name, (priority, age_s) in ages_s.items():
        await bench.write(Job(task="draw", args={"n": name}, priority=priority, key=name))
        await bench.tell(f"update procrastinate_jobs set priority = priority + {age_s} where args ->> 'key' = '{name}'")
    async with running(bench.by(evolve(bench.runner, concurrency=1)), {"draw": _into(done)}):
        await until(bench.is_idle)

    line = ["free 2 days", "free 11 min", "basic 6 min", "premium now", "free 9 min", "basic 4 min", "free now"]
    assert done == line


async def test_a_premium_job_overtakes_a_hundred_free_ones(bench: Bench) -> None:
    done: list[str] = []
    await bench.write(*(Job(task="draw", args={"n": f"free {n}"}) for n in range(100)))
    await bench.write(Job(task="draw", args={"n": "premium"}, priority=20))
    async with running(bench.by(evolve(bench.runner, concurrency=1)), {"draw": _into(done)}):
        await until(bench.is_idle)

    assert done == ["premium", *(f"free {n}" for n in range(100))]


async def test_what_is_periodic_goes_before_what_waits_in_line(bench: Bench) -> None:
    begun: list[str] = []

    async def draw(_args: Mapping[str, str]) -> None:
        begun.append("draw")
        await asyncio.sleep(0.1)

    async def tend(_args: Mapping[str, str]) -> None:
        begun.append("tend")

    await bench.write(*(Job(task="draw", args={}, priority=20) for _ in range(60)))
    busy = evolve(bench.runner, concurrency=1, cron={Every.MINUTE: "* * * * * *"})
    stop = asyncio.Event()
    work = asyncio.create_task(busy.run({"draw": draw, "tend": tend}, stop=stop, periodic={"tend": Every.MINUTE}))
    await until(lambda: "tend" in begun)
    stop.set()
    await work

    assert begun.count("draw") < 60


async def test_what_is_periodic_is_begun_by_the_worker_that_takes_it(bench: Bench) -> None:
    runs: list[Mapping[str, str]] = []

    async def note(args: Mapping[str, str]) -> None:
        runs.append(args)

    other = evolve(bench.runner, tasks=frozenset({"draw"}), cron={Every.MINUTE: "* * * * * *"})
    stop = asyncio.Event()
    work = asyncio.create_task(other.run({"draw": note, "tend": note}, stop=stop, periodic={"tend": Every.MINUTE}))
    await asyncio.sleep(2.5)
    stop.set()
    await work

    assert runs == []
    assert await bench.is_idle()


async def test_what_is_periodic_is_run_once_for_all_workers(bench: Bench) -> None:
    """Every second here, which a cron line can say too."""
    runs: list[Mapping[str, str]] = []

    async def note(args: Mapping[str, str]) -> None:
        runs.append(args)

    stop = asyncio.Event()
    runners = [evolve(bench.another(), cron={Every.MINUTE: "* * * * * *"}) for _ in range(3)]
    begun = asyncio.get_running_loop().time()
    work = [
        asyncio.create_task(each.run({"accrue": note}, stop=stop, periodic={"accrue": Every.MINUTE}))
        for each in runners
    ]
    await until(lambda: len(runs) >= 2)
    seconds = asyncio.get_running_loop().time() - begun
    stop.set()
    await asyncio.gather(*work)

    assert len(runs) <= seconds + 2
    assert runs[0] == {}


async def test_a_job_that_is_done_leaves_nothing(bench: Bench) -> None:
    await bench.write(*(Job(task="draw", args={"n": str(n)}) for n in range(5)), Job(task="unknown", args={}))
    async with running(bench, {"draw": _into([])}):
        await until(bench.is_idle)

    tables = ("jobs", "events", "workers", "periodic_defers")
    assert [await bench.asked(f"select count(*) from procrastinate_{table}") for table in tables] == [0, 0, 0, 0]


async def test_a_worker_that_is_told_to_stop_as_it_begins_stops(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool that hands out a connection at that very moment loses the cancellation."""
    register, begins, stop = JobManager.register_worker, asyncio.Event(), asyncio.Event()

    async def deaf(manager: JobManager) -> int:
        begins.set()
        with suppress(asyncio.CancelledError):
            await stop.wait()
            await asyncio.sleep(0.1)
        return await register(manager)

    monkeypatch.setattr(JobManager, "register_worker", deaf)
    work = asyncio.create_task(bench.runner.run({}, stop=stop))
    await begins.wait()
    stop.set()

    await asyncio.wait_for(work, 10)


def test_a_worker_that_is_only_stopping_must_not_count_as_stalled() -> None:
    async def report(_key: str, _detail: str) -> None: ...

    with pytest.raises(ValueError, match="stopping"):
        ProcrastinateRunner("postgresql://db.example/books", report, stop_within_s=30, stalled_after_s=40)


def test_a_runner_does_not_tell_its_password() -> None:
    async def report(_key: str, _detail: str) -> None: ...

    assert "s3cret" not in repr(ProcrastinateRunner("postgresql://me:s3cret@db.example/books", report))


async def until_written(bench: Bench, job: Job) -> None:
    """The books' own connections were cut as well."""
    async with asyncio.timeout(20):
        while True:
            with suppress(Unavailable):
                return await bench.write(job)
            await asyncio.sleep(0.05)


def _into(done: list[str]) -> Handler:
    async def note(args: Mapping[str, str]) -> None:
        done.append(args["n"])

    return note
