"""The contracts of Jobs, how the queue stands, and of JobQueue: in the order of the line, under a lease, and only the
latest claim counts."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from billing_core.ports.books import Books
from billing_core.ports.jobs import Backlog, ClaimedJob, JobQueue
from billing_core.ports.records import Job
from billing_core.testing.contracts.books import NOW, BooksContract, Rows, recording

LEASE = timedelta(minutes=1)
AFTER = NOW + LEASE


class JobsContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract, whose jobs nobody works on."""

    async def test_an_empty_queue_has_no_backlog(self, books: Books) -> None:
        assert await books.jobs.backlog(datetime.now(UTC)) == Backlog(
            due=0, under_way=0, later=0, failing=0, waits_since=None
        )

    async def test_what_is_due_and_what_rests_is_told_and_since_when(self, books: Books) -> None:
        started = datetime.now(UTC)
        later = Job(task="c", args={}, not_before=started + timedelta(hours=1))
        await books.accounts.change("a", recording(Job(task="a", args={}), Job(task="b", args={}, priority=2), later))

        backlog = await books.jobs.backlog(datetime.now(UTC))
        assert (backlog.due, backlog.under_way, backlog.later, backlog.failing) == (2, 0, 1, 0)
        assert backlog.waits_since is not None
        a_minute, slack = timedelta(minutes=1), timedelta(seconds=30)
        assert started - a_minute - slack < backlog.waits_since < started - a_minute + slack

    async def test_a_key_is_known_while_a_job_that_waits_or_rests_has_it(self, books: Books) -> None:
        rests = datetime.now(UTC) + timedelta(hours=1)
        jobs = Job(task="a", args={}, key="due"), Job(task="b", args={}, key="rests", not_before=rests)
        await books.accounts.change("a", recording(*jobs, Job(task="c", args={}), Job(task="d", args={}, key="other")))

        assert await books.jobs.known(["due", "rests", "nobody's"]) == {"due", "rests"}
        assert await books.jobs.known([]) == frozenset()


class JobQueueContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract."""

    @pytest.fixture
    def queue(self, books: Books) -> JobQueue:
        assert isinstance(books.jobs, JobQueue)
        return books.jobs

    async def test_a_job_is_handed_out_once_and_forgotten_when_finished(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(Job(task="draw", args={"id": "gen_1"})))

        job = await queue.claim(NOW, lease=LEASE)
        assert job is not None
        assert (job.task, dict(job.args), job.attempt) == ("draw", {"id": "gen_1"}, 1)
        assert await queue.claim(NOW, lease=LEASE) is None
        assert not await queue.idle(NOW)

        await queue.finish(job)
        assert await queue.claim(AFTER, lease=LEASE) is None
        assert await queue.idle(AFTER)

    async def test_the_backlog_tells_what_is_under_way_and_what_has_failed(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(*(Job(task=task, args={}) for task in "abc")))
        put_back, _, lost = [await queue.claim(NOW, lease=n * LEASE) for n in (1, 9, 1)]
        assert put_back is not None
        assert lost is not None
        await queue.put_back(put_back, not_before=AFTER, error="no luck")

        before, after = await queue.backlog(NOW), await queue.backlog(AFTER)
        assert (before.due, before.under_way, before.later, before.failing, before.waits_since) == (0, 2, 1, 1, None)
        assert (after.due, after.under_way, after.later, after.failing) == (2, 1, 0, 2)

    async def test_higher_priority_goes_first_then_the_older_one(self, books: Books, queue: JobQueue) -> None:
        jobs = [Job(task=task, args={}, priority=p) for task, p in (("a", 0), ("b", 5), ("c", 5), ("d", 9))]
        await books.accounts.change("a", recording(*jobs))

        assert [await _task(queue) for _ in jobs] == ["d", "b", "c", "a"]

    async def test_what_is_finished_leaves_nothing(self, books: Books, queue: JobQueue, rows: Rows) -> None:
        await books.accounts.change("a", recording(*(Job(task=str(n), args={}, key=str(n)) for n in range(20))))
        while (job := await queue.claim(NOW, lease=LEASE)) is not None:
            await queue.finish(job)

        assert rows("jobs") == 0

    async def test_one_that_is_urgent_overtakes_a_hundred_that_are_not(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(*(Job(task="free", args={}) for _ in range(100))))
        await books.accounts.change("b", recording(Job(task="premium", args={}, priority=20)))

        assert [await _task(queue) for _ in range(2)] == ["premium", "free"]

    async def test_a_worker_chooses_among_tasks(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(*(Job(task=task, args={}) for task in "cabac")))

        assert [await _task(queue, tasks={"b", "never"}) for _ in range(2)] == ["b", None]
        assert [await _task(queue, tasks={"a", "c"}, leaving={"c"}) for _ in range(3)] == ["a", "a", None]
        assert await _task(queue, leaving={"a", "b", "c"}) is None
        assert await _task(queue, tasks=()) is None
        assert [await _task(queue, leaving={"a"}) for _ in range(3)] == ["c", "c", None]

    async def test_what_nobody_leaves_is_handed_out_whatever_it_is_called(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(Job(task="unheard of", args={}), Job(task="draw", args={})))

        assert [await _task(queue, leaving={"draw"}) for _ in range(2)] == ["unheard of", None]

    async def test_a_choice_of_tasks_keeps_their_common_line(self, books: Books, queue: JobQueue) -> None:
        jobs = [Job(task=task, args={}, priority=p) for task, p in (("a", 0), ("b", 5), ("a", 9), ("c", 7), ("b", 1))]
        await books.accounts.change("a", recording(*jobs))

        assert [await _task(queue, leaving={"c"}) for _ in range(5)] == ["a", "b", "b", "a", None]

    async def test_a_job_waits_until_its_time(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(Job(task="later", args={}, not_before=AFTER)))

        assert await queue.claim(NOW, lease=LEASE) is None
        assert await queue.idle(NOW)
        assert not await queue.idle(AFTER)
        assert await queue.claim(AFTER, lease=LEASE) is not None

    async def test_a_lease_that_is_over_gives_the_job_out_again(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(Job(task="t", args={})))
        lost = await queue.claim(NOW, lease=LEASE)
        again = await queue.claim(AFTER, lease=LEASE)

        assert lost is not None
        assert again == evolve(lost, attempt=2)

    async def test_a_lease_that_is_renewed_goes_on(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(Job(task="t", args={})))
        job = await queue.claim(NOW, lease=LEASE)
        assert job is not None
        assert await queue.renew(job, until=AFTER + LEASE)

        assert await queue.claim(AFTER, lease=LEASE) is None
        assert await queue.claim(AFTER + LEASE, lease=LEASE) == evolve(job, attempt=2)

    async def test_a_lease_that_was_lost_cannot_be_renewed(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(*(Job(task=task, args={}) for task in "abc")))
        lost, finished, put_back = [await queue.claim(NOW, lease=LEASE) for _ in range(3)]
        assert lost is not None
        assert finished is not None
        assert put_back is not None
        await queue.finish(finished)
        await queue.put_back(put_back, not_before=AFTER + LEASE, error="again")
        again = await queue.claim(AFTER, lease=LEASE)
        assert again == evolve(lost, attempt=2)

        assert [await queue.renew(job, until=AFTER) for job in (lost, finished, put_back)] == [False] * 3
        assert await queue.claim(AFTER, lease=LEASE) is None

    async def test_a_job_that_is_put_back_keeps_its_place(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(*(Job(task=task, args={}) for task in "abc")))
        first = await queue.claim(NOW, lease=LEASE)
        assert first is not None
        await queue.put_back(first, not_before=NOW, error="again")

        assert [await _task(queue) for _ in range(3)] == ["a", "b", "c"]

    async def test_a_claim_that_was_lost_counts_no_more(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(Job(task="t", args={})))
        lost = await queue.claim(NOW, lease=LEASE)
        again = await queue.claim(AFTER, lease=LEASE)
        assert lost is not None
        assert again is not None

        await queue.finish(lost)
        await queue.put_back(lost, not_before=NOW, error="late")
        assert not await queue.idle(AFTER)
        assert await queue.claim(AFTER, lease=LEASE) is None

        await queue.finish(again)
        assert await queue.idle(AFTER)

    async def test_a_job_that_was_put_back_waits_and_counts_its_attempts(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(Job(task="t", args={})))
        job = await queue.claim(NOW, lease=LEASE)
        assert job is not None
        await queue.put_back(job, not_before=AFTER, error="no luck")

        assert await queue.claim(NOW, lease=LEASE) is None
        assert await queue.claim(AFTER, lease=LEASE) == evolve(job, attempt=2)

    async def test_of_the_jobs_with_one_key_one_waits_and_moves_forward(self, books: Books, queue: JobQueue) -> None:
        later = Job(task="fetch", args={"id": "sub_1"}, key="fetch:sub_1", not_before=AFTER)
        urgent = evolve(later, priority=7, not_before=None)

        await books.accounts.change("a", recording(later))
        await books.accounts.change("b", recording(urgent, later))
        await books.accounts.change("b", recording(Job(task="other", args={}, priority=6)))

        assert [await _task(queue) for _ in range(3)] == ["fetch", "other", None]

    async def test_while_one_runs_another_of_its_key_waits(self, books: Books, queue: JobQueue) -> None:
        job = Job(task="fetch", args={}, key="k")
        await books.accounts.change("a", recording(job))
        running = await queue.claim(NOW, lease=LEASE)
        await books.accounts.change("a", recording(job))
        assert running is not None

        await queue.put_back(running, not_before=NOW, error="again")

        assert [await _task(queue) for _ in range(2)] == ["fetch", None]

    async def test_a_key_is_known_until_its_job_is_finished(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(Job(task="t", args={}, key="k")))

        job = await queue.claim(NOW, lease=LEASE)
        assert job is not None
        assert await queue.known(["k"]) == {"k"}

        await queue.finish(job)
        assert await queue.known(["k"]) == frozenset()

    async def test_two_workers_never_get_the_same_job(self, books: Books, queue: JobQueue) -> None:
        await books.accounts.change("a", recording(*(Job(task=str(n), args={}) for n in range(10))))

        claimed = await asyncio.gather(*(queue.claim(NOW, lease=LEASE) for _ in range(15)))

        tasks = [job.task for job in claimed if job is not None]
        assert sorted(tasks) == [str(n) for n in range(10)]

    async def test_waiting_ends_when_a_job_comes_or_the_time_is_over(self, books: Books, queue: JobQueue) -> None:
        waiting = [asyncio.create_task(queue.wait(timeout_s=30)) for _ in range(2)]
        await asyncio.sleep(0)
        await books.accounts.change("a", recording(Job(task="t", args={})))

        await asyncio.wait_for(asyncio.gather(*waiting), timeout=5)
        await queue.wait(timeout_s=0.01)


async def _task(queue: JobQueue, *, tasks: Collection[str] | None = None, leaving: Collection[str] = ()) -> str | None:
    job: ClaimedJob | None = await queue.claim(NOW, lease=LEASE, tasks=tasks, leaving=leaving)
    return None if job is None else job.task
