"""The book follows the facts: slots, changes of plan, refunds, trials, packs, unlimited plans."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve

from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.catalog import Kind, Plan, Trial
from billing_core.domain.credits import Source
from billing_core.domain.following import Ledger
from billing_core.domain.openings import tally_in_progress, unplaced_spans
from billing_core.domain.subscription import Status
from billing_core.testing.builders import (
    NEW_YEAR,
    Life,
    a_catalog,
    a_charge,
    a_credit,
    a_pack,
    a_payment,
    a_plan,
    a_purchase,
    a_snapshot,
    a_subscriber,
    a_version,
    day,
)

NO_FREE = a_plan("free", rank=0, allotment=0)
FEBRUARY, MARCH = day(2026, 2, 1), day(2026, 3, 1)
HALF = NEW_YEAR + (FEBRUARY - NEW_YEAR) / 2
SOON = NEW_YEAR + timedelta(days=1)


def subscribed(plan: str = "basic", *, plans: tuple[Plan, ...] = (), since: datetime = NEW_YEAR) -> Life:
    """Somebody on a monthly plan, whose free plan gives nothing."""
    return a_subscriber(plan, since=since, catalog=a_catalog(NO_FREE, *plans))


def changes(life: Life, old: str, new: str, at: datetime, *, end: datetime = FEBRUARY, n: int = 0) -> None:
    """A change now: the unused rest is credited, the new plan's rest charged."""
    lines = (
        a_credit(old, at, end, key=f"ic_{n}_{at}"),
        a_charge(new, at, end, prorated=True, key=f"il_{n}_{at}"),
    )
    life.told(at, a_payment(*lines, id=f"in_change_{n}_{at}", amount_minor=100))
    life.told(at, a_snapshot(price=f"{new}-month", seen_at=at))


def available(account: Account) -> int:
    return account.book.available


def test_a_paid_month_brings_its_allotment() -> None:
    life = subscribed("basic")

    (grant,) = life.account.book.grants
    assert (grant.source, grant.amount, grant.expires_at) == (Source.PERIOD, 200, FEBRUARY)
    assert grant.payment_id == "in_202601010000"


def test_an_upgrade_brings_the_difference_for_the_rest_of_the_slot() -> None:
    life = subscribed("basic")
    life.spends(SOON, 200)
    changes(life, "basic", "pro", HALF)

    assert available(life.account) == 150


def test_a_downgrade_takes_the_difference_back_and_what_was_spent_is_debt() -> None:
    life = subscribed("pro")
    life.spends(SOON, 450)
    changes(life, "pro", "basic", HALF)

    assert (available(life.account), life.account.book.debt) == (0, 100)


def test_going_up_and_down_and_up_again_mints_nothing() -> None:
    life = subscribed("basic")
    for n in range(6):
        changes(life, *(("basic", "pro") if n % 2 == 0 else ("pro", "basic")), HALF, n=n)
    changes(life, "basic", "pro", HALF, n=6)

    assert available(life.account) == 350


def test_using_all_and_upgrading_on_the_last_day_brings_one_days_share() -> None:
    life = subscribed("basic")
    life.spends(SOON, 200)
    changes(life, "basic", "pro", FEBRUARY - timedelta(days=1))

    assert available(life.account) == 300 // 31


def test_a_yearly_price_brings_twelve_slots_and_not_one_lump() -> None:
    life = Life(a_catalog(NO_FREE))
    anchor = day(2024, 1, 31)
    year = a_payment(a_charge("basic", anchor, day(2025, 1, 31)))
    life.told(anchor, year, a_snapshot(price="basic-year", anchor=anchor))
    life.touch(day(2025, 1, 30))

    opened = [event.start for event in life.events if isinstance(event, e.SlotOpened)]
    granted = [event.grant.amount for event in life.events if isinstance(event, e.CreditsGranted)]
    assert granted == [200] * 12
    assert opened[:4] == [anchor, day(2024, 2, 29), day(2024, 3, 31), day(2024, 4, 30)]
    assert available(life.account) == 200


def test_an_anchor_that_moves_starts_new_slots_and_the_old_one_keeps_its_length() -> None:
    life = subscribed("basic")
    year = a_charge("basic", HALF, HALF.replace(year=2027), key="il_year")
    life.told(
        HALF,
        a_payment(a_credit("basic", HALF, FEBRUARY), year, id="in_switch"),
        a_snapshot(price="basic-year", anchor=HALF, seen_at=HALF),
    )

    slots = {(t.start, t.end): t.given for t in life.account.subscriptions[0].tallies}
    assert slots == {(NEW_YEAR, FEBRUARY): 100, (HALF, HALF.replace(month=2)): 200}
    assert available(life.account) == 300


def test_a_line_of_a_later_anchor_waits_until_that_is_known() -> None:
    lead_up = a_charge("basic", day(2026, 1, 17), FEBRUARY + timedelta(hours=5), prorated=True)
    life = Life(a_catalog(NO_FREE))
    life.told(day(2026, 1, 17), a_payment(lead_up))
    assert available(life.account) == 0

    at_5 = FEBRUARY + timedelta(hours=5)
    life.told(day(2026, 1, 17), a_snapshot(anchor=at_5, created_at=day(2026, 1, 17), seen_at=day(2026, 1, 17)))

    assert available(life.account) == 200 * (15 * 24 + 5) // (31 * 24)


def test_a_slot_that_is_paid_after_its_end_goes_into_the_slot_in_progress() -> None:
    life = subscribed("basic")
    late, april = day(2026, 3, 10), day(2026, 4, 1)
    life.told(late, a_payment(a_charge("basic", FEBRUARY)))

    (grant,) = life.account.book.grants
    assert (grant.amount, grant.period_start, grant.expires_at) == (200, MARCH, april)


def test_a_refund_takes_back_its_share_and_a_failed_one_gives_it_again() -> None:
    life = subscribed("basic")
    life.keep(life.at(SOON).refunded("in_202601010000", 500))
    assert available(life.account) == 100
    life.keep(life.at(SOON).refunded("in_202601010000", 1000))
    assert available(life.account) == 0
    life.keep(life.at(SOON).refunded("in_202601010000", 0))
    assert available(life.account) == 200


def test_a_refund_of_more_than_was_paid_takes_back_all_and_no_more() -> None:
    life = subscribed("basic")
    life.keep(life.at(SOON).refunded("in_202601010000", 9999))

    assert (available(life.account), life.account.book.debt) == (0, 0)


def test_a_refund_of_an_unknown_payment_or_told_again_changes_nothing() -> None:
    life = subscribed("basic")

    assert life.at(SOON).refunded("in_unknown", 5) == ()
    assert life.at(SOON).refunded("in_202601010000", 0) == ()


def test_credits_that_expired_unspent_are_nobodys_debt() -> None:
    life = subscribed("basic")
    life.spends(SOON, 50)
    life.touch(day(2026, 2, 10))
    life.keep(life.at(day(2026, 2, 10)).refunded("in_202601010000", 1000))
    assert life.account.book.debt == 50

    life.keep(life.at(day(2026, 2, 10)).refunded("in_202601010000", 0))
    assert available(life.account) == 0
    assert life.account.book.totals.expired == 150


def test_credits_that_came_back_from_a_hold_after_their_expiry_are_nobodys_debt_either() -> None:
    life = subscribed("basic")
    life.keep(life.at(SOON).hold(120, hold_id="h", until=None))
    later = day(2026, 2, 10)
    life.keep(life.at(later).capture("h", amount=30))
    life.keep(life.at(later).refunded("in_202601010000", 1000))

    assert life.account.book.debt == 30


def test_a_cancellation_and_a_refund_end_the_same_in_either_order() -> None:
    books = []
    ended = a_snapshot(Status.CANCELED, seen_at=HALF, ended_at=HALF)
    for refund_first in (True, False):
        life = subscribed("basic")
        if refund_first:
            life.keep(life.at(HALF).refunded("in_202601010000", 1000))
        life.told(HALF, ended)
        life.keep(life.at(HALF).refunded("in_202601010000", 1000))
        books.append((available(life.account), life.account.book.debt))

    assert books == [(0, 0), (0, 0)]


def test_a_payment_of_nothing_or_less_counts_by_its_lines() -> None:
    for amount in (0, -700):
        life = Life(a_catalog(NO_FREE))
        life.told(NEW_YEAR, a_payment(amount_minor=amount), a_snapshot())

        assert available(life.account) == 200


def test_lines_told_in_pages_are_one_payment() -> None:
    life = Life(a_catalog(NO_FREE))
    pages = a_payment(a_charge("basic")), a_payment(a_charge("basic", FEBRUARY), id="in_202601010000")
    life.told(NEW_YEAR, *pages, a_snapshot())

    (payment,) = life.account.payments
    assert [span.start for span in payment.spans] == [NEW_YEAR, FEBRUARY]


def test_a_quantity_multiplies() -> None:
    life = Life(a_catalog(NO_FREE))
    life.told(NEW_YEAR, a_payment(a_charge(quantity=3)), a_snapshot(quantity=3))

    assert available(life.account) == 600


# No more than the best plan


def test_a_change_whose_invoice_is_not_heard_of_yet_gives_nothing_twice() -> None:
    life = subscribed("basic")
    there = a_credit("basic", SOON, FEBRUARY), a_charge("premium", SOON, FEBRUARY, prorated=True)
    back = a_credit("premium", SOON, FEBRUARY), a_charge("basic", SOON, FEBRUARY, key="il_back", prorated=True)

    life.told(SOON, a_payment(*back, id="in_back"))
    assert available(life.account) == 200

    life.told(SOON, a_payment(*there, id="in_there"))
    assert (available(life.account), life.account.book.debt) == (200, 0)


def test_a_second_charge_of_more_units_gives_as_many_as_it_charges_for() -> None:
    life = subscribed("basic")
    life.told(SOON, a_payment(a_charge(quantity=3, key="il_three"), id="in_three"))

    assert available(life.account) == 600


def test_initial_credits_stay_beside_a_charge_that_nothing_credits_yet() -> None:
    life = subscribed("basic", plans=(INITIAL,))
    life.told(SOON, a_payment(a_charge(key="il_twice"), id="in_twice"))

    assert available(life.account) == 1000


def test_packs_of_one_subscription_add_up() -> None:
    life = Life(a_catalog(NO_FREE))
    lines = (a_charge("drip", NEW_YEAR, key=f"il_{n}", kind=Kind.PACK) for n in range(2))
    life.told(NEW_YEAR, a_payment(*lines), a_snapshot(price="drip-price"))

    assert available(life.account) == 100


def test_a_pack_that_gives_more_than_the_plan_beside_it_counts_once() -> None:
    life = Life(a_catalog(NO_FREE, packs=(a_pack("drip", gives=300),)))
    life.told(NEW_YEAR, a_payment(a_charge(), a_charge("drip", kind=Kind.PACK)), a_snapshot())
    life.told(SOON, a_payment(a_charge(key="il_twice"), id="in_twice"))

    assert available(life.account) == 200 + 300


# Initial credits


INITIAL = a_plan("basic", allotment=200, initial_credits=1000)


def test_initial_credits_stand_in_for_the_first_paid_slot_and_do_not_expire() -> None:
    life = subscribed("basic", plans=(INITIAL,))
    (grant,) = life.account.book.grants
    assert (grant.source, grant.amount, grant.expires_at) == (Source.INITIAL, 1000, None)

    life.told(FEBRUARY, a_payment(a_charge("basic", FEBRUARY)))
    assert [(g.source, g.amount) for g in life.account.book.grants] == [(Source.INITIAL, 1000), (Source.PERIOD, 200)]


def test_initial_credits_last_as_long_as_the_catalog_says() -> None:
    life = subscribed("basic", plans=(evolve(INITIAL, initial_lasts=timedelta(days=90)),))

    assert life.account.book.grants[0].expires_at == NEW_YEAR + timedelta(days=90)


@pytest.mark.failure("E11")
def test_initial_credits_come_once_per_plan_also_with_a_new_subscription() -> None:
    life = subscribed("basic", plans=(INITIAL,))
    life.told(HALF, a_snapshot(Status.CANCELED, seen_at=HALF, ended_at=HALF))
    again = a_charge("basic", MARCH)
    life.told(MARCH, a_payment(again, subscription_id="sub_2"), a_snapshot(id="sub_2", anchor=MARCH))

    assert available(life.account) == 1000 + 200


@pytest.mark.failure("E11")
def test_initial_credits_do_not_come_again_when_the_first_time_is_forgotten() -> None:
    life = subscribed("basic", plans=(INITIAL,))
    life.told(HALF, a_snapshot(Status.CANCELED, seen_at=HALF, ended_at=HALF))
    later = day(2027, 6, 1)
    first = a_charge("basic", later)
    for start in (later, day(2027, 7, 1)):
        life.told(start, a_payment(a_charge("basic", start), subscription_id="sub_2"))
        life.told(start, a_snapshot(id="sub_2", anchor=first.start, seen_at=start))

    assert available(life.account) == 1000 + 200


def test_a_whole_refund_takes_initial_credits_back() -> None:
    life = subscribed("basic", plans=(INITIAL,))
    life.keep(life.at(SOON).refunded("in_202601010000", 1000))

    assert (available(life.account), life.account.book.debt) == (0, 0)


def test_initial_credits_stay_when_the_plan_is_upgraded() -> None:
    life = subscribed("basic", plans=(INITIAL,))
    changes(life, "basic", "pro", HALF)

    assert available(life.account) == 1000 - 100 + 250


def test_which_slot_was_first_does_not_depend_on_which_was_told_first() -> None:
    life = Life(a_catalog(NO_FREE, INITIAL))
    life.touch(NEW_YEAR)
    payments = [a_payment(a_charge("basic", FEBRUARY)), a_payment(a_charge("basic", NEW_YEAR))]
    life.told(FEBRUARY, a_snapshot(seen_at=FEBRUARY))
    for payment in payments:
        life.told(FEBRUARY, payment)

    assert available(life.account) == 1000 + 200
    assert [tally.given for tally in life.account.subscriptions[0].tallies] == [200, 1000]


# Trials


def in_trial(days: int, *, credits_: int | None = None) -> Life:
    plan = a_plan("basic", allotment=200, trial=Trial(days=days, credits=credits_))
    life = Life(a_catalog(NO_FREE, plan))
    end = NEW_YEAR + timedelta(days=days)
    trial = a_snapshot(Status.TRIALING, anchor=end, created_at=NEW_YEAR, trial_start=NEW_YEAR, trial_end=end)
    free_of_charge = a_charge("basic", NEW_YEAR, end, key="il_trial")
    life.told(NEW_YEAR, a_payment(free_of_charge, amount_minor=0), trial)
    return life


def test_a_trial_has_slots_from_its_start_the_last_one_cut_at_its_end() -> None:
    life = in_trial(40)
    life.touch(day(2026, 2, 9))

    assert [(t.start, t.end) for t in life.account.subscriptions[0].tallies] == [
        (NEW_YEAR, FEBRUARY),
        (FEBRUARY, NEW_YEAR + timedelta(days=40)),
    ]


def test_a_trial_gives_the_plans_allotment_unless_the_catalog_sets_its_own() -> None:
    assert available(in_trial(14).account) == 200
    assert available(in_trial(14, credits_=25).account) == 25


def test_a_trials_credits_end_with_it_at_the_instant_that_was_named() -> None:
    life = in_trial(14)
    held = life.at(NEW_YEAR + timedelta(days=14))

    assert available(held.account) == 0
    assert held.in_force.plan.key == "free"
    assert life.at(NEW_YEAR + timedelta(days=13)).in_force.plan.key == "basic"


def test_a_trial_that_converts_goes_on_from_its_end() -> None:
    life = in_trial(14)
    end = NEW_YEAR + timedelta(days=14)
    life.told(end, a_payment(a_charge("basic", end)), a_snapshot(anchor=end, created_at=NEW_YEAR, seen_at=end))

    assert available(life.account) == 200


@pytest.mark.failure("E11")
def test_a_second_trial_gives_no_credits_whichever_was_told_first() -> None:
    end, second = NEW_YEAR + timedelta(days=14), SOON + timedelta(days=14)
    facts = [
        (a_snapshot(Status.TRIALING, anchor=end, trial_start=NEW_YEAR, trial_end=end), NEW_YEAR, end, "sub_1"),
        (
            a_snapshot(Status.TRIALING, id="sub_2", anchor=second, trial_start=SOON, trial_end=second),
            SOON,
            second,
            "sub_2",
        ),
    ]
    for told in (facts, facts[::-1]):
        life = Life(a_catalog(NO_FREE, a_plan("basic", allotment=200, trial=Trial(days=14))))
        for snapshot, start, stop, sub in told:
            line = a_charge("basic", start, stop, key=f"il_{sub}")
            life.told(SOON, snapshot, a_payment(line, id=f"in_{sub}", amount_minor=0, subscription_id=sub))

        assert available(life.account) == 200
        assert life.account.trialed == "sub_1"


def test_the_first_trial_stays_the_first_when_it_is_forgotten() -> None:
    life = in_trial(14)
    end = NEW_YEAR + timedelta(days=14)
    life.told(end, a_snapshot(Status.CANCELED, seen_at=end, ended_at=end, trial_start=NEW_YEAR, trial_end=end))
    later = day(2027, 6, 1)
    stop = later + timedelta(days=14)
    for n in (1, 2):
        again = a_snapshot(
            Status.TRIALING, id="sub_2", anchor=stop, created_at=later, seen_at=later, trial_start=later, trial_end=stop
        )
        line = a_charge("basic", later, stop, key="il_again")
        life.told(later + n * timedelta(hours=1), again, a_payment(line, subscription_id="sub_2", amount_minor=0))

    assert life.account.subscription("sub_1") is None
    assert (life.account.trialed, available(life.account)) == ("sub_1", 0)


# Packs


def test_a_pack_is_kept_until_it_is_spent_and_burnt_last() -> None:
    life = subscribed("basic")
    life.told(SOON, a_purchase("boost", paid_at=SOON, quantity=2))
    life.spends(SOON, 210)
    life.told(SOON, a_snapshot(Status.CANCELED, seen_at=SOON, ended_at=SOON))

    assert available(life.account) == 190


def test_each_of_several_packs_gives_its_own() -> None:
    life = Life(a_catalog(NO_FREE))
    life.told(NEW_YEAR, a_purchase())
    life.told(SOON, a_purchase(paid_at=SOON, quantity=2))

    assert available(life.account) == 100 + 200


def test_a_pack_lasts_as_long_as_the_catalog_says() -> None:
    brief = a_pack("boost", lasts=timedelta(days=10))
    life = Life(a_catalog(NO_FREE, packs=(brief,)))
    life.told(NEW_YEAR, a_purchase())

    assert available(life.at(NEW_YEAR + timedelta(days=10)).account) == 0


def test_a_refunded_pack_is_taken_back_by_its_share_rounded_down() -> None:
    life = Life(a_catalog(NO_FREE))
    life.told(NEW_YEAR, a_purchase())
    life.spends(SOON, 90)
    bought = life.account.payments[0].id
    life.keep(life.at(SOON).refunded(bought, 167))

    assert (available(life.account), life.account.book.debt) == (0, 24)
    life.keep(life.at(SOON).refunded(bought, 0))
    assert (available(life.account), life.account.book.debt) == (10, 0)


def test_a_pack_that_expired_and_is_refunded_is_no_debt_and_a_failed_refund_brings_nothing_back() -> None:
    brief = a_pack("boost", lasts=timedelta(days=10))
    life = Life(a_catalog(NO_FREE, packs=(brief,)))
    life.told(NEW_YEAR, a_purchase())
    bought, later = life.account.payments[0].id, day(2026, 1, 20)
    life.touch(later)
    for refunded in (500, 0):
        life.keep(life.at(later).refunded(bought, refunded))

        assert (available(life.account), life.account.book.debt) == (0, 0)


def test_a_recurring_pack_has_slots_of_its_own_and_gives_no_plan() -> None:
    life = subscribed("basic")
    line = a_charge("drip", SOON, day(2026, 2, 2), kind=Kind.PACK)
    told = a_snapshot(id="sub_2", price="drip-price", anchor=SOON)
    life.told(SOON, a_payment(line, subscription_id="sub_2"), told)

    assert available(life.account) == 250
    assert life.at(SOON).in_force.plan.key == "basic"
    assert available(life.touch(day(2026, 2, 20))) == 50


def test_a_recurring_pack_lasts_as_long_as_the_catalog_says() -> None:
    drip = a_pack("drip", gives=50, lasts=timedelta(days=3))
    life = Life(a_catalog(NO_FREE, packs=(drip,)))
    line = a_charge("drip", kind=Kind.PACK)
    life.told(NEW_YEAR, a_payment(line), a_snapshot(price="drip-price"))

    assert available(life.at(NEW_YEAR + timedelta(days=3)).account) == 0


# Debt


def test_debt_is_settled_from_whatever_comes_and_before_anything_else() -> None:
    life = subscribed("basic")
    life.spends(SOON, 150)
    life.keep(life.at(SOON).refunded("in_202601010000", 1000))
    assert life.account.book.debt == 150

    life.told(SOON, a_purchase("boost", paid_at=SOON))
    assert (available(life.account), life.account.book.debt) == (0, 50)
    life.keep(life.at(SOON).adjust(60, adjustment_id="1", reason="sorry"))
    assert (available(life.account), life.account.book.debt) == (10, 0)


def test_debt_leaves_held_credits_alone_and_is_settled_from_what_is_released() -> None:
    life = subscribed("basic")
    life.keep(life.at(SOON).hold(120, hold_id="h", until=None))
    life.keep(life.at(SOON).refunded("in_202601010000", 1000))
    assert (life.account.book.debt, life.account.book.held) == (120, 120)

    life.keep(life.at(SOON).capture("h", amount=20))
    assert (life.account.book.debt, available(life.account)) == (20, 0)


def test_an_operator_may_forgive_debt_and_there_must_be_some() -> None:
    life = subscribed("basic")
    assert life.at(SOON).forgive(reason="kind") == ()
    life.spends(SOON, 150)
    life.keep(life.at(SOON).refunded("in_202601010000", 1000))
    forgiven = life.keep(life.at(SOON).forgive(reason="kind"))

    assert forgiven == (e.DebtForgiven(at=SOON, amount=150, reason="kind"),)
    assert (life.account.book.debt, life.account.book.totals.forgiven) == (0, 150)


# Unlimited


def test_moving_to_an_unlimited_plan_makes_no_debt_and_what_is_short_is_written_off_at_the_slots_end() -> None:
    life = subscribed("basic")
    life.spends(SOON, 200)
    changes(life, "basic", "premium", HALF)
    assert (life.account.book.debt, life.account.subscriptions[0].tallies[0].shortfall) == (0, 100)

    life.touch(FEBRUARY)
    assert life.account.subscriptions[0].tallies[0].shortfall == 0
    assert life.account.book.totals.written_off == 100


def test_a_later_rise_fills_the_shortfall_first() -> None:
    life = subscribed("basic")
    life.spends(SOON, 200)
    changes(life, "basic", "premium", HALF)
    changes(life, "premium", "pro", HALF, n=1)

    assert (available(life.account), life.account.book.debt) == (150, 0)


def test_a_later_finite_plan_turns_what_is_still_short_into_debt() -> None:
    life = subscribed("pro")
    life.spends(SOON, 500)
    changes(life, "pro", "premium", HALF)
    changes(life, "premium", "basic", HALF, n=1)

    assert (available(life.account), life.account.book.debt) == (0, 150)


def test_debt_of_a_slot_that_turns_out_to_be_unlimited_is_let_go() -> None:
    life = subscribed("pro")
    life.spends(SOON, 500)
    changes(life, "pro", "basic", HALF)
    assert life.account.book.debt == 150
    changes(life, "basic", "premium", HALF + timedelta(hours=1))

    assert life.account.book.debt == 0
    assert life.account.book.totals.forgiven == 150


def test_debt_that_was_settled_before_the_slot_turned_out_to_be_unlimited_comes_back() -> None:
    life = subscribed("pro")
    life.spends(SOON, 500)
    changes(life, "pro", "basic", HALF)
    life.told(HALF, a_purchase("boost", paid_at=HALF, quantity=3))
    assert (available(life.account), life.account.book.debt) == (150, 0)
    changes(life, "basic", "premium", HALF + timedelta(hours=1))

    assert (available(life.account), life.account.book.debt) == (300, 0)


def test_debt_of_which_some_was_settled_is_partly_let_go_and_partly_comes_back() -> None:
    life = subscribed("pro")
    life.spends(SOON, 500)
    changes(life, "pro", "basic", HALF)
    life.told(HALF, a_purchase("boost", paid_at=HALF))
    assert (available(life.account), life.account.book.debt) == (0, 50)
    changes(life, "basic", "premium", HALF + timedelta(hours=1))

    assert (available(life.account), life.account.book.debt) == (100, 0)


def refunded_and_moved_up(*, release_first: bool) -> Life:
    """Of a free plan's 10 and a paid month's 200, 52 are held, 42 of them the month's; then all comes back."""
    life = a_subscriber("basic")
    life.keep(life.at(SOON).hold(52, hold_id="h", until=None))
    life.keep(life.at(SOON).refunded("in_202601010000", 1000))
    if release_first:
        life.keep(life.at(SOON).release("h"))
    changes(life, "basic", "premium", SOON)
    if not release_first:
        life.keep(life.at(SOON).release("h"))
    return life


def test_what_comes_back_to_a_short_slot_fills_it_so_only_what_was_spent_is_excused() -> None:
    life = subscribed("basic")
    life.keep(life.at(SOON).hold(50, hold_id="h", until=None))
    life.keep(life.at(SOON).hold(20, hold_id="brief", until=HALF))
    life.keep(life.at(SOON).refunded("in_202601010000", 1000))
    changes(life, "basic", "premium", SOON)
    shortfalls = [life.account.subscriptions[0].tallies[0].shortfall]
    life.keep(life.at(SOON).capture("h", amount=30))
    shortfalls.append(life.account.subscriptions[0].tallies[0].shortfall)
    life.touch(HALF)
    shortfalls.append(life.account.subscriptions[0].tallies[0].shortfall)

    assert shortfalls == [70, 50, 30]
    assert (available(life.account), life.account.book.debt) == (0, 0)


def test_what_comes_back_before_a_move_to_an_unlimited_plan_is_excused_no_more_than_what_comes_back_after() -> None:
    for release_first in (True, False):
        life = refunded_and_moved_up(release_first=release_first)

        assert (available(life.account), life.account.book.debt) == (10, 0)


def test_a_refund_of_an_unlimited_plan_that_is_undone_leaves_what_was_there_before_it() -> None:
    life = refunded_and_moved_up(release_first=False)
    change = life.account.payments[-1].id
    for refunded, plan in ((100, "free"), (0, "premium")):
        life.keep(life.at(SOON).refunded(change, refunded))

        assert life.at(SOON).in_force.plan.key == plan
        assert (available(life.account), life.account.book.debt) == (10, 0)


def test_debt_of_another_slot_is_the_same_whichever_of_two_changes_was_told_first() -> None:
    year, later = HALF.replace(year=2027), HALF + timedelta(hours=1)
    first_line = a_charge("pro", HALF, year, key="il_year")
    second_line = a_charge("premium", later, year, key="il_endless", prorated=True)
    switch = a_payment(a_credit("basic", HALF, FEBRUARY), first_line, id="in_1", paid_at=HALF)
    endless = a_payment(a_credit("pro", later, year), second_line, id="in_2", paid_at=later)
    debts = []
    for facts in ((switch, endless), (endless, switch)):
        life = subscribed("basic")
        life.spends(SOON, 150)
        life.keep(life.at(SOON).refunded("in_202601010000", 1000))
        for fact in facts:
            life.told(later, fact)
        life.told(later, a_snapshot(price="premium-year", anchor=HALF, seen_at=later))
        debts.append(life.account.book.debt)

    assert debts == [150, 150]


# What was bought stays what it was


def test_a_subscription_keeps_the_catalog_of_its_creation() -> None:
    first = a_version(plans=(NO_FREE, a_plan("basic", allotment=200)))
    second = a_version(number=2, since=SOON, plans=(NO_FREE, a_plan("basic", allotment=50)))
    life = Life(evolve(a_catalog(), versions=(first, second)))
    for start in (NEW_YEAR, FEBRUARY):
        life.told(start, a_payment(a_charge("basic", start)), a_snapshot(seen_at=start))

    assert available(life.touch(day(2026, 2, 15))) == 200


def test_the_version_that_the_subscription_tells_counts_also_for_what_was_paid_before() -> None:
    first = a_version(plans=(NO_FREE, a_plan("basic", allotment=200)))
    second = a_version(number=2, since=SOON, plans=(NO_FREE, a_plan("basic", allotment=50)))
    life = Life(evolve(a_catalog(), versions=(first, second)))
    life.told(FEBRUARY, a_payment(a_charge("basic", FEBRUARY)))
    assert available(life.account) == 50
    life.told(FEBRUARY, a_snapshot(created_at=NEW_YEAR, seen_at=FEBRUARY))

    assert available(life.account) == 200


# What others ask


def test_a_line_that_counts_in_no_slot_is_named() -> None:
    lead_up = a_charge("basic", day(2026, 1, 17), FEBRUARY, prorated=True)
    life = Life(a_catalog(NO_FREE))
    life.told(day(2026, 1, 17), a_payment(lead_up))
    sub = life.account.subscriptions[0]
    assert unplaced_spans(life.account, sub) == (lead_up,)

    life.told(day(2026, 1, 17), a_snapshot(anchor=FEBRUARY, seen_at=day(2026, 1, 17)))
    assert unplaced_spans(life.account, life.account.subscriptions[0]) == ()


def test_the_slot_in_progress_is_the_later_one_where_an_anchor_moved() -> None:
    life = subscribed("basic")
    assert tally_in_progress(life.account, "sub_2", HALF) is None
    assert tally_in_progress(life.account, "sub_1", FEBRUARY) is None
    life.told(HALF, a_payment(a_charge("basic", HALF, HALF.replace(year=2027)), id="in_switch"))
    running = tally_in_progress(life.account, "sub_1", HALF)

    assert running is not None
    assert running.start == HALF


def test_what_was_forgotten_meanwhile_is_not_mended() -> None:
    life = subscribed("basic")
    life.told(day(2026, 12, 1), a_snapshot(seen_at=day(2026, 12, 1)), a_payment(a_charge("basic", day(2026, 12, 1))))

    assert [tally.start for tally in life.account.subscriptions[0].tallies] == [day(2026, 12, 1)]
    assert Ledger(life.account, life.catalog, FEBRUARY).corrections("slot:of:old") == ()


def test_slots_that_differ_by_less_than_a_second_share_a_tally() -> None:
    life = subscribed("basic")
    a_moment = timedelta(microseconds=1)
    life.told(SOON, a_payment(a_charge("basic", NEW_YEAR + a_moment, FEBRUARY + a_moment), id="in_again"))

    assert len(life.account.subscriptions[0].tallies) == 1


def test_what_comes_back_of_a_hold_is_told_apart_grant_by_grant() -> None:
    life = subscribed("basic")
    life.keep(life.at(SOON).adjust(10, adjustment_id="1", reason="a gift"))
    life.keep(life.at(SOON).hold(205, hold_id="h", until=None))
    life.touch(MARCH)
    life.keep(life.at(MARCH).release("h"))

    (tally,) = life.account.subscriptions[0].tallies
    assert (tally.expired, life.account.book.available) == (200, 10)
