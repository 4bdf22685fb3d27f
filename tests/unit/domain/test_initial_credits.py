"""Initial credits stand in for the allotment of the first whole month that is paid for a plan, once."""

from datetime import timedelta

from billing_core.domain.catalog import Trial
from billing_core.testing.builders import (
    NEW_YEAR,
    Life,
    a_catalog,
    a_charge,
    a_credit,
    a_payment,
    a_plan,
    a_snapshot,
    a_subscriber,
    day,
)

NO_FREE = a_plan("free", rank=0, allotment=0)
BASIC = a_plan("basic", rank=1, allotment=200, initial_credits=1000)
PRO = a_plan("pro", rank=2, allotment=500, initial_credits=3000)
CATALOG = a_catalog(NO_FREE, BASIC, PRO)
FEBRUARY, MARCH = day(2026, 2, 1), day(2026, 3, 1)
HALF = NEW_YEAR + (FEBRUARY - NEW_YEAR) / 2


def given(life: Life) -> list[int]:
    """What each slot was given, in order of time."""
    (sub,) = life.account.subscriptions
    return [tally.given for tally in sub.tallies]


def test_of_a_year_that_is_paid_at_once_only_the_first_month_brings_them() -> None:
    life = Life(CATALOG)
    life.told(NEW_YEAR, a_payment(a_charge(end=day(2027, 1, 1))), a_snapshot(price="basic-year"))
    life.touch(MARCH)

    assert given(life) == [1000, 200, 200]


def test_each_plan_brings_its_own() -> None:
    life = a_subscriber("basic", catalog=CATALOG)
    life.told(FEBRUARY, a_payment(a_charge("pro", FEBRUARY)))

    assert given(life) == [1000, 3000]


def test_a_month_that_was_refunded_in_full_is_not_the_first() -> None:
    life = a_subscriber("basic", catalog=CATALOG)
    life.keep(life.at(HALF).refunded("in_202601010000", 1000))
    life.told(FEBRUARY, a_payment(a_charge("basic", FEBRUARY)))

    assert given(life) == [0, 1000]


def test_the_rest_of_a_month_after_an_upgrade_is_not_the_first() -> None:
    life = a_subscriber("basic", catalog=a_catalog(NO_FREE, PRO))
    lines = a_credit("basic", HALF, FEBRUARY), a_charge("pro", HALF, FEBRUARY, prorated=True)
    life.told(HALF, a_payment(*lines, id="in_change"))
    life.told(FEBRUARY, a_payment(a_charge("pro", FEBRUARY)))

    assert given(life) == [100 + 250, 3000]


def test_a_trial_brings_none_and_the_month_after_it_does() -> None:
    ends = NEW_YEAR + timedelta(days=14)
    life = Life(a_catalog(NO_FREE, a_plan("basic", allotment=200, initial_credits=1000, trial=Trial(days=14))))
    trial = a_snapshot(anchor=ends, created_at=NEW_YEAR, trial_start=NEW_YEAR, trial_end=ends)
    life.told(NEW_YEAR, trial, a_payment(a_charge(end=ends), amount_minor=0))
    life.told(ends, a_payment(a_charge(start=ends)))

    assert given(life) == [200, 1000]
