"""The two phases of a change that waits: the present one as it is, and one interval of the new price."""

import pytest

from billing_core.adapters.stripe.schedules import phases_of
from billing_core.adapters.stripe.shapes import Misshapen
from tests.stripe.samples import END, MIDDLE, START, Json, seconds
from tests.stripe.shop import PRO, YEAR, a_schedule, an_item


def phases(schedule: Json, price: Json = PRO) -> list[Json]:
    return [dict(phase) for phase in phases_of(schedule, an_item(), price, until=END)]


def with_phase(**over: object) -> Json:
    schedule = a_schedule("price_basic", "price_year")
    schedule["phases"][0] |= over
    return schedule


def test_the_present_phase_ends_with_the_period() -> None:
    present, _ = phases(with_phase(end_date=seconds(MIDDLE)))
    assert (seconds(START), seconds(END)) == (present["start_date"], present["end_date"])


def test_the_next_phase_lasts_one_interval_of_its_price() -> None:
    _, following = phases(a_schedule("price_basic"), YEAR)
    assert {"interval": "year", "interval_count": 1} == following["duration"]
    assert [{"price": "price_year", "quantity": 1}] == following["items"]


def test_what_waited_before_is_forgotten() -> None:
    assert "price_year" not in repr(phases(a_schedule("price_basic", "price_year")))


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ({"metadata": {"crm": "7"}}, {"metadata": {"crm": "7"}}),
        ({"description": "Ada's", "collection_method": None}, {"description": "Ada's"}),
        ({"automatic_tax": {"enabled": True, "liability": None}}, {"automatic_tax": {"enabled": True}}),
        ({"default_tax_rates": ["txr_1", {"id": "txr_2"}]}, {"default_tax_rates": ["txr_1", "txr_2"]}),
        ({"discounts": [{"discount": "di_1", "coupon": "co_1"}]}, {"discounts": [{"discount": "di_1"}]}),
        ({"discounts": [{"discount": {"id": "di_1"}}]}, {"discounts": [{"discount": "di_1"}]}),
        (
            {"discounts": [{"discount": None, "promotion_code": "promo_1"}]},
            {"discounts": [{"promotion_code": "promo_1"}]},
        ),
        ({"discounts": [{"coupon": {"id": "co_1"}}, {}]}, {"discounts": [{"coupon": "co_1"}]}),
    ],
)
def test_what_holds_now_holds_after_the_change(told: Json, kept: Json) -> None:
    for phase in phases(with_phase(**told)):
        assert kept == {name: phase[name] for name in kept}


def test_a_trial_is_over_with_its_phase() -> None:
    present, following = phases(with_phase(trial_end=seconds(END)))
    assert (seconds(END), None) == (present["trial_end"], following.get("trial_end"))


def test_other_items_stay_as_they_are() -> None:
    addon = {"price": {"id": "price_addon"}, "metadata": {"seat": "1"}, "tax_rates": ["txr_1"], "discounts": []}
    _, following = phases(with_phase(items=[{"plan": "price_basic", "quantity": 2}, addon]))
    assert [
        {"price": "price_pro", "quantity": 2},
        {"price": "price_addon", "metadata": {"seat": "1"}, "tax_rates": ["txr_1"]},
    ] == following["items"]


@pytest.mark.parametrize(
    "schedule",
    [
        a_schedule("price_basic", current_phase=None),
        a_schedule("price_basic", current_phase={"start_date": seconds(MIDDLE)}),
        a_schedule("price_basic", phases=[]),
        with_phase(items=[{"quantity": 1}]),
    ],
)
def test_a_schedule_that_cannot_be_read_is_not_written(schedule: Json) -> None:
    with pytest.raises(Misshapen):
        phases(schedule)
