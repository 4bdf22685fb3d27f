"""A trial that ends before its time, as where its customer moves to a paid plan at the portal."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from billing_core.domain.catalog import Catalog, Trial
from billing_core.domain.openings import unplaced_spans
from billing_core.domain.subscription import Status
from billing_core.testing.builders import (
    NEW_YEAR,
    Life,
    a_catalog,
    a_charge,
    a_payment,
    a_plan,
    a_snapshot,
    day,
)

A_DAY = timedelta(days=1)
CUT = day(2026, 1, 10)
NO_FREE = a_plan("free", rank=0, allotment=0)
CATALOG = a_catalog(NO_FREE, a_plan("basic", allotment=200, trial=Trial(days=14)))


def on_trial(days: int, catalog: Catalog = CATALOG) -> Life:
    """Somebody on trial for so many days from New Year, by a line that is free."""
    life, end = Life(catalog), NEW_YEAR + days * A_DAY
    told = a_snapshot(Status.TRIALING, anchor=end, created_at=NEW_YEAR, seen_at=NEW_YEAR, **trial_until(end))
    life.told(NEW_YEAR, a_payment(a_charge("basic", NEW_YEAR, end, key="il_trial"), amount_minor=0), told)
    return life


def trial_until(end: datetime) -> dict[str, Any]:
    return {"trial_start": NEW_YEAR, "trial_end": end}


def cut_short(life: Life) -> None:
    """It ends on 10 January, when the first month is paid."""
    paid = a_payment(a_charge("basic", CUT), id="in_paid")
    life.told(CUT, paid, a_snapshot(anchor=CUT, created_at=NEW_YEAR, seen_at=CUT, **trial_until(CUT)))


@pytest.mark.parametrize("days", [14, 45])
@pytest.mark.parametrize("spent", [0, 50, 200])
def test_what_was_spent_in_it_is_never_owed_and_what_is_left_goes_with_it(days: int, spent: int) -> None:
    life = on_trial(days)
    if spent:
        life.spends(day(2026, 1, 5), spent)
    cut_short(life)
    life.touch(CUT)

    (sub,) = life.account.subscriptions
    assert (200, 0) == (life.account.book.available, life.account.book.debt)
    assert () == unplaced_spans(life.account, sub)
    life.touch(day(2026, 2, 9))
    assert 200 == life.account.book.available


def test_no_later_slot_of_it_begins() -> None:
    life = on_trial(45)
    cut_short(life)
    life.touch(day(2026, 2, 9))

    (sub,) = life.account.subscriptions
    assert [(NEW_YEAR, 200), (CUT, 200)] == [(tally.start, tally.given) for tally in sub.tallies]


def test_a_month_that_is_paid_within_it_gives_its_allotment_before_its_end_is_told() -> None:
    catalog = a_catalog(NO_FREE, a_plan("basic", allotment=200, trial=Trial(days=14, credits=25)))
    life = on_trial(14, catalog)
    life.told(CUT, a_payment(a_charge("basic", CUT), id="in_paid"))

    assert [(NEW_YEAR, 25), (CUT, 200)] == [(t.start, t.given) for t in life.account.subscriptions[0].tallies]


def test_it_is_the_same_where_the_end_is_told_before_the_payment() -> None:
    life = on_trial(14)
    life.spends(day(2026, 1, 5), 50)
    life.told(CUT, a_snapshot(anchor=CUT, created_at=NEW_YEAR, seen_at=CUT, **trial_until(CUT)))
    told_first = life.account.book.available, life.account.book.debt
    life.told(CUT, a_payment(a_charge("basic", CUT), id="in_paid"))

    assert (0, 0) == told_first
    assert (200, 0) == (life.account.book.available, life.account.book.debt)
