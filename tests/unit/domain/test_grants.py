"""Every grant says for what it was given: where it comes from, until when it is there and what was paid for it."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve

from billing_core.domain import events as e
from billing_core.domain.calendar import stamp
from billing_core.domain.catalog import Kind, Pack, Plan, Trial
from billing_core.domain.credits import Grant, Source
from billing_core.domain.payments import Payment
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
SOON, LATER = NEW_YEAR + timedelta(days=1), NEW_YEAR + timedelta(days=2)
BRIEFLY = timedelta(days=10)
PAID, BOUGHT = "in_202601010000", "pi_boost_202601010000"


def key_of(start: datetime, end: datetime) -> str:
    return f"slot:sub_1:{stamp(start)}:{stamp(end)}"


JANUARY = key_of(NEW_YEAR, FEBRUARY)


def granted(life: Life) -> list[Grant]:
    """All that were ever given, as they were given."""
    told = (e.CreditsGranted, e.FreeSlotGranted, e.DebtReturned)
    return [event.grant for event in life.events if isinstance(event, told)]


def paid_a_day_late(*plans: Plan, pack: Pack | None = None) -> Life:
    """Somebody whose first paid month is told on its second day; whose free plan gives nothing."""
    packs = (pack,) if pack else ()
    life = Life(a_catalog(NO_FREE, *plans, packs=packs))
    life.touch(NEW_YEAR)
    line = a_charge(pack.key, kind=Kind.PACK) if pack else a_charge()
    life.told(SOON, a_payment(line, id=PAID), a_snapshot(price="drip-price" if pack else "basic-month"))
    return life


def test_the_credits_of_a_month_are_there_until_its_end_whether_it_is_free_or_paid() -> None:
    first, second = a_version(since=day(2025, 1, 1)), a_version(number=2, since=day(2025, 6, 1))
    life = Life(evolve(a_catalog(), versions=(first, second)))
    life.touch(NEW_YEAR)
    life.told(SOON, a_payment(), a_snapshot())

    assert granted(life) == [
        Grant(
            id="free:20260101T000000Z",
            source=Source.PERIOD,
            amount=10,
            remaining=10,
            granted_at=NEW_YEAR,
            expires_at=FEBRUARY,
            period_start=NEW_YEAR,
            version=2,
            reason="Free",
        ),
        Grant(
            id=f"{JANUARY}:0",
            source=Source.PERIOD,
            amount=200,
            remaining=200,
            granted_at=SOON,
            expires_at=FEBRUARY,
            period_start=NEW_YEAR,
            tally=JANUARY,
            subscription_id="sub_1",
            payment_id=PAID,
            version=2,
            reason="Basic",
        ),
    ]


def test_initial_credits_last_from_the_day_on_which_they_are_given() -> None:
    life = paid_a_day_late(a_plan("basic", initial_credits=1000, initial_lasts=BRIEFLY))

    assert granted(life) == [
        Grant(
            id=f"{JANUARY}:0",
            source=Source.INITIAL,
            amount=1000,
            remaining=1000,
            granted_at=SOON,
            expires_at=SOON + BRIEFLY,
            tally=JANUARY,
            subscription_id="sub_1",
            payment_id=PAID,
            version=1,
            reason="Basic",
        )
    ]


def test_a_recurring_pack_lasts_from_the_day_on_which_it_is_given_and_outlives_its_subscription() -> None:
    life = paid_a_day_late(pack=a_pack("drip", gives=50, lasts=BRIEFLY))

    assert granted(life) == [
        Grant(
            id=f"{JANUARY}:0",
            source=Source.PACK,
            amount=50,
            remaining=50,
            granted_at=SOON,
            expires_at=SOON + BRIEFLY,
            tally=JANUARY,
            payment_id=PAID,
            version=1,
            reason="Drip",
        )
    ]


@pytest.mark.parametrize("lasts", [BRIEFLY, None])
def test_a_pack_says_which_payment_bought_it(lasts: timedelta | None) -> None:
    life = Life(a_catalog(NO_FREE, packs=(a_pack("boost", lasts=lasts),)))
    life.told(SOON, a_purchase(quantity=2))

    assert granted(life) == [
        Grant(
            id=f"pack:{BOUGHT}:0",
            source=Source.PACK,
            amount=200,
            remaining=200,
            granted_at=SOON,
            expires_at=SOON + lasts if lasts else None,
            tally=f"pack:{BOUGHT}",
            payment_id=BOUGHT,
            version=1,
            reason="Boost",
        )
    ]


def test_a_pack_whose_payment_is_told_again_with_a_refund_is_counted_once() -> None:
    life = Life(a_catalog(NO_FREE))
    for bought in (a_purchase(), a_purchase(refunded_minor=250)):
        life.told(SOON, bought)

    assert [(tally.key, tally.given) for tally in life.account.purchases] == [(f"pack:{BOUGHT}", 50)]


def test_what_an_operator_gives_says_why_and_until_when() -> None:
    life = Life(a_catalog(NO_FREE))
    life.touch(NEW_YEAR)
    life.keep(life.at(SOON).adjust(5, adjustment_id="1", reason="sorry", expires_at=LATER))

    assert granted(life) == [
        Grant(
            id="adjustment:1",
            source=Source.ADJUSTMENT,
            amount=5,
            remaining=5,
            granted_at=SOON,
            expires_at=LATER,
            reason="sorry",
        )
    ]


@pytest.mark.parametrize(("is_pack", "tally"), [(False, JANUARY), (True, f"pack:{BOUGHT}")])
def test_debt_that_a_failed_refund_undoes_comes_back_as_credits_that_last(*, is_pack: bool, tally: str) -> None:
    life = Life(a_catalog(NO_FREE))
    life.told(NEW_YEAR, *((a_purchase(),) if is_pack else (a_payment(), a_snapshot())))
    life.spends(SOON, life.account.book.available)
    (payment,) = life.account.payments
    for refunded in (payment.amount_minor, 0):
        life.keep(life.at(LATER).refunded(payment.id, refunded))

    owed = granted(life)[0].amount
    assert granted(life)[1:] == [
        Grant(
            id=f"{tally}:1",
            source=Source.RETURNED,
            amount=owed,
            remaining=owed,
            granted_at=LATER,
            tally=tally,
            reason="debt undone",
        )
    ]


def test_paid_debt_that_an_unlimited_plan_lets_go_comes_back_until_the_end_of_its_slot() -> None:
    life = a_subscriber("pro", catalog=a_catalog(NO_FREE))
    life.spends(SOON, 500)
    half, end = NEW_YEAR + (FEBRUARY - NEW_YEAR) / 2, FEBRUARY
    down = a_credit("pro", half, end), a_charge("basic", half, end, prorated=True)
    up = a_credit("basic", half, end), a_charge("premium", half, end, prorated=True, key="il_up")
    life.told(half, a_payment(*down, id="in_down"))
    life.told(half, a_purchase(paid_at=half))
    version = life.account.version
    told = life.told(half, a_payment(*up, id="in_up", paid_at=half + timedelta(seconds=1)))

    (forgiven,) = [event for event in told if isinstance(event, e.DebtForgiven)]
    assert forgiven == e.DebtForgiven(at=half, amount=50, reason="unlimited plan", tally=JANUARY)
    assert granted(life)[-1] == Grant(
        id=f"returned:{JANUARY}:{version + 1}",  # its number after the payment
        source=Source.RETURNED,
        amount=100,
        remaining=100,
        granted_at=half,
        expires_at=end,
        reason="unlimited plan",
    )


def test_credits_of_a_month_that_is_over_go_into_the_month_of_the_same_anchor_that_is_not() -> None:
    anchor, second, third = day(2026, 1, 31), day(2026, 2, 28), day(2026, 3, 31)
    now, ends = day(2026, 4, 10), day(2026, 4, 30)
    life = Life(a_catalog(NO_FREE))
    life.touch(anchor)
    life.told(now, *(a_payment(a_charge("basic", *slot)) for slot in ((anchor, second), (second, third))))

    assert [(g.tally, g.granted_at, g.period_start, g.expires_at) for g in granted(life)] == [
        (key_of(anchor, second), now, third, ends),
        (key_of(second, third), now, third, ends),
    ]


def test_credits_of_a_month_that_is_told_as_it_ends_go_into_the_next() -> None:
    life = Life(a_catalog(NO_FREE))
    life.touch(NEW_YEAR)
    life.told(FEBRUARY, a_payment())

    assert [(g.tally, g.period_start, g.expires_at) for g in granted(life)] == [(JANUARY, FEBRUARY, MARCH)]


def test_credits_of_a_trial_that_was_cut_short_and_is_told_after_its_end_are_counted_from_its_start() -> None:
    start, cut, named = day(2026, 1, 5), day(2026, 1, 10), day(2026, 1, 19)
    life = Life(a_catalog(NO_FREE, a_plan("basic", trial=Trial(days=14))))
    life.touch(start)
    told = a_snapshot(anchor=cut, created_at=start, seen_at=cut, trial_start=start, trial_end=cut)
    life.told(MARCH, told, a_payment(a_charge("basic", start, named, prorated=True), amount_minor=0))

    assert [(g.tally, g.period_start, g.expires_at) for g in granted(life)] == [
        (key_of(start, named), day(2026, 2, 5), day(2026, 3, 5))
    ]


def test_a_failed_refund_of_an_expired_pack_gives_nothing_anew() -> None:
    life = Life(a_catalog(NO_FREE, packs=(a_pack("boost", lasts=BRIEFLY),)))
    life.told(NEW_YEAR, a_purchase())
    late = day(2026, 1, 20)
    life.keep(life.at(late).refunded(BOUGHT, 500))
    back = life.keep(life.at(late).refunded(BOUGHT, 0))

    assert [event.amount for event in back if isinstance(event, e.CreditsRevoked)] == [-100]
    assert len(granted(life)) == 1


@pytest.mark.parametrize(("payment", "given"), [(a_payment(), 200), (a_purchase(), 100)])
def test_a_single_credit_comes_back_too_as_what_it_was(payment: Payment, given: int) -> None:
    life = Life(a_catalog(NO_FREE))
    life.told(NEW_YEAR, payment, a_snapshot())
    available = []
    for refunded in (5, 0):
        life.keep(life.at(SOON).refunded(payment.id, refunded))
        available.append(life.account.book.available)

    assert available == [given - 1, given]
    assert len({grant.source for grant in granted(life)}) == 1


def test_a_line_that_begins_later_in_its_slot_gives_nothing_before() -> None:
    half = NEW_YEAR + (FEBRUARY - NEW_YEAR) / 2
    line = a_charge("basic", half, FEBRUARY, prorated=True)
    life = Life(a_catalog(NO_FREE))
    life.told(SOON, a_payment(line, paid_at=SOON), a_snapshot(anchor=FEBRUARY, created_at=SOON, seen_at=SOON))
    assert granted(life) == []

    life.told(half, a_snapshot(anchor=FEBRUARY, created_at=SOON, seen_at=half))
    assert [grant.amount for grant in granted(life)] == [100]
