"""What every JobRunner does with the jobs of its queue."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import pytest

from billing_core.ports.jobs import Handler, JobRunner

Condition = Callable[[], bool]


class RunnerBench(Protocol):
    """A runner and its queue, made so that a failed job comes again within a second and gives up within a few."""

    @property
    def runner(self) -> JobRunner: ...

    @property
    def reported(self) -> Sequence[str]:
        """The details of the incidents that the runner raised."""
        ...

    async def put(self, task: str, args: Mapping[str, str], *, priority: int = 0) -> None:
        """Puts a job into the queue."""
        ...

    async def is_idle(self) -> bool:
        """Whether no job waits or runs."""
        ...


class JobRunnerContract:
    """Subclass it and give the fixture `bench`."""

    @pytest.fixture
    def bench(self) -> RunnerBench:
        raise NotImplementedError("give the bench of the runner that is to be tried")

    async def test_a_job_is_run_with_its_args_and_forgotten(self, bench: RunnerBench) -> None:
        done: list[Mapping[str, str]] = []
        await bench.put("draw", {"id": "gen_1"})

        async with running(bench, {"draw": _noting(done)}):
            await until(lambda: len(done) == 1)
            await until(bench.is_idle)

        assert [dict(args) for args in done] == [{"id": "gen_1"}]
        assert list(bench.reported) == []

    async def test_a_job_that_comes_while_it_rests_is_run(self, bench: RunnerBench) -> None:
        done: list[Mapping[str, str]] = []

        async with running(bench, {"draw": _noting(done)}):
            await asyncio.sleep(0.05)
            await bench.put("draw", {})
            await until(lambda: len(done) == 1)

    async def test_the_higher_priority_goes_first_and_the_others_after(self, bench: RunnerBench) -> None:
        done: list[Mapping[str, str]] = []
        for name, priority in (("free", 0), ("premium", 20), ("basic", 10)):
            await bench.put("draw", {"for": name}, priority=priority)

        async with running(bench, {"draw": _noting(done)}):
            await until(lambda: len(done) == 3)

        assert [args["for"] for args in done] == ["premium", "basic", "free"]

    async def test_two_jobs_are_under_way_at_once(self, bench: RunnerBench) -> None:
        both = asyncio.Barrier(2)

        async def meet(_args: Mapping[str, str]) -> None:
            await both.wait()

        await bench.put("meet", {"n": "1"})
        await bench.put("meet", {"n": "2"})

        async with running(bench, {"meet": meet}):
            await until(bench.is_idle)

    async def test_a_handler_that_fails_is_tried_again(self, bench: RunnerBench) -> None:
        tries: list[Mapping[str, str]] = []

        async def fail_once(args: Mapping[str, str]) -> None:
            tries.append(args)
            if len(tries) == 1:
                raise RuntimeError("first time")

        await bench.put("draw", {})
        async with running(bench, {"draw": fail_once}):
            await until(lambda: len(tries) == 2)
            await until(bench.is_idle)

        assert list(bench.reported) == []

    async def test_a_handler_that_always_fails_is_an_incident_in_the_end(self, bench: RunnerBench) -> None:
        async def fail(_args: Mapping[str, str]) -> None:
            raise RuntimeError("always the same")

        await bench.put("draw", {"id": "gen_1"})
        async with running(bench, {"draw": fail}):
            await until(lambda: len(bench.reported) == 1)
            await until(bench.is_idle)

        assert "draw" in bench.reported[0]
        assert "always the same" in bench.reported[0]

    async def test_one_that_fails_does_not_disturb_the_next(self, bench: RunnerBench) -> None:
        done: list[Mapping[str, str]] = []

        async def fail(_args: Mapping[str, str]) -> None:
            raise RuntimeError("not mine to spoil")

        await bench.put("bad", {})
        await bench.put("good", {})
        async with running(bench, {"bad": fail, "good": _noting(done)}):
            await until(lambda: len(done) == 1)

    async def test_a_job_without_a_handler_is_an_incident(self, bench: RunnerBench) -> None:
        await bench.put("forgotten", {"id": "gen_1"})

        async with running(bench, {}):
            await until(lambda: len(bench.reported) == 1)
            await until(bench.is_idle)

        assert "forgotten" in bench.reported[0]

    async def test_a_stop_finishes_what_is_under_way_and_begins_nothing(self, bench: RunnerBench) -> None:
        begun, may_end, done = asyncio.Event(), asyncio.Event(), list[Mapping[str, str]]()

        async def slow(args: Mapping[str, str]) -> None:
            begun.set()
            await may_end.wait()
            done.append(args)

        stop = asyncio.Event()
        await bench.put("slow", {})
        work = asyncio.create_task(bench.runner.run({"slow": slow}, stop=stop))
        await asyncio.wait_for(begun.wait(), 10)
        stop.set()
        await asyncio.sleep(0.05)
        await bench.put("slow", {"n": "late"})
        may_end.set()
        await asyncio.wait_for(work, 10)

        assert [dict(args) for args in done] == [{}]

    async def test_a_stop_ends_the_rest_at_once(self, bench: RunnerBench) -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(bench.runner.run({}, stop=stop))
        await asyncio.sleep(0.05)
        stop.set()

        await asyncio.wait_for(work, 20)


@asynccontextmanager
async def running(bench: RunnerBench, handlers: Mapping[str, Handler]) -> AsyncIterator[None]:
    """The runner works until the block is left."""
    stop = asyncio.Event()
    work = asyncio.create_task(bench.runner.run(handlers, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(work, 30)


async def until(condition: Condition | Callable[[], Awaitable[bool]]) -> None:
    """Waits until it is so. Raises TimeoutError."""
    async with asyncio.timeout(20):
        while True:
            so = condition()
            if so if isinstance(so, bool) else await so:
                return
            await asyncio.sleep(0.01)


def _noting(done: list[Mapping[str, str]]) -> Handler:
    async def note(args: Mapping[str, str]) -> None:
        done.append(args)

    return note
