"""One pipeline for every plan; the first refusal is the answer, with the ways out that are open."""

from datetime import timedelta

import pytest
from attrs import astuple

from billing_core.domain.admission import Check, Wish, admit, checked, price, running
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
from billing_core.domain.options import Action, Option
from billing_core.domain.subscription import Status
from billing_core.testing.builders import (
    BOOST,
    DRIP,
    NEW_YEAR,
    Life,
    a_catalog,
    a_plan,
    a_snapshot,
    a_subscriber,
    day,
)

SOON = NEW_YEAR + timedelta(hours=1)
EVERYTHING_WRONG = Wish(model="large", size="1024x1024", quality="high", n=99)
UP_TO_BASIC = tuple(Option(Action.UPGRADE, tier=tier) for tier in ("basic", "pro", "premium"))
UP_TO_PRO = UP_TO_BASIC[1:]


def a_free_account(**plan: object) -> Life:
    life = Life(a_catalog(a_plan("free", rank=0, allotment=10, **plan)))
    life.touch(NEW_YEAR)
    return life


def making(life: Life, images: int, *, hold_id: str = "g1") -> Life:
    """The same life with a generation under way."""
    life.keep(life.at(SOON).hold(images, hold_id=hold_id, until=None, images=images))
    return life


def test_what_the_wish_leaves_out_is_the_plans_default() -> None:
    admitted = admit(a_free_account().at(SOON), Wish())

    assert (
        admitted.model,
        admitted.size,
        admitted.quality,
        admitted.n,
        admitted.credits,
    ) == ("small", "512x512", "low", 1, 1)


def test_the_price_is_that_of_all_images() -> None:
    assert admit(a_subscriber("pro").at(SOON), Wish(model="large", size="1024x1024", n=3)).credits == 60


def test_first_a_suspended_account_is_refused() -> None:
    life = a_free_account()
    life.keep(life.at(SOON).suspend("dispute"))

    with pytest.raises(AccountSuspended, match="suspended \\(dispute\\)"):
        admit(life.at(SOON), EVERYTHING_WRONG)


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        (Wish(model="dall-e-9"), ("dall-e-9", "512x512", "low")),
        (Wish(size="9x9"), ("small", "9x9", "low")),
        (Wish(quality="vivid"), ("small", "512x512", "vivid")),
    ],
)
def test_what_nobody_sells_is_a_mistake_and_not_an_upgrade(wish: Wish, named: tuple[str, str, str]) -> None:
    with pytest.raises(NotPriced) as refusal:
        admit(a_free_account().at(SOON), wish)

    assert astuple(refusal.value) == named


def test_second_the_model_must_be_in_the_plan() -> None:
    with pytest.raises(NotEntitled) as refusal:
        admit(a_free_account().at(SOON), EVERYTHING_WRONG)

    assert astuple(refusal.value, recurse=False) == ("model", ("small",), UP_TO_BASIC)
    assert str(refusal.value) == "the plan does not include model"


def test_third_the_size_must_be_in_the_plan() -> None:
    with pytest.raises(NotEntitled) as refusal:
        admit(a_free_account().at(SOON), Wish(size="1024x1024", quality="high", n=99))

    assert astuple(refusal.value, recurse=False) == ("size", ("512x512",), UP_TO_BASIC)


def test_then_the_quality_must_be_in_the_plan() -> None:
    with pytest.raises(NotEntitled) as refusal:
        admit(a_free_account().at(SOON), Wish(quality="high", n=99))

    assert astuple(refusal.value, recurse=False) == ("quality", ("low",), UP_TO_BASIC)


def test_fourth_the_images_of_one_request_are_limited() -> None:
    life = making(a_free_account(images_per_day=1), 1)

    with pytest.raises(NotEntitled) as refusal:
        admit(life.at(SOON), Wish(n=3))

    assert astuple(refusal.value, recurse=False) == ("images_per_request", ("1",), (Option(Action.REDUCE), *UP_TO_PRO))


def test_at_least_one_image_must_be_asked_for() -> None:
    with pytest.raises(InvalidValue, match="n: must be at least 1"):
        admit(a_free_account().at(SOON), Wish(n=0))
    with pytest.raises(InvalidValue, match="n: must be at least 1"):
        price(a_free_account().at(SOON), Wish(n=0))


def test_fifth_the_generations_at_once_are_limited() -> None:
    life = making(a_free_account(images_per_day=1), 1)

    with pytest.raises(TooManyConcurrent) as refusal:
        admit(life.at(SOON), Wish())

    assert astuple(refusal.value, recurse=False) == (1, (Option(Action.WAIT), *UP_TO_BASIC))


def test_a_generation_counts_once_whatever_the_number_of_its_images() -> None:
    life = making(a_free_account(max_concurrent=2), 4)

    assert running(life.at(SOON)) == 1
    assert admit(life.at(SOON), Wish()).n == 1


def test_a_plan_with_no_more_generations_at_once_is_no_way_out() -> None:
    life = a_free_account(max_concurrent=3)  # as pro has, and more than basic
    for hold_id in ("g1", "g2", "g3"):
        making(life, 1, hold_id=hold_id)

    with pytest.raises(TooManyConcurrent) as refusal:
        admit(life.at(SOON), Wish())

    assert refusal.value.options == (Option(Action.WAIT), Option(Action.UPGRADE, tier="premium"))


def test_a_hold_for_something_else_is_no_generation() -> None:
    assert admit(making(a_free_account(), 0).at(SOON), Wish()).n == 1


def test_sixth_the_images_of_a_day_are_limited() -> None:
    life = making(a_free_account(images_per_day=2, max_concurrent=9), 2)

    with pytest.raises(DailyQuotaExceeded) as refusal:
        admit(life.at(SOON), Wish())

    wait = Option(Action.WAIT, available_at=day(2026, 1, 2))
    assert astuple(refusal.value, recurse=False) == (2, 2, (wait, *UP_TO_BASIC))
    assert admit(life.at(day(2026, 1, 2)), Wish()).n == 1


def test_the_last_image_of_a_day_may_still_be_made() -> None:
    life = making(a_free_account(images_per_day=2, max_concurrent=9), 1)

    assert admit(life.at(SOON), Wish()).n == 1


def test_a_plan_with_one_image_a_day_more_is_a_way_out_and_one_with_as_few_is_none() -> None:
    free = a_plan("free", rank=0, allotment=10, images_per_day=1, max_concurrent=9)
    catalog = a_catalog(free, a_plan("basic", images_per_day=1), a_plan("pro", rank=2, images_per_day=2))
    life = Life(catalog)
    life.touch(NEW_YEAR)

    with pytest.raises(DailyQuotaExceeded) as refusal:
        admit(making(life, 1).at(SOON), Wish())

    assert [option.tier for option in refusal.value.options] == [None, "pro", "premium"]


def test_seventh_there_must_be_a_price() -> None:
    with pytest.raises(NotPriced, match="no price for large at 512x512, quality high"):
        admit(a_subscriber("pro").at(SOON), Wish(model="large", quality="high"))


def test_a_cap_on_the_cost_is_kept() -> None:
    held = a_subscriber("pro").at(SOON)

    assert price(held, Wish(n=2, max_credits=2)).credits == 2
    with pytest.raises(CostsTooMuch, match="costs 3 credits, more than max_credits 2"):
        price(held, Wish(n=3, max_credits=2))


def test_last_the_credits_must_be_there() -> None:
    life = a_free_account()

    with pytest.raises(InsufficientCredits) as refusal:
        life.at(SOON).hold(11, hold_id="g1", until=None)

    packs = (Option(Action.BUY_PACK, pack=BOOST.key), Option(Action.BUY_PACK, pack=DRIP.key))
    wait = Option(Action.WAIT, available_at=day(2026, 2, 1))
    assert astuple(refusal.value, recurse=False) == (11, 10, (*UP_TO_BASIC, *packs, wait))
    assert str(refusal.value) == "11 credits are needed, 10 are available"
    assert str(InsufficientCredits(1, 0)) == "1 credit is needed, 0 are available"


def test_who_owes_a_renewal_is_first_told_to_pay_it() -> None:
    life = a_subscriber("pro")
    february = day(2026, 2, 1)
    life.told(february, a_snapshot(Status.PAST_DUE, price="pro-month", seen_at=february, period_start=february))

    with pytest.raises(InsufficientCredits) as refusal:
        life.at(february).hold(501, hold_id="g1", until=None)

    assert [option.action for option in refusal.value.options][:2] == [Action.SETTLE_PAYMENT, Action.UPGRADE]
    assert refusal.value.options[1].tier == "premium"


def test_a_plan_that_is_sold_by_people_says_whom_to_ask() -> None:
    catalog = a_catalog(a_plan("pro", rank=2, allotment=500, models=("small", "large", "huge"), contact="mailto:us"))
    life = Life(catalog)
    life.touch(NEW_YEAR)

    with pytest.raises(InsufficientCredits) as refusal:
        life.at(SOON).hold(11, hold_id="g1", until=None)

    assert Option(Action.CONTACT, tier="pro", url="mailto:us") in refusal.value.options


def test_a_way_to_more_credits_is_a_plan_that_gives_more() -> None:
    catalog = a_catalog(a_plan("pro", rank=2, allotment=100))
    life = a_subscriber("basic", catalog=catalog)

    with pytest.raises(InsufficientCredits) as refusal:
        life.at(SOON).hold(999, hold_id="g1", until=None)

    assert [option.tier for option in refusal.value.options if option.action is Action.UPGRADE] == ["premium"]
    wait = Option(Action.WAIT, available_at=day(2026, 2, 1))
    assert refusal.value.options[-1] == wait


def test_an_unlimited_plan_goes_through_the_same_pipeline() -> None:
    held = a_subscriber("premium").at(SOON)

    assert admit(held, Wish(model="large", size="1024x1024", quality="high", n=4)).credits == 160
    with pytest.raises(NotEntitled) as refusal:
        admit(held, Wish(n=5))
    assert refusal.value.options == (Option(Action.REDUCE),)


def refused(life: Life, wish: Wish) -> list[Check]:
    return [each.check for each in checked(life.at(SOON), wish) if each.denial is not None]


def test_every_check_of_a_wish_is_told_in_their_order() -> None:
    assert [each.check for each in checked(a_free_account().at(SOON), Wish())] == list(Check)
    assert refused(a_free_account(), Wish()) == []


def test_the_checks_behind_the_first_refusal_are_told_too() -> None:
    life = making(a_free_account(images_per_day=1), 1)
    life.keep(life.at(SOON).suspend("dispute"))

    every_one_but_names_and_credits = [check for check in Check if check not in {Check.NAMES, Check.CREDITS}]
    wrong = Wish(model="large", size="1024x1024", quality="high", n=99, max_credits=1)
    assert refused(life, wrong) == every_one_but_names_and_credits
    assert refused(life, Wish(model="dall-e-9", n=0))[:3] == [Check.SUSPENSION, Check.NAMES, Check.MODEL]


def test_credits_are_checked_as_if_nothing_suspended_the_account_and_not_without_a_price() -> None:
    life = a_subscriber("pro")
    life.keep(life.at(SOON).suspend("dispute"))
    dear, priceless = Wish(model="large", size="1024x1024", quality="high", n=99), Wish(model="large", quality="high")

    assert refused(life, Wish()) == [Check.SUSPENSION]
    assert refused(life, dear) == [Check.SUSPENSION, Check.IMAGES_AT_ONCE, Check.CREDITS]
    assert [each.check for each in checked(life.at(SOON), priceless)][-1] is Check.PRICE


def test_the_first_refusal_of_the_checks_is_the_answer() -> None:
    first = next(each.denial for each in checked(a_free_account().at(SOON), EVERYTHING_WRONG) if each.denial)

    with pytest.raises(NotEntitled) as refusal:
        admit(a_free_account().at(SOON), EVERYTHING_WRONG)
    assert astuple(refusal.value) == astuple(first)  # type: ignore[arg-type]


def test_a_refusal_that_nothing_helps_against_has_no_options() -> None:
    assert () == AccountSuspended(("reported",)).options
