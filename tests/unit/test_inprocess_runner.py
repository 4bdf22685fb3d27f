"""The runner in the process: what it does when handlers, the queue or the process fail."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define, evolve, field

from billing_core.adapters.books.taking import taken
from billing_core.adapters.inprocess import InProcessRunner, Retrying
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.memory.jobs import MemoryJobs
from billing_core.adapters.system import FixedClock, SystemClock
from billing_core.ports.errors import Unavailable
from billing_core.ports.jobs import Backlog, ClaimedJob, Every, Handler
from billing_core.ports.records import Job
from billing_core.testing.contracts.books import recording
from billing_core.testing.contracts.runner import JobRunnerContract, RunnerBench, running, until

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
QUICKLY = Retrying(attempts=3, first=timedelta(milliseconds=20), cap=timedelta(milliseconds=40))


@define
class Entry:
    job: ClaimedJob
    priority: int
    not_before: datetime
    claimed: bool = False
    error: str = ""


@define
class ListedJobs:
    """A JobQueue in a list; leases never end, so that a test sees what the runner itself gives back."""

    clock: SystemClock | FixedClock
    entries: list[Entry] = field(factory=list)
    claims: int = 0
    fails: list[Exception] = field(factory=list)
    waiting_fails: bool = False
    renewals: list[datetime] = field(factory=list)
    renewing_fails: bool = False
    came: asyncio.Event = field(factory=asyncio.Event)

    async def put(self, task: str, args: Mapping[str, str], *, priority: int = 0, attempt: int = 0) -> None:
        job = ClaimedJob(id=len(self.entries) + 1, task=task, args=args, attempt=attempt)
        self.entries.append(Entry(job, priority, self.clock.now()))
        self.came.set()

    async def claim(
        self,
        now: datetime,
        *,
        lease: timedelta,
        tasks: Collection[str] | None = None,
        leaving: Collection[str] = (),
    ) -> ClaimedJob | None:
        self.claims += 1
        if self.fails:
            raise self.fails.pop()
        mine = [each for each in self.entries if taken([each.job.task], tasks=tasks, leaving=leaving)]
        due = [entry for entry in mine if not entry.claimed and entry.not_before <= now]
        entry = max(due, key=lambda each: each.priority, default=None)
        if entry is None:
            return None
        entry.claimed = True
        entry.job = evolve(entry.job, attempt=entry.job.attempt + 1)
        return entry.job

    async def renew(self, job: ClaimedJob, *, until: datetime) -> bool:
        self.renewals.append(until)
        if self.renewing_fails:
            raise Unavailable("the database")
        return any(entry.claimed and entry.job == job for entry in self.entries)

    async def finish(self, job: ClaimedJob) -> None:
        self.entries = [entry for entry in self.entries if entry.job.id != job.id]

    async def put_back(self, job: ClaimedJob, *, not_before: datetime, error: str) -> None:
        (entry,) = (entry for entry in self.entries if entry.job.id == job.id)
        entry.claimed, entry.not_before, entry.error = False, not_before, error

    async def wait(self, *, timeout_s: float) -> None:
        if self.waiting_fails:
            raise Unavailable("the database")
        try:
            await asyncio.wait_for(self.came.wait(), timeout_s)
        except TimeoutError:
            return
        self.came.clear()

    async def idle(self, now: datetime) -> bool:
        return not any(entry.claimed or entry.not_before <= now for entry in self.entries)

    async def backlog(self, now: datetime) -> Backlog:
        raise NotImplementedError("no runner asks for it")

    async def known(self, keys: Collection[str]) -> frozenset[str]:
        raise NotImplementedError("no runner asks for it")


class Bench:
    """A runner on listed jobs."""

    def __init__(self, clock: SystemClock | FixedClock, **settings: object) -> None:
        self.jobs = ListedJobs(clock)
        self.keys: list[str] = []
        self.reported: list[str] = []
        defaults: dict[str, object] = {"retrying": QUICKLY, "poll_s": 0.02}
        self.runner = InProcessRunner(self.jobs, clock, self.report, **(defaults | settings))  # type: ignore[arg-type]

    async def report(self, key: str, detail: str) -> None:
        self.keys.append(key)
        self.reported.append(detail)

    async def put(self, task: str, args: Mapping[str, str], *, priority: int = 0) -> None:
        await self.jobs.put(task, args, priority=priority)

    async def is_idle(self) -> bool:
        return not self.jobs.entries


class TestInProcessRunner(JobRunnerContract):
    @pytest.fixture
    def bench(self) -> RunnerBench:
        return Bench(SystemClock())


@pytest.fixture
def bench() -> Bench:
    return Bench(FixedClock(NOON))


def _into(done: list[Mapping[str, str]]) -> Handler:
    async def note(args: Mapping[str, str]) -> None:
        done.append(args)

    return note


async def fail(_args: Mapping[str, str]) -> None:
    raise RuntimeError("as ever")


async def forever(_args: Mapping[str, str]) -> None:
    await asyncio.Event().wait()


async def test_no_more_run_at_once_than_allowed() -> None:
    bench, at_once, most = Bench(SystemClock(), concurrency=2), 0, 0

    async def count(_args: Mapping[str, str]) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1

    for n in range(8):
        await bench.put("count", {"n": str(n)})
    async with running(bench, {"count": count}):
        await until(bench.is_idle)

    assert most == 2


async def test_it_wakes_at_once_when_a_job_comes() -> None:
    bench, done = Bench(SystemClock(), poll_s=60.0), asyncio.Event()

    async def finish(_args: Mapping[str, str]) -> None:
        done.set()

    async with running(bench, {"t": finish}):
        await asyncio.sleep(0.02)
        await bench.put("t", {})
        await asyncio.wait_for(done.wait(), 1)


@pytest.mark.parametrize("jobs", [0, 1])
async def test_it_does_not_spin_while_there_is_nothing_to_begin(jobs: int) -> None:
    bench = Bench(SystemClock(), poll_s=60.0, concurrency=1, stop_within_s=0.01)
    for _ in range(jobs):
        await bench.put("forever", {})

    async with running(bench, {"forever": forever}):
        await asyncio.sleep(0.1)

    assert bench.jobs.claims <= 3


async def test_a_failed_job_comes_back_later_each_time(bench: Bench) -> None:
    async def failed_at(attempt: int, not_before: datetime) -> timedelta:
        bench.jobs.entries = [Entry(ClaimedJob(id=1, task="t", args={}, attempt=attempt - 1), 0, not_before)]
        async with running(bench, {"t": fail}):
            await until(lambda: bench.jobs.entries[0].error != "")
        return bench.jobs.entries[0].not_before - NOON

    rests = [await failed_at(attempt, NOON) for attempt in (1, 2)]

    assert rests == [timedelta(milliseconds=20), timedelta(milliseconds=40)]
    assert bench.jobs.entries[0].error == "RuntimeError: as ever"


def test_rests_double_up_to_the_cap() -> None:
    retrying = Retrying(first=timedelta(seconds=1), cap=timedelta(seconds=5))
    rests = [retrying.rest_after(attempt, RuntimeError()).total_seconds() for attempt in (1, 2, 3, 4, 10_000)]

    assert rests == [1, 2, 4, 5, 5]


def test_a_rest_is_as_long_as_the_failure_asks_for() -> None:
    error = Unavailable("the provider", retry_after_s=90)

    assert Retrying().rest_after(1, error) == timedelta(seconds=90)


async def test_what_is_given_up_can_be_done_by_hand_from_its_incident(bench: Bench) -> None:
    await bench.jobs.put("draw", {"b": "2", "a": "1"}, attempt=2)

    async with running(bench, {"draw": fail}):
        await until(bench.is_idle)

    assert bench.keys == ["job:draw:1"]
    assert bench.reported == ["draw(a=1, b=2) failed 3 times, at last with RuntimeError: as ever"]


async def test_a_job_that_takes_the_process_with_it_is_not_begun_for_ever(bench: Bench) -> None:
    begun: list[object] = []

    async def crash(args: Mapping[str, str]) -> None:
        begun.append(args)

    await bench.jobs.put("crash", {}, attempt=3)
    async with running(bench, {"crash": crash}):
        await until(bench.is_idle)

    assert begun == []
    assert bench.reported == ["crash() was begun 3 times and never came to an end"]


async def test_a_job_is_kept_when_its_incident_cannot_be_told(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(FixedClock(NOON))

    async def deaf(_key: str, _detail: str) -> None:
        raise Unavailable("the incidents")

    runner = evolve(bench.runner, report=deaf)
    stop = asyncio.Event()
    await bench.put("forgotten", {})
    work = asyncio.create_task(runner.run({}, stop=stop))
    await until(lambda: "given out again when its lease ends" in caplog.text)
    stop.set()
    await work

    assert [entry.job.task for entry in bench.jobs.entries] == ["forgotten"]


async def test_a_stop_puts_back_what_does_not_end_in_time() -> None:
    bench = Bench(FixedClock(NOON), stop_within_s=0.02)
    await bench.put("forever", {})

    async with running(bench, {"forever": forever}):
        await until(lambda: bench.jobs.entries[0].claimed)

    (entry,) = bench.jobs.entries
    assert (entry.claimed, entry.not_before, entry.error) == (False, NOON, "stopped before it was done")


async def test_a_runner_that_is_cancelled_puts_back_what_is_under_way(bench: Bench) -> None:
    await bench.put("forever", {})
    work = asyncio.create_task(bench.runner.run({"forever": forever}, stop=asyncio.Event()))
    await until(lambda: bench.jobs.entries[0].claimed)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    assert [entry.claimed for entry in bench.jobs.entries] == [False]


async def test_a_handler_that_takes_too_long_has_failed() -> None:
    bench = Bench(FixedClock(NOON), handler_within=timedelta(milliseconds=30))
    await bench.put("forever", {})

    async with running(bench, {"forever": forever}):
        await until(lambda: bench.jobs.entries[0].error != "")

    assert bench.jobs.entries[0].error.startswith("TimeoutError")


async def test_a_lease_is_renewed_for_as_long_as_its_handler_works() -> None:
    bench, may_end = Bench(FixedClock(NOON), lease=timedelta(seconds=1)), asyncio.Event()

    async def slow(_args: Mapping[str, str]) -> None:
        await may_end.wait()

    await bench.put("slow", {})
    async with running(bench, {"slow": slow}):
        await until(lambda: len(bench.jobs.renewals) == 4)  # which is longer than one lease
        may_end.set()
        await until(bench.is_idle)
        await asyncio.sleep(0.5)

    assert bench.jobs.renewals == [NOON + timedelta(seconds=1)] * 4


async def test_a_lease_that_is_lost_cancels_the_handler_and_gives_nothing_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench, ends = Bench(FixedClock(NOON), lease=timedelta(milliseconds=60)), list[str]()

    async def note_its_end(_args: Mapping[str, str]) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    await bench.put("slow", {})
    async with running(bench, {"slow": note_its_end}):
        await until(lambda: bench.jobs.entries[0].claimed)
        (entry,) = bench.jobs.entries
        entry.job = evolve(entry.job, attempt=2)  # another has it
        await until(lambda: ends == ["cancelled"])
        await until(lambda: "was lost" in caplog.text)

    assert (entry.claimed, entry.error) == (True, "")
    assert bench.reported == []


async def test_a_lease_that_cannot_be_renewed_stops_the_handler_before_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench(FixedClock(NOON), lease=timedelta(milliseconds=300))
    bench.jobs.renewing_fails = True
    await bench.put("forever", {})
    async with running(bench, {"forever": forever}):
        await until(lambda: "was lost" in caplog.text)

    assert len(bench.jobs.renewals) < 3  # with the third it would be over
    assert "could not be renewed" in caplog.text


async def test_a_renewal_that_failed_is_tried_again_in_time() -> None:
    bench, done = Bench(FixedClock(NOON), lease=timedelta(seconds=1)), list[object]()
    bench.jobs.renewing_fails = True

    async def slow(args: Mapping[str, str]) -> None:
        await until(lambda: len(bench.jobs.renewals) == 1)
        bench.jobs.renewing_fails = False
        await until(lambda: len(bench.jobs.renewals) == 3)
        done.append(args)

    await bench.put("slow", {})
    async with running(bench, {"slow": slow}):
        await until(bench.is_idle)

    assert done == [{}]


async def test_a_handler_that_times_out_by_itself_has_lost_no_lease(bench: Bench) -> None:
    async def time_out(_args: Mapping[str, str]) -> None:
        raise TimeoutError("the provider")

    await bench.put("t", {})
    async with running(bench, {"t": time_out}):
        await until(lambda: bench.jobs.entries[0].error != "")

    assert bench.jobs.entries[0].error == "TimeoutError: the provider"


async def test_runners_share_the_tasks_out_and_slow_ones_hold_up_no_others() -> None:
    bench, done, drawn = Bench(SystemClock(), concurrency=1), list[Mapping[str, str]](), asyncio.Event()

    async def draw(_args: Mapping[str, str]) -> None:
        await drawn.wait()

    async def note(args: Mapping[str, str]) -> None:
        done.append(args)

    handlers = {"draw": draw, "note": note}
    for n in range(3):
        await bench.put("draw", {"n": str(n)}, priority=9)
        await bench.put("note", {"n": str(n)})
    await bench.put("unheard of", {})
    lanes = [evolve(bench.runner, tasks=frozenset({"draw"})), evolve(bench.runner, leaving=frozenset({"draw"}))]
    stop = asyncio.Event()
    work = [asyncio.create_task(lane.run(handlers, stop=stop)) for lane in lanes]
    await until(lambda: len(done) == 3)
    await until(lambda: len(bench.jobs.entries) == 3)
    drawn.set()
    await until(bench.is_idle)
    stop.set()
    await asyncio.gather(*work)

    assert bench.reported == ["unheard of() has no handler"]


async def test_a_runner_of_some_tasks_reports_none_of_the_others() -> None:
    bench = Bench(SystemClock())
    for task in ("other", "unheard of", "draw"):
        await bench.put(task, {})

    runner = evolve(bench.runner, tasks=frozenset({"draw"}))
    assert await runner.drain({"draw": _into([])}) == 1

    assert [entry.job.task for entry in bench.jobs.entries] == ["other", "unheard of"]
    assert bench.reported == []


class SlowJobs(MemoryJobs):
    """Whose answer takes a moment, while other things happen."""

    async def claim(self, now: datetime, **choice: Any) -> ClaimedJob | None:
        job = await super().claim(now, **choice)
        await asyncio.sleep(0.05)
        return job


async def test_a_job_that_comes_while_the_queue_is_asked_is_heard_of_by_each_who_listens() -> None:
    """Both runners listen for the same bell, and begin to before they ask."""
    books, clock, done = MemoryBooks(), SystemClock(), list[Mapping[str, str]]()

    async def report(_key: str, detail: str) -> None:
        raise AssertionError(detail)

    quick = InProcessRunner(books.jobs, clock, report, poll_s=60.0, leaving=frozenset({"draw"}))
    slow = evolve(quick, queue=SlowJobs(books.state), tasks=frozenset({"draw"}), leaving=frozenset())
    stop = asyncio.Event()
    work = [asyncio.create_task(lane.run({"draw": _into(done)}, stop=stop)) for lane in (quick, slow)]
    await asyncio.sleep(0.02)  # the slow one has asked, and has no answer yet
    await books.accounts.change("a", recording(Job(task="draw", args={})))
    await until(lambda: done == [{}])
    stop.set()
    await asyncio.gather(*work)


async def test_a_handler_that_cancels_itself_has_failed(bench: Bench) -> None:
    async def give_in(_args: Mapping[str, str]) -> None:
        raise asyncio.CancelledError

    await bench.put("t", {})
    async with running(bench, {"t": give_in}):
        await until(lambda: bench.jobs.entries[0].error != "")

    assert bench.jobs.entries[0].not_before > NOON


@pytest.mark.parametrize("error", [Unavailable("the database"), RuntimeError("a bug")])
async def test_a_queue_that_fails_is_asked_again(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    bench = Bench(SystemClock())
    bench.jobs.fails = [error]
    done: list[object] = []

    async def note(args: Mapping[str, str]) -> None:
        done.append(args)

    await bench.put("t", {})
    async with running(bench, {"t": note}):
        await until(lambda: len(done) == 1)

    assert str(error) in caplog.text or bench.reported == ["RuntimeError: a bug"]


async def test_a_queue_that_cannot_be_waited_for_is_asked_in_turns() -> None:
    bench, done = Bench(SystemClock()), list[object]()

    async def note(args: Mapping[str, str]) -> None:
        done.append(args)

    bench.jobs.waiting_fails = True
    async with running(bench, {"t": note}):
        await asyncio.sleep(0.1)
        claims = bench.jobs.claims
        await bench.put("t", {})
        await until(lambda: len(done) == 1)

    assert claims < 10


async def test_a_bug_in_the_queue_is_survived_even_when_nobody_can_be_told(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(SystemClock())
    bench.jobs.fails = [RuntimeError("a bug")]

    async def deaf(_key: str, _detail: str) -> None:
        raise Unavailable("the incidents")

    await bench.put("t", {})
    work = asyncio.create_task(evolve(bench.runner, report=deaf).run({"t": forever}, stop=asyncio.Event()))
    await until(lambda: bench.jobs.entries[0].claimed)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    assert "could not be reported: job-queue:claim: RuntimeError: a bug" in caplog.text


async def test_what_is_hourly_is_run_when_the_clock_has_gone_on_by_an_hour_and_not_before() -> None:
    clock, runs = FixedClock(NOON), list[Mapping[str, str]]()
    bench = Bench(clock)

    async def note(args: Mapping[str, str]) -> None:
        runs.append(args)
        if len(runs) == 1:
            raise RuntimeError("not this time")

    stop = asyncio.Event()
    work = asyncio.create_task(bench.runner.run({"accrue": note}, stop=stop, periodic={"accrue": Every.HOUR}))
    await asyncio.sleep(0.1)
    for minutes, expected in ((59, 0), (1, 1), (59, 1), (1, 2)):
        clock.advance(timedelta(minutes=minutes))
        await asyncio.sleep(0.1)
        assert len(runs) == expected
    stop.set()
    await asyncio.wait_for(work, 5)

    assert runs == [{}, {}]
    assert bench.keys == ["job:accrue:every-hour"]


async def test_each_periodic_task_has_its_own_length_and_its_runner() -> None:
    clock, minutes, hours = FixedClock(NOON), list[Mapping[str, str]](), list[Mapping[str, str]]()
    bench = Bench(clock)
    handlers = {"tend": _into(minutes), "accrue": _into(hours)}
    lanes = [evolve(bench.runner, tasks=frozenset({"draw"})), evolve(bench.runner, leaving=frozenset({"draw"}))]
    stop = asyncio.Event()
    periodic = {"tend": Every.MINUTE, "accrue": Every.HOUR}
    work = [asyncio.create_task(lane.run(handlers, stop=stop, periodic=periodic)) for lane in lanes]
    await asyncio.sleep(0.1)
    for _ in range(3):
        clock.advance(timedelta(minutes=20))
        await asyncio.sleep(0.1)
    stop.set()
    await asyncio.gather(*work)

    assert (minutes, hours) == ([{}] * 3, [{}])


async def test_what_is_hourly_takes_no_place_of_a_job() -> None:
    clock, begun = FixedClock(NOON), asyncio.Event()
    bench = Bench(clock, concurrency=1)

    async def begin(args: Mapping[str, str]) -> None:
        if args:
            begun.set()
        else:
            await forever(args)

    stop = asyncio.Event()
    work = asyncio.create_task(bench.runner.run({"accrue": begin}, stop=stop, periodic={"accrue": Every.HOUR}))
    await asyncio.sleep(0.1)
    clock.advance(timedelta(hours=1))
    await asyncio.sleep(0.1)
    await bench.put("accrue", {"n": "1"})
    await asyncio.wait_for(begun.wait(), 5)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
