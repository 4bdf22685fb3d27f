"""What customers read of what is sold, and where they may move by themselves."""

import pytest

from billing_core.domain.catalog import UNLIMITED, Interval, Pack, Plan, Price
from billing_core.domain.wares import description, movable
from billing_core.testing.builders import FREE, a_plan, a_version, usd


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (a_plan(allotment=1_200), "1,200 credits a month"),
        (a_plan(allotment=UNLIMITED), "unlimited credits a month"),
        (Pack(key="boost", name="Boost", credits=5_000, prices=(Price("boost", usd(500), None),)), "5,000 credits"),
    ],
)
def test_what_it_gives_is_said_in_a_line(item: Plan | Pack, said: str) -> None:
    assert said == description(item)


def test_customers_move_between_plans_that_nobody_has_to_sell_lowest_first() -> None:
    high = a_plan("high", rank=3, prices=(Price("high-month", usd(900), Interval.MONTH),))
    low = a_plan("low", rank=1, prices=(Price("low-month", usd(1_000), Interval.MONTH),))
    spoken_for = a_plan("spoken-for", rank=2, contact="mailto:sales@shop.example")

    assert ["low-month", "high-month"] == [
        price.key for price in movable(a_version(plans=(FREE, high, spoken_for, low)))
    ]
