"""Images are counted by the day on which they were accepted, and those that were not made are given back."""

from datetime import datetime

import pytest

from billing_core.testing.builders import NEW_YEAR, Life, day


@pytest.mark.parametrize(
    ("released", "today", "left"),
    [
        ("h", NEW_YEAR, 0),
        ("nothing", NEW_YEAR, 2),
        ("h", day(2026, 1, 1, 23, 59), 0),
        ("h", day(2026, 1, 2), 2),
    ],
)
def test_a_day_counts_what_was_accepted_on_it_but_for_what_was_given_back_on_it(
    released: str, today: datetime, left: int
) -> None:
    life = Life()
    life.keep(life.at(NEW_YEAR).hold(2, hold_id="h", until=None, images=2))
    life.keep(life.at(today).hold(0, hold_id="nothing", until=None))
    life.keep(life.at(today).release(released))

    usage = life.account.usage
    assert (usage.day, usage.images_today, usage.images_total) == (NEW_YEAR.date(), left, 0)
