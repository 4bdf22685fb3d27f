"""Letting a generation in: its hold, its row and its job are one commit, or nothing is."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from billing_core.application.accepting import LONGEST_PROMPT, Asked
from billing_core.domain.admission import Wish
from billing_core.domain.catalog import UNLIMITED
from billing_core.domain.errors import (
    AccountSuspended,
    CostsTooMuch,
    DailyQuotaExceeded,
    InsufficientCredits,
    InvalidValue,
    NotEntitled,
    NotPriced,
    TooManyConcurrent,
)
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.domain.options import Action
from billing_core.ports.commit import Commit
from billing_core.ports.errors import IdempotencyKeyReused, OutcomeUnknown, Unavailable
from billing_core.testing.builders import a_plan
from tests.shops.use_case import Crash, Shop, a_request, the_catalog


@pytest.fixture
def shop() -> Shop:
    """Everybody has ten free credits, and a free picture costs one."""
    return Shop()


@pytest.fixture
async def paying(shop: Shop) -> Shop:
    """Ann has subscribed to basic, and has 210 credits."""
    await shop.subscribed()
    return shop


async def test_it_is_let_in_with_its_hold_and_its_job(shop: Shop) -> None:
    accepted = await shop.accepted()

    assert accepted == await shop.generation(accepted)
    assert (accepted.status, accepted.credits, accepted.n) == (GenerationStatus.QUEUED, 1, 1)
    assert (accepted.model, accepted.size, accepted.quality) == ("small", "512x512", "low")
    assert [job.args["generation_id"] for job in shop.jobs("generate")] == [accepted.id]
    book = (await shop.kept()).book
    assert ([(hold.id, hold.until) for hold in book.holds], book.available) == ([(accepted.id, None)], 9)


async def test_what_is_held_is_told_apart_from_what_is_spent(shop: Shop) -> None:
    await shop.accepted()

    credits = await shop.use.viewing().credits("ann")
    assert (credits.available, credits.held) == (9, 1)


@pytest.mark.parametrize("failing", ["dies_at", "unavailable_at"])
async def test_where_the_books_fail_there_is_neither_hold_nor_row_nor_job(shop: Shop, failing: str) -> None:
    setattr(shop.accounts, failing, 1)

    with pytest.raises((Crash, Unavailable)):
        await shop.accepted()

    listed = await shop.memory.generations.page("ann", limit=10)
    assert ((await shop.kept()).book.holds, listed.items, shop.jobs()) == ((), (), [])


@pytest.mark.parametrize(
    "prompt", ["", " \n\t", "\u2003\u00a0", "x" * (LONGEST_PROMPT + 1), "🦊" * (LONGEST_PROMPT + 1), "a\0b", "\ud800"]
)
async def test_a_prompt_that_nobody_takes_is_refused(shop: Shop, prompt: str) -> None:
    with pytest.raises(InvalidValue):
        await shop.accepted(prompt=prompt)
    assert (await shop.available(), shop.jobs()) == (10, [])


@pytest.mark.parametrize("symbol", ["x", "ж", "漢", "🦊"])
async def test_a_prompt_is_counted_in_code_points_and_the_longest_is_taken(shop: Shop, symbol: str) -> None:
    prompt = symbol * LONGEST_PROMPT

    assert (await shop.generation(await shop.accepted(prompt=prompt))).prompt == prompt


@pytest.mark.parametrize(
    "prompt",
    [
        "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL} at the lake",
        "left \N{RIGHT-TO-LEFT OVERRIDE}to right",
        "\N{CYRILLIC SMALL LETTER A} fox that is no ASCII fox",
        "a <b>bold</b> \\u0000 fox\n",
        "  a fox  ",
    ],
)
async def test_a_prompt_is_kept_and_asked_for_as_it_is(shop: Shop, prompt: str) -> None:
    done = await shop.generated(prompt=prompt)

    assert (done.prompt, shop.painter.asked[0].prompt) == (prompt, prompt)


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        (Wish(model="large"), NotEntitled),
        (Wish(size="1024x1024"), NotEntitled),
        (Wish(quality="high"), NotEntitled),
        (Wish(n=2), NotEntitled),
        (Wish(n=0), InvalidValue),
        (Wish(n=-1), InvalidValue),
        (Wish(n=10**23), NotEntitled),
        (Wish(model="unheard of"), NotPriced),
        (Wish(size="9x9"), NotPriced),
        (Wish(quality="perfect"), NotPriced),
        (Wish(max_credits=0), CostsTooMuch),
    ],
)
async def test_what_the_plan_does_not_give_is_refused_before_anything_is_held(
    shop: Shop, wish: Wish, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await shop.accepted(wish)
    assert (await shop.available(), shop.jobs()) == (10, [])


async def test_who_sets_a_cap_is_never_charged_more(paying: Shop) -> None:
    with pytest.raises(CostsTooMuch) as refused:
        await paying.accepted(Wish(n=4, size="1024x1024", max_credits=15))
    accepted = await paying.accepted(Wish(n=4, size="1024x1024", max_credits=16))

    assert (refused.value.required, refused.value.max_credits, accepted.credits) == (16, 15, 16)


async def test_without_credits_nothing_is_let_in(shop: Shop) -> None:
    await shop.given(-10)

    with pytest.raises(InsufficientCredits) as refused:
        await shop.accepted()
    assert (refused.value.required, refused.value.available, shop.jobs()) == (1, 0, [])


@pytest.mark.failure("E10")
async def test_as_many_wait_at_once_as_the_plan_allows(shop: Shop) -> None:
    await shop.accepted()

    with pytest.raises(TooManyConcurrent):
        await shop.accepted()
    await shop.work()
    await shop.accepted()


@pytest.mark.failure("E8")
async def test_of_many_at_once_on_credits_for_one_one_is_made(paying: Shop) -> None:
    await paying.given(-209)

    answers = await asyncio.gather(*(paying.accepted() for _ in range(20)), return_exceptions=True)
    await paying.work()

    assert sum(isinstance(answer, Generation) for answer in answers) == 1
    assert (len(paying.painter.asked), await paying.available()) == (1, 0)


async def test_an_unlimited_plan_has_the_same_limits_of_what_runs_at_once() -> None:
    """Credits are not what keeps one customer from taking all the workers."""
    shop = Shop(the_catalog(a_plan("endless", rank=3, allotment=UNLIMITED, max_concurrent=2)))
    await shop.subscribed("endless")
    for _ in range(2):
        await shop.accepted()

    with pytest.raises(TooManyConcurrent):
        await shop.accepted()


async def test_images_are_counted_by_the_day_and_those_not_made_count_no_more(shop: Shop) -> None:
    """The day is that of UTC, whenever the month of credits began."""
    limited = a_plan("daily", rank=1, allotment=200, images_per_day=2, images_per_request=2)
    shop.wire(the_catalog(limited))
    await shop.subscribed("daily")
    shop.painter.told = [1]
    await shop.generated(Wish(n=2))
    await shop.generated()

    with pytest.raises(DailyQuotaExceeded) as refused:
        await shop.accepted()

    midnight = datetime.combine(shop.clock.now().date() + timedelta(days=1), datetime.min.time(), UTC)
    assert (refused.value.used, refused.value.options[0].available_at) == (2, midnight)
    shop.clock.set(midnight)
    await shop.accepted()


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


async def test_a_request_whose_answer_was_lost_is_answered_as_before_also_once_it_was_made(shop: Shop) -> None:
    asked = Asked(prompt="a fox", wish=Wish())
    shop.accounts.unheard_at = 1
    with pytest.raises(OutcomeUnknown):
        await shop.use.accepting()("ann", asked, request=a_request())
    await shop.work()

    again = await shop.use.accepting()("ann", asked, request=a_request())

    done = await shop.generation(again)
    assert (done.status, done.charged) == (GenerationStatus.SUCCEEDED, 1)
    assert (len(shop.painter.asked), await shop.available()) == (1, 9)


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
