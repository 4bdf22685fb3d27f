"""Generations: let in once, made within a budget of attempts, paid for what was made and no more."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from billing_core.adapters.inprocess import InProcessRunner
from billing_core.application.errors import GenerationNotFound
from billing_core.application.generating import ATTEMPTS, LONGEST_PROMPT, Asked, ended
from billing_core.domain.account_at import at
from billing_core.domain.admission import Wish
from billing_core.domain.errors import (
    AccountSuspended,
    CostsTooMuch,
    IllegalTransition,
    InsufficientCredits,
    InvalidValue,
    NotEntitled,
    NotPriced,
    TooManyConcurrent,
)
from billing_core.domain.generation import Failure, Generation, GenerationStatus
from billing_core.domain.options import Action
from billing_core.entrypoints.lifespan import handlers
from billing_core.ports.commit import Commit
from billing_core.ports.errors import IdempotencyKeyReused, ImageRefused, OutcomeUnknown, Unavailable
from billing_core.ports.images import ImageRequest
from tests.shops.use_case import A_MINUTE, LEASE, Crash, Shop, a_request

UNAVAILABLE = Unavailable("the image provider")
UNKNOWN = OutcomeUnknown("the image provider")


@pytest.fixture
def shop() -> Shop:
    """Everybody has ten free credits, and a free picture costs one."""
    return Shop()


@pytest.fixture
async def paying(shop: Shop) -> Shop:
    """Ann has subscribed to basic, and has 210 credits."""
    await shop.subscribed()
    return shop


async def attempts(shop: Shop, generation: Generation) -> tuple[str, ...]:
    return await shop.memory.generations.attempts(generation.account_id, generation.id)


async def retried(shop: Shop, *, times: int = 1) -> None:
    """Time passes until the job is tried again."""
    for _ in range(times):
        shop.clock.advance(A_MINUTE)
        await shop.work()


# Letting in


async def test_it_is_let_in_with_its_hold_and_its_job(shop: Shop) -> None:
    accepted = await shop.accepted()

    assert accepted == await shop.generation(accepted)
    assert (accepted.status, accepted.credits, accepted.n) == (GenerationStatus.QUEUED, 1, 1)
    assert (accepted.model, accepted.size, accepted.quality) == ("small", "512x512", "low")
    assert [job.args["generation_id"] for job in shop.jobs("generate")] == [accepted.id]
    book = (await shop.kept()).book
    assert ([(hold.id, hold.until) for hold in book.holds], book.available) == ([(accepted.id, None)], 9)


async def test_higher_plans_are_served_first(paying: Shop) -> None:
    frees = await paying.accepted(account="bob")
    paids = await paying.accepted()

    await paying.work()

    assert (paids.priority, frees.priority) == (5, 0)
    made = [(await paying.generation(accepted)).images[0].id for accepted in (paids, frees)]
    assert made == ["img_000001", "img_000002"]


@pytest.mark.parametrize("prompt", ["", " \n\t", "x" * (LONGEST_PROMPT + 1), "a\0b", "\ud800"])
async def test_a_prompt_that_nobody_takes_is_refused(shop: Shop, prompt: str) -> None:
    with pytest.raises(InvalidValue):
        await shop.accepted(prompt=prompt)
    assert (await shop.available(), shop.jobs()) == (10, [])


async def test_the_longest_prompt_is_taken_as_it_is(shop: Shop) -> None:
    prompt = "ж" * LONGEST_PROMPT

    assert (await shop.accepted(prompt=prompt)).prompt == prompt


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        (Wish(model="large"), NotEntitled),
        (Wish(size="1024x1024"), NotEntitled),
        (Wish(quality="high"), NotEntitled),
        (Wish(n=2), NotEntitled),
        (Wish(n=0), InvalidValue),
        (Wish(model="unheard of"), NotPriced),
        (Wish(max_credits=0), CostsTooMuch),
    ],
)
async def test_what_the_plan_does_not_give_is_refused_before_anything_is_held(
    shop: Shop, wish: Wish, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await shop.accepted(wish)
    assert (await shop.available(), shop.jobs()) == (10, [])


async def test_without_credits_nothing_is_let_in(shop: Shop) -> None:
    await shop.given(-10)

    with pytest.raises(InsufficientCredits):
        await shop.accepted()
    assert shop.jobs() == []


async def test_as_many_wait_at_once_as_the_plan_allows(shop: Shop) -> None:
    await shop.accepted()

    with pytest.raises(TooManyConcurrent):
        await shop.accepted()
    await shop.work()
    await shop.accepted()


async def test_of_many_at_once_on_credits_for_one_one_is_made(paying: Shop) -> None:
    await paying.given(-209)

    answers = await asyncio.gather(*(paying.accepted() for _ in range(20)), return_exceptions=True)
    await paying.work()

    assert sum(isinstance(answer, Generation) for answer in answers) == 1
    assert (len(paying.painter.asked), await paying.available()) == (1, 0)


async def test_who_is_suspended_is_not_let_in(shop: Shop) -> None:
    held = await shop.held()
    await shop.accounts.change("ann", lambda _: Commit(None, held.suspend("dispute")))

    with pytest.raises(AccountSuspended):
        await shop.accepted()


async def test_the_same_request_is_let_in_once(shop: Shop) -> None:
    asked = Asked(prompt="a fox", wish=Wish())

    answers = [await shop.use.accepting()("ann", asked, request=a_request()) for _ in range(3)]
    await shop.work()

    assert answers == [answers[0]] * 3
    assert len(shop.painter.asked) == 1
    with pytest.raises(IdempotencyKeyReused):
        await shop.use.accepting()("ann", asked, request=a_request(fingerprint="other"))


async def test_private_pictures_need_the_plan_for_them(paying: Shop) -> None:
    with pytest.raises(NotEntitled) as refused:
        await paying.accepted(account="bob", private=True)

    assert [(option.action, option.tier) for option in refused.value.options] == [(Action.UPGRADE, "basic")]
    assert (await paying.accepted(private=True)).private


@pytest.mark.parametrize(
    ("account", "asked", "private"), [("ann", None, True), ("ann", False, False), ("bob", None, False)]
)
async def test_pictures_are_private_where_they_may_be_unless_told_otherwise(
    paying: Shop, account: str, asked: bool | None, private: bool
) -> None:
    assert (await paying.accepted(account=account, private=asked)).private is private


# Making


async def test_a_success_is_stored_and_paid_for(shop: Shop) -> None:
    done = await shop.generated()

    assert (done.status, done.charged, done.failure) == (GenerationStatus.SUCCEEDED, 1, None)
    (image,) = done.images
    assert shop.shelf.kept == {image.key: b"picture 0"}
    assert (image.width, image.height, image.format, image.private) == (512, 512, "png", False)
    assert (await shop.available(), await attempts(shop, done)) == (9, ("succeeded",))
    assert shop.painter.asked == [
        ImageRequest(prompt="a fox", model="small", size="512x512", quality="low", n=1, watermark=False)
    ]
    assert (await shop.kept()).usage.images_total == 1
    await shop.proven()


async def test_a_job_that_runs_again_after_a_success_does_nothing(shop: Shop) -> None:
    done = await shop.generated()

    await shop.use.running().run({"account_id": "ann", "generation_id": done.id})

    assert (len(shop.painter.asked), await shop.available()) == (1, 9)


async def test_a_job_for_what_is_not_there_does_nothing(shop: Shop) -> None:
    await shop.use.running().run({"account_id": "ann", "generation_id": "gen_nowhere"})

    assert shop.painter.asked == []


async def test_a_refusal_is_final_and_costs_nothing(shop: Shop) -> None:
    shop.painter.told = [ImageRefused("moderation_blocked", "not this one")]

    refused = await shop.generated()

    assert (refused.status, refused.failure) == (
        GenerationStatus.REFUSED,
        Failure("moderation_blocked", "not this one"),
    )
    assert (await shop.available(), await attempts(shop, refused)) == (10, ("refused",))
    await retried(shop)
    assert len(shop.painter.asked) == 1


async def test_what_is_unavailable_is_tried_again(shop: Shop) -> None:
    shop.painter.told = [UNAVAILABLE]
    waiting = await shop.generated()
    assert (waiting.status, await shop.available()) == (GenerationStatus.RUNNING, 9)

    await retried(shop)

    done = await shop.generation(waiting)
    assert (done.status, await attempts(shop, done)) == (GenerationStatus.SUCCEEDED, ("unavailable", "succeeded"))
    assert await shop.available() == 9


async def test_the_job_runner_tries_it_again(shop: Shop) -> None:
    shop.painter.told = [UNAVAILABLE]
    accepted = await shop.accepted()
    stop, reported = asyncio.Event(), list[str]()

    async def report(key: str, _detail: str) -> None:
        reported.append(key)

    runner = InProcessRunner(shop.memory.jobs, shop.clock, report, poll_s=0.001)
    running = asyncio.create_task(runner.run(handlers(shop.use), stop=stop))
    async with asyncio.timeout(5):
        while (await shop.generation(accepted)).status is not GenerationStatus.SUCCEEDED:
            await asyncio.sleep(0.002)
            shop.clock.advance(timedelta(seconds=1))
    stop.set()
    await running

    assert (len(shop.painter.asked), reported) == (2, [])


@pytest.mark.parametrize("failure", [UNAVAILABLE, UNKNOWN, RuntimeError("no picture, no reason")])
async def test_a_provider_that_never_answers_is_asked_within_the_budget_and_costs_nothing(
    shop: Shop, failure: Exception
) -> None:
    shop.painter.told = [failure] * 10
    accepted = await shop.generated()

    await retried(shop, times=10)

    failed = await shop.generation(accepted)
    assert len(shop.painter.asked) == ATTEMPTS
    assert (failed.status, failed.failure) == (
        GenerationStatus.FAILED,
        Failure("provider_failed", "The provider did not answer."),
    )
    assert (await shop.available(), (await shop.kept()).book.holds, shop.jobs()) == (10, (), [])
    assert (await shop.kept()).usage.images_today == 0
    await shop.proven()


async def test_an_attempt_of_unknown_outcome_counts(shop: Shop) -> None:
    shop.painter.told = [UNKNOWN, UNKNOWN]
    accepted = await shop.generated()

    await retried(shop, times=2)

    done = await shop.generation(accepted)
    assert (done.status, await attempts(shop, done)) == (
        GenerationStatus.SUCCEEDED,
        ("unknown", "unknown", "succeeded"),
    )
    assert await shop.available() == 9


async def test_only_what_was_made_is_paid_for(paying: Shop) -> None:
    paying.painter.told = [3]

    done = await paying.generated(Wish(n=4, size="1024x1024"))

    assert (done.status, len(done.images), done.credits, done.charged) == (GenerationStatus.SUCCEEDED, 3, 16, 12)
    assert (await paying.available(), (await paying.kept()).usage.images_today) == (198, 3)
    await paying.proven()


async def test_a_picture_too_many_is_thrown_away(paying: Shop) -> None:
    paying.painter.told = [5]

    done = await paying.generated(Wish(n=4))

    assert (len(done.images), done.charged, len(paying.shelf.kept)) == (4, 4, 4)
    assert await paying.available() == 206


async def test_a_provider_that_answers_without_a_picture_has_not_answered(shop: Shop) -> None:
    shop.painter.told = [0]
    accepted = await shop.generated()
    assert (accepted.status, await attempts(shop, accepted)) == (GenerationStatus.RUNNING, ("unknown",))

    await retried(shop)

    assert (await shop.generation(accepted)).status is GenerationStatus.SUCCEEDED


async def test_what_cannot_be_stored_is_not_paid_for(shop: Shop) -> None:
    shop.shelf.is_down = True
    accepted = await shop.generated()
    assert (await shop.generation(accepted)).status is GenerationStatus.RUNNING
    assert await shop.available() == 9

    shop.shelf.is_down = False
    await retried(shop)

    assert ((await shop.generation(accepted)).status, await shop.available()) == (GenerationStatus.SUCCEEDED, 9)


async def test_a_store_that_stays_down_makes_it_fail_within_the_budget(shop: Shop) -> None:
    shop.shelf.is_down = True
    accepted = await shop.generated()

    await retried(shop, times=4)

    assert ((await shop.generation(accepted)).status, await shop.available()) == (GenerationStatus.FAILED, 10)
    assert len(shop.painter.asked) == ATTEMPTS


async def test_one_that_waited_too_long_fails_and_is_given_back(shop: Shop) -> None:
    accepted = await shop.accepted()
    shop.clock.set(accepted.expires_at)

    await shop.work()

    failed = await shop.generation(accepted)
    assert (failed.status, failed.failure and failed.failure.code) == (GenerationStatus.FAILED, "queue_timeout")
    assert (await shop.available(), shop.painter.asked) == (10, [])


async def test_under_an_unlimited_plan_nothing_is_taken(shop: Shop) -> None:
    await shop.subscribed("premium")

    done = await shop.generated(Wish(model="large", size="1024x1024", quality="high", n=4))

    assert (done.status, done.credits, done.charged) == (GenerationStatus.SUCCEEDED, 160, 160)
    assert await shop.available() == 10
    await shop.proven()


# Canceling


async def test_one_that_waits_can_be_canceled(shop: Shop) -> None:
    accepted = await shop.accepted()

    canceled = await shop.use.canceling_generation()("ann", accepted.id)
    await shop.work()

    assert (canceled.status, canceled.ended_at) == (GenerationStatus.CANCELED, shop.clock.now())
    assert (await shop.available(), shop.painter.asked) == (10, [])
    await shop.proven()


async def test_one_that_has_ended_cannot_be_canceled(shop: Shop) -> None:
    done = await shop.generated()

    with pytest.raises(IllegalTransition):
        await shop.use.canceling_generation()("ann", done.id)
    assert await shop.available() == 9


async def test_one_that_runs_cannot_be_canceled(shop: Shop) -> None:
    shop.painter.told = [UNAVAILABLE]
    running = await shop.generated()

    with pytest.raises(IllegalTransition):
        await shop.use.canceling_generation()("ann", running.id)


async def test_what_is_anothers_cannot_be_canceled(shop: Shop) -> None:
    accepted = await shop.accepted()

    with pytest.raises(GenerationNotFound):
        await shop.use.canceling_generation()("bob", accepted.id)


async def test_work_that_has_begun_cannot_be_canceled_even_where_the_row_was_read_as_queued(shop: Shop) -> None:
    """The hold decides, not the row: the two may be read at different moments."""
    accepted = await shop.accepted()
    refused: list[str] = []

    async def cancel_meanwhile() -> None:
        held = at(await shop.accounts.get("ann"), shop.clock.now(), shop.catalog)
        with pytest.raises(IllegalTransition) as told:
            held.call_off(accepted.id)
        refused.append(str(told.value))

    shop.painter.told = [cancel_meanwhile]
    await shop.work()

    assert refused == ["cannot cancel while running"]
    assert (await shop.generation(accepted)).status is GenerationStatus.SUCCEEDED


async def test_an_end_that_comes_between_wins_and_the_pictures_are_thrown_away(shop: Shop) -> None:
    """Another worker gave it up while the provider was at work: the hold decides."""
    accepted = await shop.accepted()
    given_up = Failure("provider_failed", "another worker gave up")

    async def end_meanwhile() -> None:
        await shop.accounts.change(
            "ann",
            lambda account: ended(
                at(account, shop.clock.now(), shop.catalog), accepted.id, GenerationStatus.FAILED, given_up
            ),
        )

    shop.painter.told = [end_meanwhile]
    await shop.work()

    lost = await shop.generation(accepted)
    assert (lost.status, lost.images, lost.charged) == (GenerationStatus.FAILED, (), 0)
    assert (await shop.available(), shop.shelf.kept, shop.failures) == (10, {}, [])
    await shop.proven()


async def test_a_cancellation_that_comes_too_late_is_refused(shop: Shop) -> None:
    """It was queued when it was looked at, and done when it was to be canceled."""
    accepted = await shop.accepted()
    cancel = shop.use.canceling_generation()

    class Late:
        def __init__(self) -> None:
            self.looks = 0

        async def get(self, account_id: str, generation_id: str) -> Generation | None:
            found = await shop.memory.generations.get(account_id, generation_id)
            self.looks += 1
            if self.looks == 1:
                await shop.work()
            return found

    late: Any = Late()
    with pytest.raises(IllegalTransition):
        await evolve(cancel, generations=late)("ann", accepted.id)

    assert ((await shop.generation(accepted)).status, await shop.available()) == (GenerationStatus.SUCCEEDED, 9)


async def test_one_that_was_canceled_before_the_provider_was_asked_is_not_made(shop: Shop) -> None:
    """The worker has read it as queued; then it is canceled; then the worker wants to start."""
    accepted = await shop.accepted()
    running = shop.use.running()

    class Early:
        async def get(self, account_id: str, generation_id: str) -> Generation | None:
            found = await shop.memory.generations.get(account_id, generation_id)
            await shop.use.canceling_generation()("ann", accepted.id)
            return found

        async def attempts(self, _account_id: str, _generation_id: str) -> tuple[str, ...]:
            return ()

    early: Any = Early()
    await evolve(running, generations=early).run({"account_id": "ann", "generation_id": accepted.id})

    assert (shop.painter.asked, await shop.available()) == ([], 10)


# Dying


async def test_a_worker_that_is_stopped_while_the_provider_works_is_followed_by_another(shop: Shop) -> None:
    accepted = await shop.accepted()
    asked = asyncio.Event()

    async def long() -> None:
        asked.set()
        await asyncio.sleep(60)

    shop.painter.told = [long]
    working = asyncio.create_task(shop.work())
    await asked.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert ((await shop.generation(accepted)).status, await shop.available()) == (GenerationStatus.RUNNING, 9)

    shop.clock.advance(LEASE)
    await shop.work()

    done = await shop.generation(accepted)
    assert (done.status, await attempts(shop, done)) == (GenerationStatus.SUCCEEDED, ("started", "succeeded"))
    assert await shop.available() == 9


@pytest.mark.parametrize("commits", [1, 2])
async def test_a_worker_that_dies_is_followed_by_another_and_it_is_paid_for_once(shop: Shop, commits: int) -> None:
    """It dies before the attempt is noted, and after the pictures are stored."""
    accepted = await shop.accepted()
    shop.accounts.dies_at = shop.accounts.changes + commits
    await shop.work()
    assert isinstance(shop.failures[0], Crash)
    assert len(shop.shelf.kept) == commits - 1

    await retried(shop)

    done = await shop.generation(accepted)
    assert (done.status, len(done.images), await shop.available()) == (GenerationStatus.SUCCEEDED, 1, 9)
    await shop.proven()


async def test_two_workers_with_the_same_job_pay_once(shop: Shop) -> None:
    """The first was thought dead, and came back."""
    accepted = await shop.accepted()
    args = {"account_id": "ann", "generation_id": accepted.id}

    async def other() -> None:
        await shop.use.running().run(args)

    shop.painter.told = [other]
    await shop.use.running().run(args)

    done = await shop.generation(accepted)
    assert (done.status, len(done.images), done.charged) == (GenerationStatus.SUCCEEDED, 1, 1)
    assert (await shop.available(), len(shop.shelf.kept)) == (9, 1)
    await shop.proven()
