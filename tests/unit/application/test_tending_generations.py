"""Tending: what no worker gets to fails in time, and what a worker left is looked at again."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve, frozen

from billing_core.application.making import LONGEST_REST_S
from billing_core.application.tending_generations import STUCK_AFTER
from billing_core.domain.attempts import AttemptOutcome
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.ports.errors import OutcomeUnknown, Unavailable
from tests.shops.use_case import A_MINUTE, A_SECOND, Crash, Shop


@pytest.fixture
def shop() -> Shop:
    """Everybody has ten free credits, and a free picture costs one."""
    return Shop()


async def tended(shop: Shop, *, listed: Generation | None = None) -> None:
    """By what is overdue now, or by what was `listed` a moment ago."""
    tending = shop.use.tending_generations()
    before: Any = listed and Listed(listed)
    await (evolve(tending, generations=before) if listed else tending).run({})


@frozen
class Listed:
    generation: Generation

    async def overdue(self, *_: Any, **__: Any) -> tuple[Generation, ...]:
        return (self.generation,)


async def lost(shop: Shop, account: str = "ann") -> Generation:
    """One that runs, of a worker that died, and whose job was given up."""
    shop.painter.told = [Crash()]
    running = await shop.generated(account=account)
    shop.memory.state.jobs.clear()
    return running


async def test_one_that_waits_for_too_long_fails_also_while_all_workers_are_busy(shop: Shop) -> None:
    accepted = await shop.accepted()
    shop.clock.set(accepted.expires_at)

    await tended(shop)

    failed = await shop.generation(accepted)
    assert (failed.status, failed.failure and failed.failure.code) == (GenerationStatus.FAILED, "queue_timeout")
    assert (await shop.available(), (await shop.kept()).book.holds) == (10, ())
    await shop.proven()


async def test_one_that_may_still_wait_is_left_alone(shop: Shop) -> None:
    accepted = await shop.accepted()
    shop.clock.set(accepted.expires_at - A_SECOND)

    await tended(shop)

    assert (await shop.generation(accepted)).status is GenerationStatus.QUEUED


async def test_one_that_a_worker_begins_at_that_moment_is_left_to_it(shop: Shop) -> None:
    """It was listed as overdue; then its attempt began."""
    accepted = await shop.accepted()

    async def tend() -> None:
        await tended(shop, listed=accepted)

    shop.painter.told = [tend]
    await shop.work()

    assert ((await shop.generation(accepted)).status, await shop.available()) == (GenerationStatus.SUCCEEDED, 9)


async def test_one_that_is_taken_up_again_at_that_moment_is_left_to_its_worker(shop: Shop) -> None:
    """It was listed as not heard of; then its last attempt began, of which another worker would think that it died."""
    shop.painter.told = [Unavailable("the image provider"), OutcomeUnknown("a request")]
    running = await shop.generated()
    shop.clock.advance(A_MINUTE)
    await shop.work()
    shop.clock.advance(STUCK_AFTER + A_SECOND)

    async def tend() -> None:
        await tended(shop, listed=running)
        await shop.work()

    shop.painter.told = [tend]
    await shop.work()

    assert ((await shop.generation(running)).status, await shop.available()) == (GenerationStatus.SUCCEEDED, 9)
    assert len(shop.painter.asked) == 3
    await shop.proven()


async def test_one_whose_job_still_waits_keeps_its_place_in_line(shop: Shop) -> None:
    shop.painter.told = [Unavailable("the image provider")]
    await shop.generated()
    (before,) = shop.memory.state.jobs.values()
    shop.clock.advance(STUCK_AFTER + A_SECOND)

    await tended(shop)

    assert list(shop.memory.state.jobs.values()) == [before]


async def test_one_whose_job_was_lost_is_made_again(shop: Shop) -> None:
    running = await lost(shop)
    shop.clock.advance(STUCK_AFTER + A_SECOND)

    await tended(shop)
    await shop.work()

    done = await shop.generation(running)
    assert (done.status, await shop.available()) == (GenerationStatus.SUCCEEDED, 9)
    attempts = await shop.memory.generations.attempts("ann", running.id)
    assert [attempt.outcome for attempt in attempts] == [AttemptOutcome.UNKNOWN, AttemptOutcome.SUCCEEDED]


async def test_one_that_was_heard_of_lately_is_left_to_its_worker(shop: Shop) -> None:
    await lost(shop)
    shop.clock.advance(STUCK_AFTER)

    await tended(shop)

    assert shop.jobs("generate") == []


async def test_one_that_is_tended_again_and_again_is_one_job(shop: Shop) -> None:
    await lost(shop)
    shop.clock.advance(STUCK_AFTER + A_SECOND)

    for _ in range(3):
        await tended(shop)

    assert len(shop.jobs("generate")) == 1


async def test_one_that_rests_until_its_next_attempt_is_not_hurried(shop: Shop) -> None:
    """Nothing rests for as long as it takes to be thought lost."""
    shop.painter.told = [Unavailable("the image provider", retry_after_s=86_400)]
    await shop.generated()

    for _ in range(9):
        shop.clock.advance(A_MINUTE)
        await tended(shop)
        await shop.work()

    assert len(shop.painter.asked) == 1
    assert timedelta(seconds=LONGEST_REST_S) < STUCK_AFTER


async def test_one_that_cannot_be_tended_does_not_keep_the_others_waiting(shop: Shop) -> None:
    first, second = await shop.accepted(account="ann"), await shop.accepted(account="bob")
    shop.clock.set(first.expires_at)
    shop.accounts.unavailable_at = shop.accounts.changes + 1

    with pytest.raises(Unavailable):
        await tended(shop)

    statuses = [(await shop.generation(each)).status for each in (first, second)]
    assert statuses == [GenerationStatus.QUEUED, GenerationStatus.FAILED]


async def test_everybodys_credits_come_back_after_an_outage_of_all_workers(shop: Shop) -> None:
    accepted = await asyncio.gather(*(shop.accepted(account=f"user-{n}") for n in range(20)))
    shop.clock.advance(timedelta(hours=3))

    await tended(shop)

    assert {(await shop.generation(each)).status for each in accepted} == {GenerationStatus.FAILED}
    assert {await shop.available(each.account_id) for each in accepted} == {10}


async def test_tending_when_there_is_nothing_to_tend_writes_nothing(shop: Shop) -> None:
    await shop.generated()
    shop.clock.advance(A_MINUTE)
    before = shop.accounts.changes

    await tended(shop)

    assert shop.accounts.changes == before
