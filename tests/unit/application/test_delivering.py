"""Delivering: nothing is paid for that is not stored, and nothing that was made is asked for twice."""

import asyncio

import pytest

from billing_core.application.delivering import RESTS_S
from billing_core.application.patience import patiently
from billing_core.domain.admission import Wish
from billing_core.domain.attempts import AttemptOutcome
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.ports.errors import OutcomeUnknown, Unavailable
from tests.shops.use_case import A_MINUTE, Crash, Shop

START, DELIVER = 1, 2


@pytest.fixture
async def shop() -> Shop:
    """Ann has subscribed to basic, and has 210 credits."""
    shop = Shop()
    await shop.subscribed()
    return shop


async def test_a_store_that_is_away_for_a_moment_is_tried_again_and_the_provider_is_not(shop: Shop) -> None:
    shop.shelf.refuses = 2

    done = await shop.generated()

    assert (done.status, len(shop.painter.asked), await shop.available()) == (GenerationStatus.SUCCEEDED, 1, 209)
    assert list(shop.shelf.kept) == [image.key for image in done.images]


async def test_what_cannot_be_stored_is_not_paid_for_and_not_made_again(shop: Shop) -> None:
    shop.shelf.is_down = True

    failed = await shop.generated()

    assert (failed.status, failed.failure and failed.failure.code) == (GenerationStatus.FAILED, "not_stored")
    assert (len(shop.painter.asked), await shop.available(), shop.jobs("generate")) == (1, 210, [])
    await shop.proven()


async def test_an_operator_sees_that_the_provider_did_its_part_when_the_store_did_not(shop: Shop) -> None:
    shop.shelf.is_down = True

    failed = await shop.generated()

    (attempt,) = await shop.memory.generations.attempts("ann", failed.id)
    assert (attempt.outcome, attempt.error) == (
        AttemptOutcome.SUCCEEDED,
        "not stored: the image store is unavailable",
    )
    assert (attempt.provider_request_id, attempt.output_tokens) == ("req_1", 70)


async def test_of_several_pictures_all_are_stored_or_nothing_is_kept(shop: Shop) -> None:
    shop.shelf.room = 3

    failed = await shop.generated(Wish(n=4))

    assert (failed.status, shop.shelf.kept) == (GenerationStatus.FAILED, {})
    assert await shop.available() == 210


async def test_books_that_are_away_for_a_moment_are_tried_again_and_the_provider_is_not(shop: Shop) -> None:
    accepted = await shop.accepted()
    shop.accounts.unavailable_at = shop.accounts.changes + DELIVER

    await shop.work()

    done = await shop.generation(accepted)
    assert (done.status, len(shop.painter.asked), await shop.available()) == (GenerationStatus.SUCCEEDED, 1, 209)


async def test_books_that_stay_away_leave_nothing_listed_or_paid_and_another_attempt_is_made(shop: Shop) -> None:
    accepted = await shop.accepted()

    async def and_then_the_books_are_away() -> None:
        shop.accounts.is_down = True

    shop.painter.told = [and_then_the_books_are_away]
    await shop.work()
    shop.accounts.is_down = False
    unpaid = await shop.generation(accepted)
    assert (unpaid.status, unpaid.images, await shop.available()) == (GenerationStatus.RUNNING, (), 209)
    assert len(shop.shelf.kept) == 1

    shop.clock.advance(A_MINUTE)
    await shop.work()

    done = await shop.generation(accepted)
    assert (done.status, await shop.available()) == (GenerationStatus.SUCCEEDED, 209)
    assert list(shop.shelf.kept) == [image.key for image in done.images]
    await shop.proven()


async def test_a_payment_that_nobody_hears_of_is_made_once_and_its_pictures_stay(shop: Shop) -> None:
    accepted = await shop.accepted(Wish(n=2))
    shop.accounts.unheard_at = shop.accounts.changes + DELIVER

    await shop.work()

    done = await shop.generation(accepted)
    assert (done.status, done.charged, len(shop.painter.asked)) == (GenerationStatus.SUCCEEDED, 2, 1)
    assert sorted(shop.shelf.kept) == [image.key for image in done.images]
    await shop.proven()


@pytest.mark.parametrize("made", [1, 2, 3, 4])
async def test_what_is_paid_is_the_part_that_was_made_in_whole_credits(shop: Shop, made: int) -> None:
    shop.painter.told = [made]

    done = await shop.generated(Wish(n=4, quality="high"))

    assert (done.credits, done.charged, len(done.images)) == (8, 2 * made, made)
    assert await shop.available() == 210 - done.charged


async def test_every_capture_names_its_generation_and_every_generation_its_capture(shop: Shop) -> None:
    done = [await shop.generated() for _ in range(2)]

    listed = (await shop.use.transactions()("ann", limit=100)).items
    assert [each.reference for each in listed if each.type == "capture"] == [g.id for g in reversed(done)]


def keys(generation: Generation) -> list[str]:
    return [image.key for image in generation.images]


async def test_pictures_have_keys_of_their_attempt(shop: Shop) -> None:
    shop.painter.told = [Unavailable("the image provider")]
    accepted = await shop.generated(Wish(n=2))
    shop.clock.advance(A_MINUTE)
    await shop.work()

    assert keys(await shop.generation(accepted)) == [f"{accepted.id}/2-1.png", f"{accepted.id}/2-2.png"]


# Patience


async def test_patience_ends() -> None:
    tries = 0

    async def never() -> None:
        nonlocal tries
        tries += 1
        raise Unavailable("the store")

    with pytest.raises(Unavailable):
        await patiently(never, (0.0, 0.0))
    assert tries == 3


async def test_what_is_not_a_matter_of_time_is_not_tried_again() -> None:
    tries = 0

    async def wrong() -> None:
        nonlocal tries
        tries += 1
        raise Crash

    with pytest.raises(Crash):
        await patiently(wrong, (0.0, 0.0))
    assert tries == 1


async def test_what_was_done_though_nobody_heard_of_it_is_asked_for_again() -> None:
    answers: list[Exception | str] = [OutcomeUnknown("a change"), "done"]

    async def work() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert await patiently(work, (0.0,)) == "done"


async def test_who_is_patient_can_be_stopped() -> None:
    async def never() -> None:
        raise Unavailable("the store")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await patiently(never, (60.0,))


def test_patience_is_shorter_than_the_time_a_stopping_process_gives_its_jobs() -> None:
    assert sum(RESTS_S) < 30
