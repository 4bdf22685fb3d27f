"""What is due by a moment, in the order of its instants, without a cron job."""

from datetime import timedelta

import pytest
from hypothesis import given

from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt
from billing_core.domain.accrual import next_due_at
from billing_core.domain.catalog import UNLIMITED, Limit
from billing_core.domain.credits import Take
from billing_core.domain.subscription import Status
from billing_core.domain.values import changed
from billing_core.testing.builders import (
    NEW_YEAR,
    Life,
    a_catalog,
    a_charge,
    a_payment,
    a_plan,
    a_snapshot,
    a_subscriber,
    day,
)
from billing_core.testing.histories import History
from tests.lives import Doing, ended, lived, lives

NO_FREE = a_plan("free", rank=0, allotment=0)
FEBRUARY, MARCH = day(2026, 2, 1), day(2026, 3, 1)
SOON = NEW_YEAR + timedelta(days=1)


def free_starts(life: Life) -> list[int]:
    return [event.start.month for event in life.events if isinstance(event, e.FreeSlotGranted)]


# The free plan


def test_an_account_is_opened_by_its_first_decision_and_its_free_slots_are_counted_from_there() -> None:
    life = Life()
    life.touch(day(2026, 1, 31, 12))
    life.touch(day(2026, 3, 31, 12))

    assert [event.at for event in life.events if isinstance(event, e.FreeSlotGranted)] == [
        day(2026, 1, 31, 12),
        day(2026, 2, 28, 12),
        day(2026, 3, 31, 12),
    ]
    assert life.account.book.available == 10


def test_a_free_slot_is_not_due_while_a_plan_is_paid_for_and_due_when_that_ends() -> None:
    life = a_subscriber("basic")
    ends = day(2026, 2, 20)
    life.told(SOON, a_snapshot(seen_at=SOON, cancel_at=ends))
    life.touch(MARCH)

    free = [(event.at, event.start) for event in life.events if isinstance(event, e.FreeSlotGranted)]
    assert free == [(NEW_YEAR, NEW_YEAR), (ends, FEBRUARY), (MARCH, MARCH)]


def test_a_free_slot_is_due_when_an_unpaid_plans_grace_is_over_also_where_nothing_else_is() -> None:
    life = a_subscriber("premium")
    unpaid, grace_ends = FEBRUARY + timedelta(hours=1), FEBRUARY + timedelta(days=3)
    life.told(unpaid, a_snapshot(Status.PAST_DUE, price="premium-month", seen_at=unpaid, period_start=FEBRUARY))
    assert next_due_at(life.account, life.catalog) == grace_ends

    (granted,) = life.at(MARCH - timedelta(days=1)).due
    assert isinstance(granted, e.FreeSlotGranted)
    assert (granted.at, granted.start, granted.end) == (grace_ends, FEBRUARY, MARCH)


def test_a_free_slot_is_granted_once_however_often_the_plan_ends() -> None:
    life = a_subscriber("basic")
    for n, at in enumerate((day(2026, 1, 10), day(2026, 1, 20))):
        life.told(at, a_snapshot(Status.CANCELED, id=f"sub_{n + 1}", seen_at=at, ended_at=at))
        line = a_charge("basic", at)
        life.told(at, a_payment(line, subscription_id=f"sub_{n + 2}"), a_snapshot(id=f"sub_{n + 2}", anchor=at))

    assert free_starts(life) == [1]


def test_free_credits_stay_until_they_expire_when_somebody_subscribes() -> None:
    life = a_subscriber("basic")

    assert life.account.book.available == 210
    assert life.at(FEBRUARY).account.book.available == 200


@pytest.mark.parametrize("allotment", [0, UNLIMITED])
def test_a_free_plan_that_gives_nothing_or_everything_has_no_slots(allotment: Limit) -> None:
    life = Life(a_catalog(a_plan("free", rank=0, allotment=allotment)))
    life.touch(NEW_YEAR)
    life.touch(MARCH)

    assert free_starts(life) == []


def test_every_slot_that_was_missed_is_told_also_those_that_are_gone() -> None:
    life = Life()
    life.touch(NEW_YEAR)
    life.touch(day(2026, 4, 1))

    assert free_starts(life) == [1, 2, 3, 4]
    assert [event.amount for event in life.events if isinstance(event, e.GrantExpired)] == [10, 10, 10]


# What expires, ends and lapses


def test_a_period_grant_stays_through_grace_while_its_renewal_is_awaited() -> None:
    life = a_subscriber("basic", catalog=a_catalog(NO_FREE))

    assert life.at(FEBRUARY + timedelta(days=3) - timedelta(seconds=1)).account.book.available == 200
    assert life.at(FEBRUARY + timedelta(days=3)).account.book.available == 0


def test_a_period_grant_goes_when_the_next_slot_is_granted() -> None:
    life = a_subscriber("basic", catalog=a_catalog(NO_FREE))
    late = FEBRUARY + timedelta(hours=2)
    life.told(late, a_payment(a_charge("basic", FEBRUARY), paid_at=late))

    assert life.account.book.available == 200
    assert life.account.book.totals.expired == 200


def test_period_grants_end_with_their_subscription_and_others_stay() -> None:
    life = a_subscriber("basic", catalog=a_catalog(NO_FREE))
    life.keep(life.at(SOON).adjust(5, adjustment_id="1", reason="sorry"))
    life.told(SOON, a_snapshot(Status.CANCELED, seen_at=SOON, ended_at=SOON))

    assert life.account.book.available == 5


def test_a_subscription_whose_end_is_told_again_has_ended_once() -> None:
    life = a_subscriber("basic", catalog=a_catalog(NO_FREE))
    ends, later = day(2026, 1, 10), day(2026, 1, 20)
    for at in (ends, later):
        life.told(at, a_snapshot(Status.CANCELED, seen_at=at, ended_at=ends))

    ended_at = [event.at for event in life.events if isinstance(event, e.SubscriptionEnded)]
    assert (ended_at, life.account.subscriptions[0].ended_at) == ([ends], ends)


def test_a_known_end_is_obeyed_at_its_instant_without_waiting_to_be_told() -> None:
    life = a_subscriber("basic", catalog=a_catalog(NO_FREE))
    life.told(SOON, a_snapshot(seen_at=SOON, cancel_at=day(2026, 1, 20)))
    held = life.at(day(2026, 1, 20))

    assert held.account.book.available == 0
    assert held.in_force.plan.key == "free"
    assert life.at(day(2026, 1, 19)).in_force.plan.key == "basic"


def test_a_cancellation_that_is_taken_back_in_time_ends_nothing() -> None:
    life = a_subscriber("basic", catalog=a_catalog(NO_FREE))
    life.told(SOON, a_snapshot(seen_at=SOON, cancel_at_period_end=True))
    life.told(SOON, a_snapshot(seen_at=SOON + timedelta(hours=1)))

    assert life.at(FEBRUARY).account.subscriptions[0].ended_at is None


def test_a_subscription_that_goes_on_after_its_known_end_is_taken_up_again() -> None:
    life = a_subscriber("basic", catalog=a_catalog(NO_FREE))
    life.told(SOON, a_snapshot(seen_at=SOON, cancel_at=day(2026, 1, 20)))
    after = day(2026, 1, 21)
    life.touch(after)
    life.told(after, a_snapshot(seen_at=after))

    assert life.at(after).in_force.plan.key == "basic"


def test_a_slot_that_would_start_at_the_end_is_not_opened() -> None:
    life = Life(a_catalog(NO_FREE))
    year = a_charge("basic", NEW_YEAR, day(2027, 1, 1))
    life.told(NEW_YEAR, a_payment(year), a_snapshot(price="basic-year", cancel_at=FEBRUARY))
    life.touch(MARCH)

    assert len(life.account.subscriptions[0].tallies) == 1


def test_a_hold_lapses_before_what_it_came_from_expires_at_one_instant() -> None:
    life = Life(a_catalog(NO_FREE))
    life.touch(NEW_YEAR)
    life.keep(life.at(NEW_YEAR).adjust(10, adjustment_id="1", reason="a gift", expires_at=SOON))
    life.keep(life.at(NEW_YEAR).hold(4, hold_id="h", until=SOON))
    life.touch(SOON)

    assert [type(event).__name__ for event in life.events[-2:]] == ["HoldLapsed", "GrantExpired"]
    assert life.account.book.totals.expired == 10


def test_a_hold_that_lapses_tells_what_goes_back_and_what_has_expired_meanwhile() -> None:
    life = Life(a_catalog(NO_FREE))
    life.touch(NEW_YEAR)
    for name, ends in (("brief", SOON), ("lasting", None)):
        life.keep(life.at(NEW_YEAR).adjust(10, adjustment_id=name, reason="a gift", expires_at=ends))
    life.keep(life.at(NEW_YEAR).hold(14, hold_id="h", until=FEBRUARY))

    lapsed = life.at(FEBRUARY).due[-1]
    assert lapsed == e.HoldLapsed(at=FEBRUARY, hold_id="h", back=(Take("adjustment:lasting", 4),), expired=10)


# Knowing ahead


def test_when_an_account_needs_to_be_touched_next_is_known() -> None:
    life = a_subscriber("basic", catalog=a_catalog(NO_FREE))
    grace_ends = FEBRUARY + timedelta(days=3)
    assert next_due_at(life.account, life.catalog) == grace_ends

    life.keep(life.at(SOON).hold(4, hold_id="h", until=day(2026, 1, 9)))
    assert next_due_at(life.account, life.catalog) == day(2026, 1, 9)


def test_work_that_is_paid_for_moves_nothing_that_is_due_and_what_is_due_meanwhile_is_as_it_is_by_then() -> None:
    life = a_subscriber("basic", catalog=a_catalog(NO_FREE))
    life.keep(life.at(FEBRUARY).hold(4, hold_id="h", until=None))
    life.keep(life.at(FEBRUARY).start("h", attempt=1))
    assert next_due_at(life.account, life.catalog) == FEBRUARY + timedelta(days=3)

    life.touch(FEBRUARY + timedelta(days=3))

    assert [event.amount for event in life.events if isinstance(event, e.GrantExpired)] == [196]


def test_a_hold_with_an_end_is_due_no_more_once_it_is_settled() -> None:
    life = a_subscriber("basic", catalog=a_catalog(NO_FREE))
    for name, verb in (("one", AccountAt.capture), ("two", AccountAt.release)):
        life.keep(life.at(SOON).hold(4, hold_id=name, until=day(2026, 1, 9)))
        assert next_due_at(life.account, life.catalog) == day(2026, 1, 9)

        life.keep(verb(life.at(SOON), name))
        assert next_due_at(life.account, life.catalog) == FEBRUARY + timedelta(days=3)


@given(lives())
def test_what_is_due_next_is_the_same_whether_it_was_handed_on_or_is_looked_for_anew(
    life: tuple[History, tuple[Doing, ...]],
) -> None:
    history, doings = life
    account = Account(id="ann")
    for event in ended(lived(history, doings)).events:
        account = account.evolve(event)
        anew = changed(account)  # a copy knows nothing of what the account has noted

        assert next_due_at(anew, history.catalog) == next_due_at(account, history.catalog)


def test_an_account_that_was_never_opened_needs_nothing() -> None:
    assert next_due_at(Account(id="ann"), a_catalog()) is None


def test_what_is_due_next_is_told_by_the_catalog_that_is_asked() -> None:
    life = Life(a_catalog(NO_FREE))
    life.touch(NEW_YEAR)

    assert [next_due_at(life.account, catalog) for catalog in (life.catalog, a_catalog(), life.catalog)] == [
        None,
        NEW_YEAR,
        None,
    ]


def test_the_next_free_slot_is_not_foreseen_while_the_plan_has_no_end() -> None:
    life = a_subscriber("basic")
    life.touch(day(2026, 2, 5))

    assert next_due_at(life.account, life.catalog) is None


def test_of_two_plans_the_older_one_takes_over_when_the_newer_ends() -> None:
    life = a_subscriber("basic")
    newer = a_snapshot(id="sub_2", price="pro-month", anchor=SOON, cancel_at=day(2026, 1, 20))
    life.told(SOON, a_payment(a_charge("pro", SOON), subscription_id="sub_2"), newer)
    assert life.at(SOON).in_force.plan.key == "pro"
    life.touch(day(2026, 1, 25))

    assert life.at(day(2026, 1, 25)).in_force.plan.key == "basic"
    assert free_starts(life) == [1]


def test_time_never_runs_backwards_on_an_account() -> None:
    life = a_subscriber("basic", since=SOON)

    assert life.at(NEW_YEAR).now == SOON
