"""Making pictures: within a budget of attempts, whatever the provider does and whenever the worker dies."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from billing_core.adapters.inprocess import InProcessRunner
from billing_core.domain.admission import Wish
from billing_core.domain.attempts import MOST_ATTEMPTS, MOST_BILLED, Attempt
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.entrypoints.lifespan import handlers
from billing_core.ports.errors import ImageRefused, Misconfigured, OutcomeUnknown, Unavailable
from billing_core.ports.generations import Progress
from billing_core.ports.images import ImageRequest
from tests.shops.use_case import A_MINUTE, LEASE, Crash, Shop

UNAVAILABLE = Unavailable("the image provider")
UNKNOWN = OutcomeUnknown("the image provider")
MISCONFIGURED = Misconfigured("openai", "the key sk-…abcd was refused")
SUCCEEDED, FAILED, REFUSED, RUNNING = (
    GenerationStatus.SUCCEEDED,
    GenerationStatus.FAILED,
    GenerationStatus.REFUSED,
    GenerationStatus.RUNNING,
)


@pytest.fixture
def shop() -> Shop:
    """Everybody has ten free credits, and a free picture costs one."""
    return Shop()


@pytest.fixture
async def paying(shop: Shop) -> Shop:
    """Ann has subscribed to basic, and has 210 credits."""
    await shop.subscribed()
    return shop


async def attempted(shop: Shop, generation: Generation) -> tuple[Attempt, ...]:
    return await shop.memory.generations.attempts(generation.account_id, generation.id)


async def outcomes(shop: Shop, generation: Generation) -> list[str]:
    return [attempt.outcome.value for attempt in await attempted(shop, generation)]


async def retried(shop: Shop, *, times: int = 1) -> None:
    """Time passes until the job is tried again."""
    for _ in range(times):
        shop.clock.advance(A_MINUTE)
        await shop.work()


async def costs_nothing(shop: Shop, generation: Generation) -> bool:
    """Its hold is gone, everything came back, and nothing of it is left anywhere."""
    await retried(shop)
    shop.clock.advance(timedelta(hours=1))
    await shop.work()
    await shop.proven(generation.account_id)
    book = (await shop.kept(generation.account_id)).book
    return (book.available, book.holds, shop.jobs(), shop.shelf.kept) == (10, (), [], {})


def args_of(generation: Generation) -> dict[str, str]:
    return {"account_id": generation.account_id, "generation_id": generation.id}


# A success


async def test_a_success_is_stored_listed_and_paid_for(shop: Shop) -> None:
    done = await shop.generated()

    assert (done.status, done.charged, done.failure) == (SUCCEEDED, 1, None)
    (image,) = done.images
    assert shop.shelf.kept == {image.key: b"picture 0"}
    assert (image.width, image.height, image.format, image.private) == (512, 512, "png", False)
    assert (await shop.available(), (await shop.kept()).usage.images_total) == (9, 1)
    await shop.proven()


async def test_the_provider_is_asked_for_what_was_accepted(shop: Shop) -> None:
    await shop.generated()

    assert shop.painter.asked == [
        ImageRequest(
            prompt="a fox", model="small", size="512x512", quality="low", n=1, watermark=False, account_id="ann"
        )
    ]


async def test_an_attempt_tells_an_operator_when_it_was_made_and_what_the_provider_said_of_it(shop: Shop) -> None:
    accepted = await shop.accepted()

    async def half_a_minute() -> None:
        shop.clock.advance(A_MINUTE / 2)

    shop.painter.told = [half_a_minute]
    begun_at = shop.clock.now()
    await shop.work()

    (attempt,) = await attempted(shop, accepted)
    assert (attempt.started_at, attempt.ended_at) == (begun_at, begun_at + A_MINUTE / 2)
    assert (attempt.provider_request_id, attempt.input_tokens, attempt.output_tokens) == ("req_1", 7, 70)
    assert attempt.error is None


async def test_only_what_was_made_is_paid_for(paying: Shop) -> None:
    paying.painter.told = [3]

    done = await paying.generated(Wish(n=4, size="1024x1024"))

    assert (done.status, len(done.images), done.credits, done.charged) == (SUCCEEDED, 3, 16, 12)
    assert (await paying.available(), (await paying.kept()).usage.images_today) == (198, 3)
    await paying.proven()


async def test_a_picture_too_many_is_neither_kept_nor_paid_for(paying: Shop) -> None:
    paying.painter.told = [5]

    done = await paying.generated(Wish(n=4))

    assert (len(done.images), done.charged, len(paying.shelf.kept)) == (4, 4, 4)
    assert await paying.available() == 206


async def test_under_an_unlimited_plan_nothing_is_taken(shop: Shop) -> None:
    await shop.subscribed("premium")

    done = await shop.generated(Wish(model="large", size="1024x1024", quality="high", n=4))

    assert (done.status, done.credits, done.charged) == (SUCCEEDED, 160, 160)
    assert await shop.available() == 10
    await shop.proven()


async def test_higher_plans_are_served_first(paying: Shop) -> None:
    frees = await paying.accepted(account="bob")
    paids = await paying.accepted()

    await paying.work()

    assert (paids.priority, frees.priority) == (5, 0)
    made = [(await paying.generation(accepted)).images[0].id for accepted in (paids, frees)]
    assert made == ["img_000001", "img_000002"]


async def test_a_job_that_runs_again_after_a_success_does_nothing(shop: Shop) -> None:
    done = await shop.generated()

    await shop.use.making().run(args_of(done))

    assert (len(shop.painter.asked), await shop.available()) == (1, 9)


async def test_a_job_for_what_is_not_there_does_nothing(shop: Shop) -> None:
    await shop.use.making().run({"account_id": "ann", "generation_id": "gen_nowhere"})

    assert shop.painter.asked == []


# A provider that says no


async def test_a_refusal_is_final_and_costs_nothing(shop: Shop) -> None:
    shop.painter.told = [ImageRefused("moderation_blocked", "Request req_9 was rejected by safety system v3")]

    refused = await shop.generated()

    assert (refused.status, refused.failure and refused.failure.code) == (REFUSED, "moderation_blocked")
    assert await costs_nothing(shop, refused)
    assert (len(shop.painter.asked), await outcomes(shop, refused)) == (1, ["refused"])


async def test_a_model_that_is_not_set_up_fails_at_once_and_costs_nothing(shop: Shop) -> None:
    shop.painter.told = [MISCONFIGURED]

    failed = await shop.generated()

    assert (failed.status, failed.failure and failed.failure.code) == (FAILED, "provider_misconfigured")
    assert await costs_nothing(shop, failed)
    assert (len(shop.painter.asked), await outcomes(shop, failed)) == (1, ["misconfigured"])


async def test_what_is_not_set_up_is_one_incident_for_everybody(shop: Shop) -> None:
    shop.painter.told = [MISCONFIGURED, MISCONFIGURED]

    await shop.generated(account="ann")
    await shop.generated(account="bob")

    incident = await shop.incident()
    assert (incident.kind.value, incident.account_id) == ("image_provider", None)
    assert incident.detail == "openai is not set up: the key sk-…abcd was refused"


async def test_other_problems_with_the_set_up_are_other_incidents(shop: Shop) -> None:
    shop.painter.told = [MISCONFIGURED, Misconfigured("openai", "there is no such model")]

    await shop.generated()
    await shop.generated()

    assert await shop.incidents() == ["image_provider", "image_provider"]


@pytest.mark.parametrize(
    "failure",
    [
        ImageRefused("moderation_blocked", "Request req_9 was rejected by safety system v3 of OpenAI"),
        MISCONFIGURED,
        Unavailable("OpenAI at api.openai.com"),
        OutcomeUnknown("the POST to api.openai.com"),
    ],
)
async def test_customers_are_told_in_plain_words_and_operators_what_the_provider_said(
    shop: Shop, failure: Exception
) -> None:
    shop.painter.told = [failure] * MOST_ATTEMPTS
    accepted = await shop.generated()
    await retried(shop, times=MOST_ATTEMPTS)

    told = (await shop.generation(accepted)).failure
    assert told is not None
    assert told.message.endswith(".")
    assert "Nothing was charged" in told.message
    assert not [word for word in ("openai", "req_9", "sk-", "safety") if word in told.message.lower()]
    assert (await attempted(shop, accepted))[0].error == str(failure)


async def test_what_a_provider_says_can_be_stored_whatever_it_says(shop: Shop) -> None:
    shop.painter.told = [ImageRefused("bad\0code" * 100, "no\0thing \ud800 of\nthis" * 1000)]

    refused = await shop.generated()

    (attempt,) = await attempted(shop, refused)
    assert refused.status is REFUSED
    assert attempt.error is not None
    assert attempt.error.isprintable()


# A provider that does not answer


async def test_what_is_unavailable_is_tried_again(shop: Shop) -> None:
    shop.painter.told = [UNAVAILABLE]
    waiting = await shop.generated()
    assert (waiting.status, await shop.available()) == (RUNNING, 9)

    await retried(shop)

    done = await shop.generation(waiting)
    assert (done.status, await outcomes(shop, done)) == (SUCCEEDED, ["unavailable", "succeeded"])
    assert await shop.available() == 9


async def test_a_provider_that_says_when_is_not_asked_before(shop: Shop) -> None:
    shop.painter.told = [Unavailable("the image provider", 300)]
    await shop.generated()

    await retried(shop, times=4)
    assert len(shop.painter.asked) == 1

    await retried(shop)
    assert len(shop.painter.asked) == 2


async def test_no_provider_makes_a_customer_wait_for_longer_than_ten_minutes_at_a_time(shop: Shop) -> None:
    shop.painter.told = [Unavailable("the image provider", 86_400)]
    await shop.generated()

    await retried(shop, times=9)
    assert len(shop.painter.asked) == 1

    await retried(shop)
    assert len(shop.painter.asked) == 2


async def test_the_job_runner_tries_it_again(shop: Shop) -> None:
    shop.painter.told = [UNAVAILABLE]
    accepted = await shop.accepted()
    stop, reported = asyncio.Event(), list[str]()

    async def report(key: str, _detail: str) -> None:
        reported.append(key)

    runner = InProcessRunner(shop.memory.jobs, shop.clock, report, poll_s=0.001)
    running = asyncio.create_task(runner.run(handlers(shop.use), stop=stop))
    async with asyncio.timeout(5):
        while (await shop.generation(accepted)).status is not SUCCEEDED:
            await asyncio.sleep(0.002)
            shop.clock.advance(timedelta(seconds=1))
    stop.set()
    await running

    assert (len(shop.painter.asked), reported) == (2, [])


@pytest.mark.parametrize(
    ("failure", "most"),
    [
        (UNAVAILABLE, MOST_ATTEMPTS),
        (UNKNOWN, MOST_BILLED),
        (RuntimeError("no picture, no reason"), MOST_BILLED),
        (0, MOST_BILLED),
    ],
)
async def test_a_provider_that_never_answers_is_asked_within_the_budget_and_costs_nothing(
    shop: Shop, failure: Any, most: int
) -> None:
    shop.painter.told = [failure] * 10
    accepted = await shop.generated()

    await retried(shop, times=10)

    failed = await shop.generation(accepted)
    assert (failed.status, failed.failure and failed.failure.code) == (FAILED, "provider_failed")
    assert len(shop.painter.asked) == most
    assert (await shop.kept()).usage.images_today == 0
    assert await costs_nothing(shop, failed)


@pytest.mark.parametrize(("failure", "most"), [(UNAVAILABLE, MOST_ATTEMPTS), (UNKNOWN, MOST_BILLED)])
async def test_the_last_attempt_ends_it_at_once(shop: Shop, failure: Exception, most: int) -> None:
    shop.painter.told = [failure] * 10
    accepted = await shop.generated()

    await retried(shop, times=most - 1)

    assert (await shop.generation(accepted)).ended_at == shop.clock.now()


async def test_while_it_is_tried_again_and_again_it_is_one_job(shop: Shop) -> None:
    shop.painter.told = [UNAVAILABLE] * 4
    await shop.generated()

    for _ in range(3):
        assert len(shop.jobs("generate")) == 1
        await retried(shop)


async def test_a_provider_that_answers_without_a_picture_has_not_answered(shop: Shop) -> None:
    shop.painter.told = [0]
    accepted = await shop.generated()
    assert (accepted.status, await outcomes(shop, accepted)) == (RUNNING, ["unknown"])

    await retried(shop)

    assert (await shop.generation(accepted)).status is SUCCEEDED


# Waiting


async def test_one_that_waited_too_long_fails_and_is_given_back(shop: Shop) -> None:
    accepted = await shop.accepted()
    shop.clock.set(accepted.expires_at)

    await shop.work()

    failed = await shop.generation(accepted)
    assert (failed.status, failed.failure and failed.failure.code) == (FAILED, "queue_timeout")
    assert shop.painter.asked == []
    assert await costs_nothing(shop, failed)


async def test_one_that_has_begun_does_not_time_out_in_the_queue(shop: Shop) -> None:
    shop.painter.told = [UNAVAILABLE]
    accepted = await shop.generated()
    shop.clock.set(accepted.expires_at)

    await shop.work()

    assert (await shop.generation(accepted)).status is SUCCEEDED


# Several workers


async def test_of_two_workers_with_the_same_job_the_one_that_came_later_delivers_and_it_is_paid_for_once(
    shop: Shop,
) -> None:
    """The first stood still for longer than its lease, and came back: it has no say any more."""
    accepted = await shop.accepted()
    resumed = asyncio.Event()
    shop.painter.told = [resumed.wait]
    first = asyncio.create_task(shop.use.making().run(args_of(accepted)))
    await shop.painter.is_asked.wait()
    await shop.use.making().run(args_of(accepted))
    resumed.set()
    await first

    done = await shop.generation(accepted)
    assert (done.status, len(done.images), done.charged) == (SUCCEEDED, 1, 1)
    assert (await shop.available(), list(shop.shelf.kept)) == (9, [f"{done.id}/2-1.png"])
    assert [attempt.number for attempt in await attempted(shop, done)] == [1, 2]
    await shop.proven()


async def test_an_operator_sees_that_an_attempt_was_billed_though_its_pictures_came_too_late(shop: Shop) -> None:
    accepted = await shop.accepted()
    resumed = asyncio.Event()
    shop.painter.told = [resumed.wait]
    first = asyncio.create_task(shop.use.making().run(args_of(accepted)))
    await shop.painter.is_asked.wait()
    await shop.use.making().run(args_of(accepted))
    assert await outcomes(shop, accepted) == ["unknown", "succeeded"]
    resumed.set()
    await first

    late, _ = await attempted(shop, accepted)
    assert (late.outcome.value, late.error) == ("succeeded", "came too late, and was thrown away")
    assert (late.provider_request_id, late.output_tokens) == ("req_1", 70)


@pytest.mark.parametrize("late", [ImageRefused("moderation_blocked", "no"), MISCONFIGURED, UNKNOWN, UNAVAILABLE])
async def test_a_worker_that_was_overtaken_ends_nothing(shop: Shop, late: Exception) -> None:
    """The second attempt is under way when the first one comes back with a failure."""
    accepted = await shop.accepted()
    overtaken, over = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        await overtaken.wait()
        raise late

    async def second() -> None:
        overtaken.set()
        await over.wait()

    shop.painter.told = [first, second]
    one = asyncio.create_task(shop.use.making().run(args_of(accepted)))
    await shop.painter.is_asked.wait()
    other = asyncio.create_task(shop.use.making().run(args_of(accepted)))
    await one
    assert (await shop.generation(accepted)).status is RUNNING
    over.set()
    await other

    assert ((await shop.generation(accepted)).status, await shop.available()) == (SUCCEEDED, 9)
    await shop.proven()


async def test_two_workers_that_begin_at_once_make_one_attempt(shop: Shop) -> None:
    """Both have read the same progress: the number in the hold lets one of them begin."""
    accepted = await shop.accepted()
    making = shop.use.making()
    seen = await shop.memory.generations.progress("ann", accepted.id)

    class AsBefore:
        async def progress(self, _account_id: str, _generation_id: str) -> Progress | None:
            return seen

        def __getattr__(self, name: str) -> Any:
            return getattr(shop.memory.generations, name)

    as_before: Any = AsBefore()

    async def other() -> None:
        await evolve(making, generations=as_before).run(args_of(accepted))

    shop.painter.told = [other]
    await making.run(args_of(accepted))

    assert (len(shop.painter.asked), await outcomes(shop, accepted)) == (1, ["succeeded"])
    assert await shop.available() == 9


async def test_a_worker_that_gives_up_on_what_another_has_begun_meanwhile_ends_nothing(shop: Shop) -> None:
    """It has read it as queued for too long; before it says so, another worker begins."""
    accepted = await shop.accepted()
    making = shop.use.making()
    seen = await shop.memory.generations.progress("ann", accepted.id)

    class AsBefore:
        async def progress(self, _account_id: str, _generation_id: str) -> Progress | None:
            return seen

    as_before: Any = AsBefore()

    async def too_late() -> None:
        shop.clock.set(accepted.expires_at)
        await evolve(making, generations=as_before).run(args_of(accepted))

    shop.painter.told = [too_late]
    await making.run(args_of(accepted))

    assert (await shop.generation(accepted)).status is SUCCEEDED


async def test_one_that_was_canceled_before_the_provider_was_asked_is_not_made(shop: Shop) -> None:
    """The worker has read it as queued; then it is canceled; then the worker wants to start."""
    accepted = await shop.accepted()

    class Early:
        async def progress(self, account_id: str, generation_id: str) -> Progress | None:
            found = await shop.memory.generations.progress(account_id, generation_id)
            await shop.use.canceling_generation()("ann", accepted.id)
            return found

    early: Any = Early()
    await evolve(shop.use.making(), generations=early).run(args_of(accepted))

    assert (shop.painter.asked, await shop.available()) == ([], 10)


async def test_pictures_that_come_after_the_end_are_thrown_away(shop: Shop) -> None:
    """Both attempts that the budget has were given up on; then the second one answers after all."""
    accepted = await shop.accepted()

    async def forgotten() -> None:
        raise Crash

    async def given_up() -> None:
        await shop.use.making().run(args_of(accepted))
        assert (await shop.generation(accepted)).status is FAILED

    shop.painter.told = [forgotten, given_up]
    with pytest.raises(Crash):
        await shop.use.making().run(args_of(accepted))
    await shop.use.making().run(args_of(accepted))

    lost = await shop.generation(accepted)
    assert (lost.status, lost.images, lost.charged) == (FAILED, (), 0)
    assert await costs_nothing(shop, lost)


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
    assert (await outcomes(shop, accepted), await shop.available()) == (["started"], 9)

    shop.clock.advance(LEASE)
    await shop.work()

    done = await shop.generation(accepted)
    assert (done.status, await outcomes(shop, done)) == (SUCCEEDED, ["unknown", "succeeded"])
    assert await shop.available() == 9


async def test_two_workers_that_die_while_the_provider_works_are_the_whole_budget(shop: Shop) -> None:
    """It may have made and billed pictures both times."""
    shop.painter.told = [Crash(), Crash()]
    accepted = await shop.generated()

    await retried(shop, times=3)

    failed = await shop.generation(accepted)
    assert (failed.status, await outcomes(shop, failed)) == (FAILED, ["unknown", "unknown"])
    assert await costs_nothing(shop, failed)


START, DELIVER = 1, 2


async def test_a_worker_that_dies_before_the_attempt_is_recorded_has_not_asked(shop: Shop) -> None:
    accepted = await shop.accepted()
    shop.accounts.dies_at = shop.accounts.changes + START
    await shop.work()
    assert shop.painter.asked == []

    await retried(shop)

    done = await shop.generation(accepted)
    assert (await outcomes(shop, done), await shop.available()) == (["succeeded"], 9)


async def test_a_worker_that_dies_between_storing_and_paying_is_followed_by_another_and_it_is_paid_for_once(
    shop: Shop,
) -> None:
    accepted = await shop.accepted()
    shop.accounts.dies_at = shop.accounts.changes + DELIVER
    await shop.work()
    assert (len(shop.shelf.kept), await shop.available()) == (1, 9)
    assert (await shop.generation(accepted)).images == ()

    await retried(shop)

    done = await shop.generation(accepted)
    assert (done.status, len(done.images), await shop.available()) == (SUCCEEDED, 1, 9)
    assert list(shop.shelf.kept) == [done.images[0].key]
    await shop.proven()


@pytest.mark.parametrize("change", [START, DELIVER])
async def test_a_change_that_is_written_though_nobody_hears_of_it_is_made_once(shop: Shop, change: int) -> None:
    accepted = await shop.accepted()
    shop.accounts.unheard_at = shop.accounts.changes + change
    await shop.work()

    await retried(shop)

    done = await shop.generation(accepted)
    assert (done.status, len(done.images), done.charged) == (SUCCEEDED, 1, 1)
    assert (len(shop.painter.asked), await shop.available()) == (1, 9)
    assert list(shop.shelf.kept) == [done.images[0].key]
    await shop.proven()
