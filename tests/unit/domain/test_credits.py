"""The book: in which order grants are spent, and how holds end."""

from datetime import datetime, timedelta

import pytest

from billing_core.domain.credits import Grant, Hold, Source, Take, split
from billing_core.domain.errors import (
    AccountSuspended,
    CaptureExceedsHold,
    HoldLapsed,
    HoldNotFound,
    IllegalTransition,
    InsufficientCredits,
    InvalidValue,
    TooManyConcurrent,
)
from billing_core.testing.builders import NEW_YEAR, Life, a_catalog, a_plan, a_purchase, a_subscriber, day

HOUR = timedelta(hours=1)
SOON = NEW_YEAR + HOUR


def a_grant(key: str, source: Source, *, expires_at: datetime | None = None, granted_at: datetime = NEW_YEAR) -> Grant:
    return Grant(id=key, source=source, amount=10, remaining=10, granted_at=granted_at, expires_at=expires_at)


def gifted(credits_: int, *, expires_at: datetime | None = None) -> Life:
    """Somebody whose free plan gives nothing, with a gift."""
    life = Life(a_catalog(a_plan("free", rank=0, allotment=0)))
    life.touch(NEW_YEAR)
    life.keep(life.at(NEW_YEAR).adjust(credits_, adjustment_id="1", reason="a gift", expires_at=expires_at))
    return life


def test_grants_are_spent_by_priority_then_soonest_expiry_then_promotional_then_oldest_then_key() -> None:
    in_order = [
        a_grant("z", Source.PERIOD, expires_at=day(2026, 2, 1)),
        a_grant("y", Source.PERIOD, expires_at=day(2026, 3, 1)),
        a_grant("x", Source.PROMO, expires_at=day(2026, 2, 1)),
        a_grant("w", Source.INITIAL, granted_at=day(2025, 1, 1)),
        a_grant("a", Source.ADJUSTMENT),
        a_grant("b", Source.ADJUSTMENT),
        a_grant("c", Source.PACK, expires_at=day(2026, 2, 1)),
        a_grant("d", Source.PACK),
    ]

    shuffled = in_order[::2] + in_order[1::2]

    assert in_order == sorted(shuffled, key=lambda grant: grant.burn_order)


def test_of_two_grants_the_one_that_ends_is_spent_first_although_it_came_later() -> None:
    life = gifted(10)
    life.keep(life.at(NEW_YEAR).adjust(10, adjustment_id="2", reason="for a week", expires_at=day(2026, 1, 8)))

    assert life.account.book.burn(12) == (Take("adjustment:2", 10), Take("adjustment:1", 2))


def test_takes_are_split_at_an_amount() -> None:
    takes = (Take("a", 3), Take("b", 4))

    assert ((Take("a", 3), Take("b", 1)), (Take("b", 3),)) == split(takes, 4)
    assert ((), takes) == split(takes, 0)
    assert (takes, ()) == split(takes, 7)


def test_a_hold_sets_credits_aside_at_once() -> None:
    life = gifted(10)
    life.keep(life.at(SOON).hold(7, hold_id="h", until=None))

    assert life.account.book.holds == (Hold(id="h", amount=7, takes=(Take("adjustment:1", 7),), placed_at=SOON),)
    assert (life.account.book.available, life.account.book.held) == (3, 7)
    with pytest.raises(InsufficientCredits):
        life.at(SOON).hold(4, hold_id="i", until=None)


def test_a_hold_says_until_when_it_is_and_what_for() -> None:
    life = gifted(10)
    life.keep(life.at(SOON).hold(0, hold_id="h", until=SOON + HOUR, reason="small", images=2))

    assert life.account.book.holds == (
        Hold(id="h", amount=0, takes=(), placed_at=SOON, until=SOON + HOUR, reason="small", images=2),
    )


@pytest.mark.failure("F21")
def test_a_capture_takes_less_than_was_held_but_never_more() -> None:
    life = gifted(10)
    life.keep(life.at(SOON).hold(7, hold_id="h", until=None))

    with pytest.raises(CaptureExceedsHold, match="cannot capture 8, only 7 are held"):
        life.at(SOON).capture("h", amount=8)
    life.keep(life.at(SOON).capture("h", amount=5))

    assert (
        life.account.book.available,
        life.account.book.held,
        life.account.book.totals.captured,
    ) == (5, 0, 5)


@pytest.mark.failure("F21")
@pytest.mark.parametrize("verb", ["capture", "release"])
@pytest.mark.parametrize("ended", ["capture", "release"])
def test_a_hold_ends_once(ended: str, verb: str) -> None:
    life = gifted(10)
    life.keep(life.at(SOON).hold(7, hold_id="h", until=None))
    life.keep(getattr(life.at(SOON), ended)("h"))

    with pytest.raises(IllegalTransition, match=f"cannot {verb} a hold while {ended}d"):
        getattr(life.at(SOON), verb)("h")


@pytest.mark.parametrize("verb", ["capture", "release"])
def test_a_hold_that_lapsed_or_never_was_cannot_end_again(verb: str) -> None:
    life = gifted(10)
    life.keep(life.at(SOON).hold(7, hold_id="h", until=SOON + HOUR))

    with pytest.raises(HoldLapsed, match="hold h lapsed"):
        getattr(life.at(SOON + HOUR), verb)("h")
    with pytest.raises(HoldNotFound, match="no hold i"):
        getattr(life.at(SOON), verb)("i")
    assert life.touch(SOON + HOUR).book.available == 10


def test_a_release_goes_back_to_the_grants_that_it_came_from() -> None:
    life = gifted(10, expires_at=day(2026, 1, 5))
    life.keep(life.at(NEW_YEAR).adjust(10, adjustment_id="2", reason="another"))
    life.keep(life.at(SOON).hold(15, hold_id="h", until=None))
    life.keep(life.at(SOON).release("h"))

    assert {g.id: g.remaining for g in life.account.book.grants} == {"adjustment:1": 10, "adjustment:2": 10}


def test_what_returns_to_a_grant_that_expired_meanwhile_counts_as_expired() -> None:
    life = gifted(10, expires_at=day(2026, 1, 5))
    life.keep(life.at(SOON).hold(6, hold_id="h", until=None))
    life.keep(life.at(SOON).hold(4, hold_id="i", until=None))
    life.keep(life.at(day(2026, 1, 6)).release("h"))
    life.keep(life.at(day(2026, 1, 6)).capture("i", amount=1))

    book = life.account.book
    assert (book.available, book.held, book.totals.expired, book.totals.captured) == (0, 0, 9, 1)


def test_held_credits_outlive_their_grants_expiry() -> None:
    life = gifted(10, expires_at=day(2026, 1, 5))
    life.keep(life.at(SOON).hold(6, hold_id="h", until=None))
    life.keep(life.at(day(2026, 1, 6)).capture("h"))

    assert life.account.book.totals.captured == 6


def test_credits_are_gone_at_the_very_instant_of_their_expiry() -> None:
    life = gifted(10, expires_at=day(2026, 1, 5))

    assert life.at(day(2026, 1, 5) - timedelta(microseconds=1)).account.book.available == 10
    assert life.at(day(2026, 1, 5)).account.book.available == 0


def test_a_grant_that_is_spent_and_never_expires_is_forgotten() -> None:
    life = gifted(10)
    life.spends(SOON, 10)

    assert life.account.book.grants == ()


def test_a_spent_grant_is_kept_while_a_hold_may_return_to_it() -> None:
    life = gifted(10)
    life.keep(life.at(SOON).hold(4, hold_id="h", until=None))
    life.spends(SOON, 6)
    life.keep(life.at(SOON).release("h"))

    assert life.account.book.available == 4


@pytest.mark.failure("D14", "E5")
@pytest.mark.parametrize("amount", [-1, 10**13])
def test_a_number_of_credits_is_sensible(amount: int) -> None:
    with pytest.raises(InvalidValue, match="amount: must be from 0"):
        gifted(1).at(SOON).hold(amount, hold_id="h", until=None)


def test_a_deadline_lies_ahead() -> None:
    with pytest.raises(InvalidValue, match="until: must lie ahead"):
        gifted(1).at(SOON).hold(1, hold_id="h", until=SOON)


def test_a_suspended_account_holds_nothing_but_ends_what_it_held() -> None:
    life = gifted(10)
    life.keep(life.at(SOON).hold(6, hold_id="h", until=None))
    life.keep(life.at(SOON).suspend("operator"))

    with pytest.raises(AccountSuspended):
        life.at(SOON).hold(1, hold_id="i", until=None)
    life.keep(life.at(SOON).capture("h"))
    assert life.account.book.totals.captured == 6


@pytest.mark.failure("E10")
def test_only_so_many_holds_are_open_at_once() -> None:
    life = Life(a_catalog(a_plan("free", rank=0, allotment=10, max_holds=1)))
    life.keep(life.at(SOON).hold(1, hold_id="h", until=None))

    with pytest.raises(TooManyConcurrent, match="1 are open at once"):
        life.at(SOON).hold(1, hold_id="i", until=None)


def test_a_hold_under_an_unlimited_plan_is_covered_whatever_the_plan_is_at_capture() -> None:
    life = a_subscriber("premium")
    life.keep(life.at(SOON).hold(999, hold_id="h", until=None))
    after = day(2026, 3, 1)
    life.keep(life.at(SOON).hold(5, hold_id="i", until=None))
    life.keep(life.at(after).capture("h"))
    life.keep(life.at(after).release("i"))

    assert life.account.book.held == 0
    assert life.account.book.totals.captured == 0


def test_a_hold_under_an_unlimited_plan_leaves_what_a_pack_gave() -> None:
    life = a_subscriber("premium", catalog=a_catalog(a_plan("free", rank=0, allotment=0)))
    life.told(SOON, a_purchase(paid_at=SOON))
    life.keep(life.at(SOON).hold(60, hold_id="h", until=None))

    assert life.account.book.holds == (Hold(id="h", amount=60, takes=(), placed_at=SOON, covered=True),)
    assert life.account.book.available == 100


def test_the_day_quota_is_given_back_only_within_the_day() -> None:
    life = gifted(10)
    for name in ("a", "b", "c"):
        life.keep(life.at(SOON).hold(2, hold_id=name, until=None, images=2))
    life.keep(life.at(SOON).release("a"))
    assert life.account.usage.images_today == 4
    life.keep(life.at(SOON).capture("b", amount=1, images=1))
    assert life.account.usage.images_today == 3
    life.keep(life.at(day(2026, 1, 2)).release("c"))

    assert life.account.usage.images_today == 3
    assert life.account.usage.images_total == 1


def test_yesterdays_release_does_not_touch_todays_count() -> None:
    life = gifted(10)
    life.keep(life.at(SOON).hold(2, hold_id="a", until=None, images=2))
    life.keep(life.at(day(2026, 1, 2)).hold(1, hold_id="b", until=None, images=1))
    life.keep(life.at(day(2026, 1, 2)).release("a"))

    assert life.account.usage.images_today == 1
