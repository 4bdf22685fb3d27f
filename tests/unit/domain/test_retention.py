"""What is remembered is bounded, and forgetting changes nothing that was given."""

from datetime import timedelta

from attrs import evolve

from billing_core.domain import events as e
from billing_core.domain.calendar import nth_month
from billing_core.domain.catalog import Kind
from billing_core.domain.retention import RETENTION
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
    day,
)

NO_FREE = a_plan("free", rank=0, allotment=0)
ANCHOR = day(2026, 1, 31)


def renewed(months: int) -> Life:
    """Somebody who paid so many months from a 31st, and spends a little in each."""
    life = Life(a_catalog(NO_FREE))
    life.touch(ANCHOR)
    for n in range(months):
        start, end = nth_month(ANCHOR, n), nth_month(ANCHOR, n + 1)
        told = a_snapshot(anchor=ANCHOR, period_start=start, period_end=end, seen_at=start)
        life.told(start, a_payment(a_charge("basic", start, end)), told)
        life.spends(start, 20, hold_id=f"h{n}")
    return life


def test_an_account_is_as_large_after_ten_years_as_after_one() -> None:
    one, ten = renewed(12).account, renewed(120).account

    assert len(ten.payments) == len(one.payments) <= 8
    assert len(ten.subscriptions[0].tallies) == len(one.subscriptions[0].tallies) <= 8
    assert len(ten.subscriptions[0].anchors) <= 1
    paid_for = {span.start for payment in ten.payments for span in payment.spans}
    assert {tally.start for tally in ten.subscriptions[0].tallies} == paid_for
    assert (len(ten.book.grants), len(ten.book.settled)) == (1, 32)
    assert ten.book.totals.captured == 2400


def test_a_payment_that_comes_to_light_after_its_time_is_told_but_not_booked() -> None:
    life = Life(a_catalog(NO_FREE))
    ends = day(2026, 2, 1)
    life.touch(ends + RETENTION)

    (too_old,) = life.told(ends + RETENTION, a_payment())

    assert too_old == e.PaymentTooOld(at=ends + RETENTION, payment_id="in_202601010000")
    assert life.account.payments == ()


def test_a_payment_in_the_last_moment_of_its_time_is_booked() -> None:
    life = Life(a_catalog(NO_FREE))
    life.told(day(2026, 2, 1) + RETENTION - timedelta(seconds=1), a_payment(), a_snapshot())

    assert life.account.book.available == 200


def test_an_old_pack_is_closed_too_and_keeps_its_credits() -> None:
    life = Life(a_catalog(NO_FREE))
    life.told(NEW_YEAR, a_purchase())
    later = NEW_YEAR + RETENTION
    life.told(later, a_purchase(paid_at=later))

    assert [tally.start for tally in life.account.purchases] == [later]
    assert life.account.book.available == 200


def test_a_month_is_forgotten_with_its_payment() -> None:
    life = renewed(1)
    ends = nth_month(ANCHOR, 1)
    for at, remembered in ((ends + RETENTION - timedelta(seconds=1), [ANCHOR, ends]), (ends + RETENTION, [ends])):
        life.told(at, a_payment(a_charge("basic", ends), paid_at=at, id="in_late"), a_purchase(paid_at=at))

        assert [tally.start for tally in life.account.subscriptions[0].tallies] == remembered
        assert [p.spans[0].start for p in life.account.payments if p.spans] == remembered


def test_what_was_paid_last_and_kept_is_remembered_of_each_subscription_that_goes_on() -> None:
    life = Life(a_catalog(NO_FREE))
    february, march = day(2026, 2, 1), day(2026, 3, 1)
    drip = a_charge("drip", february, kind=Kind.PACK)
    life.told(NEW_YEAR, a_payment(), a_snapshot(), a_snapshot(id="sub_3", price="drip-price"))
    life.told(february, a_payment(a_charge("basic", february), id="in_back"))
    life.told(
        february,
        a_payment(drip, id="in_drip", subscription_id="sub_2"),
        a_snapshot(id="sub_2", price="drip-price", anchor=february),
    )
    life.keep(life.at(february).refunded("in_back", 1000))
    life.told(march + RETENTION, a_purchase(paid_at=march + RETENTION))

    assert [payment.id for payment in life.account.payments][:-1] == ["in_202601010000", "in_drip"]
    assert [tally.start for sub in life.account.subscriptions for tally in sub.tallies] == [NEW_YEAR, february]
    assert life.at(march + RETENTION).in_force.plan.key == "basic"


def test_a_subscription_that_ended_long_ago_is_forgotten() -> None:
    life = renewed(1)
    life.told(ANCHOR, a_snapshot(Status.CANCELED, seen_at=ANCHOR, ended_at=ANCHOR))
    later = day(2027, 1, 1)
    for at in (later, later + timedelta(days=1)):
        line = a_charge("basic", later)
        life.told(at, a_payment(line, subscription_id="sub_2"), a_snapshot(id="sub_2", anchor=later, seen_at=at))

    assert [sub.id for sub in life.account.subscriptions] == ["sub_2"]


def test_a_subscription_that_was_never_paid_for_is_remembered_for_as_long_as_a_payment() -> None:
    life, ends = Life(a_catalog(NO_FREE)), (NEW_YEAR, NEW_YEAR + timedelta(days=1))
    for n, end in enumerate(ends):
        life.told(end, a_snapshot(Status.CANCELED, id=f"sub_{n}", seen_at=end, ended_at=end))
    known = []
    for n, end in enumerate(ends):
        life.told(end + RETENTION, a_payment(id=f"in_{n}", subscription_id=None, paid_at=end + RETENTION))
        known.append([sub.id for sub in life.account.subscriptions])

    assert known == [["sub_1"], []]


def test_a_year_is_remembered_as_long_as_it_can_be_refunded_with_all_its_slots() -> None:
    life = Life(a_catalog(NO_FREE))
    year = a_charge("basic", NEW_YEAR, day(2027, 1, 1))
    life.told(NEW_YEAR, a_payment(year), a_snapshot(price="basic-year"))
    life.spends(NEW_YEAR, 200)
    life.touch(day(2026, 12, 15))
    life.keep(life.at(day(2026, 12, 15)).refunded("in_202601010000", 1000))

    assert life.account.book.debt == 200
    assert life.account.book.available == 0


def test_a_slot_stays_as_it_was_when_only_part_of_what_was_paid_for_it_is_forgotten() -> None:
    life = Life(a_catalog(NO_FREE))
    half, end = day(2026, 1, 16, 12), day(2026, 2, 1)
    life.told(NEW_YEAR, a_payment(), a_snapshot())
    life.spends(NEW_YEAR, 100)
    year = a_charge("basic", half, half.replace(year=2027), key="il_year")
    life.told(half, a_payment(a_credit("basic", half, end), year, id="in_switch"))
    life.told(half, a_snapshot(price="basic-year", anchor=half, seen_at=half))
    later = day(2026, 11, 1)
    life.told(later, a_snapshot(price="basic-year", anchor=half, seen_at=later))

    assert [payment.id for payment in life.account.payments] == ["in_switch"]
    (closed,) = [tally for tally in life.account.subscriptions[0].tallies if tally.closed]
    assert (closed.start, closed.given, closed.debt) == (NEW_YEAR, 100, 0)
    assert life.account.book.debt == 0


def test_months_are_counted_from_an_anchor_that_is_forgotten_as_long_as_they_need_it() -> None:
    life = Life(a_catalog(NO_FREE))
    april = day(2026, 4, 30)
    for start, end in ((ANCHOR, day(2026, 2, 28)), (april, april.replace(year=2027))):
        price = "basic-year" if start == april else "basic-month"
        life.told(start, a_payment(a_charge("basic", start, end)))
        life.told(start, a_snapshot(price=price, anchor=start, created_at=ANCHOR, seen_at=start))
    life.touch(april.replace(month=12))

    assert life.account.subscriptions[0].anchors == (ANCHOR,)
    granted = [event.grant.amount for event in life.events if isinstance(event, e.CreditsGranted)]
    assert granted == [200] * (1 + 8)


def test_a_refund_of_a_payment_whose_time_is_closed_takes_nothing() -> None:
    life = renewed(1)
    closed = day(2026, 2, 28) + RETENTION

    assert e.PaymentRefunded not in [type(event) for event in life.at(closed).refunded("in_202601310000", 1000)]


def test_a_trial_in_progress_goes_on_when_what_was_paid_before_it_is_forgotten() -> None:
    life = Life(a_catalog(NO_FREE))
    start, end = day(2026, 7, 25), day(2026, 8, 8)
    trial = a_snapshot(Status.TRIALING, anchor=end, created_at=NEW_YEAR, trial_start=start, trial_end=end)
    life.told(NEW_YEAR, a_payment(), a_snapshot())
    life.told(start, a_payment(a_charge("basic", start, end), amount_minor=0), evolve(trial, seen_at=start))
    half = start + (end - start) / 2
    pack = a_purchase(paid_at=half)
    life.told(half, pack)
    assert [payment.id for payment in life.account.payments] == ["in_202607250000", pack.id]

    to_pro = a_credit("basic", half, end), a_charge("pro", half, end, prorated=True)
    life.told(half, a_payment(*to_pro, id="in_change", amount_minor=0))
    assert life.account.book.available == 100 + (200 + 500) // 2


def test_what_was_spent_in_a_trial_that_was_made_longer_is_not_owed_when_its_first_invoice_is_forgotten() -> None:
    life = Life(a_catalog(NO_FREE))
    end, later = day(2026, 1, 15), day(2026, 1, 20)
    trial = a_snapshot(Status.TRIALING, anchor=end, created_at=NEW_YEAR, trial_start=NEW_YEAR, trial_end=end)
    life.told(NEW_YEAR, a_payment(a_charge(end=end), amount_minor=0), evolve(trial, seen_at=NEW_YEAR))
    life.spends(NEW_YEAR, 100)
    life.told(day(2026, 1, 10), evolve(trial, seen_at=day(2026, 1, 10), trial_end=later, anchor=later))
    paid = a_snapshot(anchor=later, created_at=NEW_YEAR, trial_start=NEW_YEAR, trial_end=later)
    life.told(later, a_payment(a_charge("basic", later)), paid)
    soon_after = end + RETENTION + timedelta(days=1)
    life.told(soon_after, a_purchase(paid_at=soon_after))

    in_trial = [tally for tally in life.account.subscriptions[0].tallies if tally.start == NEW_YEAR]
    assert [(tally.end, tally.given, tally.closed) for tally in in_trial] == [(later, 200 * 14 // 19, True)]
    assert (life.account.book.available, life.account.book.debt) == (100, 0)


def test_initial_credits_do_not_come_again_when_only_their_payment_is_forgotten() -> None:
    life = Life(a_catalog(NO_FREE, a_plan("basic", allotment=200, initial_credits=1000)))
    half, end = day(2026, 1, 16, 12), day(2026, 2, 1)
    life.told(NEW_YEAR, a_payment(), a_snapshot())
    year = a_charge("basic", half, half.replace(year=2027), key="il_year")
    life.told(half, a_payment(a_credit("basic", half, end), year, id="in_switch"))
    for at in (half, day(2026, 11, 1), day(2026, 11, 2)):
        life.told(at, a_snapshot(price="basic-year", anchor=half, seen_at=at))

    granted = [event.initial_of for event in life.events if isinstance(event, e.CreditsGranted)]
    assert granted.count("basic") == 1
