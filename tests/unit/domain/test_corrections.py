"""What is told when a slot or a purchase is mended: each fall and each rise once, with all of its amount."""

from datetime import datetime, timedelta

import pytest

from billing_core.domain import events as e
from billing_core.domain.calendar import stamp
from billing_core.domain.credits import Source, Take
from billing_core.domain.subscription import Status
from billing_core.testing.builders import (
    NEW_YEAR,
    Life,
    a_catalog,
    a_charge,
    a_credit,
    a_payment,
    a_plan,
    a_purchase,
    a_snapshot,
    a_subscriber,
    day,
)

NO_FREE = a_plan("free", rank=0, allotment=0)
SOON, FEBRUARY = NEW_YEAR + timedelta(days=1), day(2026, 2, 1)
HALF = NEW_YEAR + (FEBRUARY - NEW_YEAR) / 2
LAST_QUARTER, LATE = HALF + (FEBRUARY - HALF) / 2, day(2026, 2, 10)
SLOT = f"slot:sub_1:{stamp(NEW_YEAR)}:{stamp(FEBRUARY)}"
PAID, BOUGHT = "in_202601010000", "pi_boost_202601010000"
MENDING = (
    e.CreditsGranted,
    e.CreditsRevoked,
    e.DebtIncurred,
    e.DebtForgiven,
    e.DebtReturned,
    e.DebtSettled,
    e.GrantExpired,
    e.ShortfallLeft,
    e.ShortfallFilled,
    e.ShortfallWrittenOff,
)


def subscribed(plan: str = "basic") -> Life:
    return a_subscriber(plan, catalog=a_catalog(NO_FREE))


def mended(told: tuple[e.Event, ...]) -> list[e.Event]:
    """What was told beside the facts themselves."""
    return [event for event in told if isinstance(event, MENDING)]


def changes(life: Life, old: str, new: str, at: datetime) -> list[e.Event]:
    """A change now: the unused rest is credited, the new plan's rest charged."""
    lines = a_credit(old, at, FEBRUARY), a_charge(new, at, FEBRUARY, prorated=True)
    return mended(life.told(at, a_payment(*lines, id=f"in_{new}", paid_at=at)))


def refunds(life: Life, payment_id: str, refunded: int, at: datetime) -> list[e.Event]:
    return mended(life.keep(life.at(at).refunded(payment_id, refunded)))


def test_what_an_unlimited_plan_leaves_short_waits_until_it_is_filled_or_owed_under_a_finite_one() -> None:
    life = subscribed("pro")
    life.spends(SOON, 500)

    assert changes(life, "pro", "premium", HALF) == [e.ShortfallLeft(at=HALF, tally=SLOT, amount=250)]
    assert changes(life, "premium", "basic", LAST_QUARTER) == [
        e.ShortfallFilled(at=LAST_QUARTER, tally=SLOT, amount=50),
        e.DebtIncurred(at=LAST_QUARTER, tally=SLOT, amount=200, from_shortfall=True),
    ]


def test_what_a_rise_gives_beyond_what_was_short_is_new() -> None:
    life = subscribed("basic")
    life.spends(SOON, 200)
    changes(life, "basic", "premium", HALF)

    filled, given = changes(life, "premium", "pro", HALF)
    assert filled == e.ShortfallFilled(at=HALF, tally=SLOT, amount=100)
    assert isinstance(given, e.CreditsGranted)
    assert (given.grant.source, given.counted) == (Source.PERIOD, 150)


def test_what_was_given_after_the_end_and_is_owed_comes_back_as_new_credits() -> None:
    life = subscribed("basic")
    life.spends(SOON, 200)
    more = a_payment(a_charge("basic", quantity=2, key="il_more"), id="in_more")
    life.told(LATE, more)
    life.spends(LATE, 200, hold_id="more")
    assert refunds(life, "in_more", 1000, LATE) == [e.DebtIncurred(at=LATE, tally=SLOT, amount=200)]

    given, paid = refunds(life, "in_more", 0, LATE)
    assert isinstance(given, e.CreditsGranted)
    assert (given.grant.source, given.counted) == (Source.PERIOD, 200)
    assert paid == e.DebtSettled(at=LATE, takes=(Take(given.grant.id, 200),))


def test_what_is_short_is_owed_under_a_finite_plan_that_gives_nothing() -> None:
    life = a_subscriber("pro", catalog=a_catalog(NO_FREE, a_plan("rest", rank=4, allotment=0)))
    life.spends(SOON, 500)
    changes(life, "pro", "premium", HALF)

    assert changes(life, "premium", "rest", HALF) == [
        e.DebtIncurred(at=HALF, tally=SLOT, amount=250, from_shortfall=True)
    ]


@pytest.mark.parametrize("told_at", [FEBRUARY, LATE])
def test_debt_stays_owed_where_its_slot_turns_out_after_its_end_to_have_been_unlimited(told_at: datetime) -> None:
    life = subscribed("pro")
    life.spends(SOON, 500)
    assert changes(life, "pro", "basic", HALF) == [e.DebtIncurred(at=HALF, tally=SLOT, amount=150)]
    lines = a_credit("basic", LAST_QUARTER, FEBRUARY), a_charge("premium", LAST_QUARTER, FEBRUARY, prorated=True)
    life.touch(told_at)
    told = mended(life.told(told_at, a_payment(*lines, id="in_late")))

    assert told == [
        e.ShortfallLeft(at=told_at, tally=SLOT, amount=50),
        e.ShortfallWrittenOff(at=told_at, tally=SLOT, amount=50),
    ]
    assert life.account.book.debt == 150


def test_an_unlimited_plan_whose_charge_is_refunded_excuses_nothing() -> None:
    life = subscribed("pro")
    life.spends(SOON, 500)
    charge = a_payment(a_charge("premium", HALF, FEBRUARY, prorated=True), id="in_premium")
    told = mended(life.told(HALF, charge, a_payment(a_credit("pro", HALF, FEBRUARY), id="in_pro")))

    assert told == [e.ShortfallLeft(at=HALF, tally=SLOT, amount=250)]
    assert refunds(life, "in_premium", 1000, HALF) == [
        e.DebtIncurred(at=HALF, tally=SLOT, amount=250, from_shortfall=True)
    ]


def test_what_is_still_short_at_the_end_of_its_slot_is_let_go() -> None:
    life = subscribed("basic")
    life.spends(SOON, 200)
    changes(life, "basic", "premium", HALF)

    assert mended(life.at(FEBRUARY).due) == [e.ShortfallWrittenOff(at=FEBRUARY, tally=SLOT, amount=100)]


def whose_month_paid_a_debt(then: int) -> Life:
    """Somebody whose basic month paid 30 of debt and is spent, and who may move on to a plan `plus` that gives that."""
    life = Life(a_catalog(NO_FREE, a_plan("plus", rank=4, allotment=then)))
    life.told(NEW_YEAR, a_purchase())
    life.spends(NEW_YEAR, 100)
    assert refunds(life, BOUGHT, 150, NEW_YEAR) == [
        e.DebtIncurred(at=NEW_YEAR, tally=f"pack:{BOUGHT}", amount=30),
    ]
    paid = e.DebtSettled(at=NEW_YEAR, takes=(Take(f"{SLOT}:0", 30),))
    assert mended(life.told(NEW_YEAR, a_payment(), a_snapshot()))[1:] == [paid]
    life.spends(SOON, 170, hold_id="the rest")
    return life


def test_what_the_credits_of_a_slot_have_paid_of_a_debt_is_owed_under_an_unlimited_plan_too() -> None:
    life = whose_month_paid_a_debt(then=320)

    assert changes(life, "basic", "premium", HALF) == [
        e.DebtIncurred(at=HALF, tally=SLOT, amount=30),
        e.ShortfallLeft(at=HALF, tally=SLOT, amount=70),
    ]
    filled, *returned = changes(life, "premium", "plus", LAST_QUARTER)
    assert filled == e.ShortfallFilled(at=LAST_QUARTER, tally=SLOT, amount=70)
    assert [event.grant.amount for event in returned if isinstance(event, e.CreditsGranted)] == [10]
    assert life.account.book.debt == 20


def test_what_is_short_is_owed_beside_what_is_owed_already() -> None:
    life = whose_month_paid_a_debt(then=0)
    changes(life, "basic", "premium", HALF)

    assert changes(life, "premium", "plus", LAST_QUARTER) == [
        e.DebtIncurred(at=LAST_QUARTER, tally=SLOT, amount=70, from_shortfall=True)
    ]


def test_what_comes_back_to_a_slot_that_is_short_is_taken_and_fills_it() -> None:
    life = subscribed("basic")
    life.keep(life.at(SOON).hold(120, hold_id="h", until=None))
    refunds(life, PAID, 1000, SOON)
    changes(life, "basic", "premium", SOON)
    life.keep(life.at(HALF).release("h"))

    assert mended(tuple(life.events[-2:])) == [
        e.CreditsRevoked(at=HALF, tally=SLOT, takes=(Take(f"{SLOT}:0", 120),)),
        e.ShortfallFilled(at=HALF, tally=SLOT, amount=120),
    ]


def test_a_fall_takes_what_was_given_last_first() -> None:
    life = subscribed("basic")
    changes(life, "basic", "pro", HALF)

    assert refunds(life, PAID, 500, HALF) == [
        e.CreditsRevoked(at=HALF, tally=SLOT, takes=(Take(f"{SLOT}:1", 100),)),
    ]
    assert refunds(life, PAID, 1000, HALF) == [
        e.CreditsRevoked(at=HALF, tally=SLOT, takes=(Take(f"{SLOT}:1", 50), Take(f"{SLOT}:0", 50))),
    ]


def test_what_expired_unspent_is_taken_before_anything_is_owed_and_comes_back_as_expired() -> None:
    life = subscribed("basic")
    life.spends(SOON, 50)
    life.touch(LATE)

    assert refunds(life, PAID, 1000, LATE) == [
        e.CreditsRevoked(at=LATE, tally=SLOT, takes=(), expired=150),
        e.DebtIncurred(at=LATE, tally=SLOT, amount=50),
    ]
    returned, paid, expired = refunds(life, PAID, 0, LATE)
    assert isinstance(returned, e.CreditsGranted)
    assert (returned.grant.source, returned.counted) == (Source.RETURNED, 50)
    assert paid == e.DebtSettled(at=LATE, takes=(Take(f"{SLOT}:1", 50),))
    assert expired == e.CreditsRevoked(at=LATE, tally=SLOT, takes=(), expired=-150)


def test_credits_of_a_subscription_that_has_ended_are_told_and_gone_at_once() -> None:
    life = Life(a_catalog(NO_FREE))
    life.touch(NEW_YEAR)
    life.told(SOON, a_snapshot(Status.CANCELED, seen_at=SOON, ended_at=HALF))

    given, gone = mended(life.told(LATE, a_payment()))
    assert isinstance(given, e.CreditsGranted)
    assert (given.at, given.counted, given.initial_of) == (LATE, 200, None)
    assert gone == e.GrantExpired(at=LATE, grant_id=f"{SLOT}:0", amount=200)


def test_initial_credits_name_their_plan() -> None:
    catalog = a_catalog(NO_FREE, a_plan("basic", initial_credits=1000))
    life = a_subscriber("basic", catalog=catalog)

    (given,) = mended(tuple(life.events))
    assert isinstance(given, e.CreditsGranted)
    assert (given.at, given.counted, given.initial_of) == (NEW_YEAR, 1000, "basic")
