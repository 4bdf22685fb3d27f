"""Facts about a slot that are told after its end: in whatever order they come, they end the same."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from billing_core.domain.payments import Payment
from billing_core.domain.subscription import Status
from billing_core.testing.builders import (
    Life,
    a_catalog,
    a_charge,
    a_credit,
    a_pack,
    a_payment,
    a_purchase,
    a_snapshot,
    a_subscriber,
    day,
)

DOWN, UP, FEBRUARY = day(2026, 1, 11), day(2026, 1, 21), day(2026, 2, 1)
IN_GRACE, AFTER_GRACE = day(2026, 2, 2), day(2026, 2, 10)
HALF_REFUNDED, NOT_REFUNDED = 500, 0


def a_change(old: str, new: str, at: datetime) -> Payment:
    lines = a_credit(old, at, FEBRUARY), a_charge(new, at, FEBRUARY, key=f"ch_{new}", prorated=True)
    return a_payment(*lines, id=f"in_{new}", paid_at=at)


DOWNGRADE, UPGRADE = a_change("pro", "basic", DOWN), a_change("basic", "pro", UP)
NEXT_MONTH = a_payment(a_charge("pro", FEBRUARY), id="in_next")


def credits_of(life: Life, at: datetime) -> tuple[int, int]:
    book = life.at(at).account.book
    return book.available, book.debt


@pytest.mark.parametrize("at", [IN_GRACE, AFTER_GRACE], ids=["in grace", "after grace"])
@pytest.mark.parametrize(
    ("spent", "left"),
    [
        (0, 500),  # the old month's credits are gone, whatever they would have been
        (450, 500 - (440 - 403)),  # 10 came from the free plan; 403 is what the month was worth in the end
    ],
    ids=["nothing spent", "more spent than was due"],
)
def test_a_downgrade_and_an_upgrade_told_with_the_next_month_end_the_same_in_every_order(
    at: datetime, spent: int, left: int
) -> None:
    for order in permutations([DOWNGRADE, UPGRADE, NEXT_MONTH]):
        life = a_subscriber("pro")
        if spent:
            life.spends(day(2026, 1, 5), spent)
        for fact in order:
            life.told(at, fact)

        assert (left, 0) == credits_of(life, at), [payment.id for payment in order]


def refunded(life: Life, at: datetime, *amounts: int) -> None:
    for amount in amounts:
        life.keep(life.at(at).refunded("in_202601010000", amount))


def test_credits_that_a_failed_refund_brings_back_in_grace_end_with_it() -> None:
    life = a_subscriber("pro")
    refunded(life, IN_GRACE, HALF_REFUNDED, NOT_REFUNDED)

    assert (500, 0) == credits_of(life, IN_GRACE)
    assert (0, 0) == credits_of(life, day(2026, 2, 4))


def test_credits_that_were_revoked_in_grace_and_come_back_after_it_have_expired() -> None:
    life = a_subscriber("pro")
    refunded(life, IN_GRACE, HALF_REFUNDED)
    refunded(life, AFTER_GRACE, NOT_REFUNDED)

    assert (0, 0) == credits_of(life, AFTER_GRACE)
    (tally,) = life.account.subscriptions[0].tallies
    assert (500, 0, 0, 500) == (tally.expired, tally.reclaimed, tally.withdrawn, tally.given)


def test_a_failed_refund_gives_back_first_what_was_paid_for_its_debt() -> None:
    life = a_subscriber("pro")
    life.spends(day(2026, 1, 5), 410)  # 10 of them came from the free plan, so 100 of the month's expire
    life.told(AFTER_GRACE, a_purchase(paid_at=AFTER_GRACE), NEXT_MONTH)
    refunded(life, AFTER_GRACE, HALF_REFUNDED)
    assert (600 - 150, 0) == credits_of(life, AFTER_GRACE)

    refunded(life, AFTER_GRACE, 300)

    assert (600 - 50, 0) == credits_of(life, AFTER_GRACE)


def test_a_debt_that_a_pack_paid_is_given_back_also_after_the_subscription_has_ended() -> None:
    for pack_first in (True, False):
        life = a_subscriber("basic")
        life.spends(day(2026, 1, 5), 210)
        refunded(life, day(2026, 1, 6), 75)
        life.told(DOWN, a_snapshot(Status.CANCELED, seen_at=DOWN, ended_at=DOWN))
        assert (0, 15) == credits_of(life, DOWN)

        for is_pack in (pack_first, not pack_first):
            if is_pack:
                life.told(UP, a_purchase(paid_at=UP))
            else:
                refunded(life, UP, NOT_REFUNDED)

        assert (100, 0) == credits_of(life, UP)


def test_a_refund_that_half_fails_ends_as_half_a_refund_after_the_subscription_has_ended() -> None:
    for amounts in ((500,), (1000, 500)):
        life = a_subscriber("basic")
        life.spends(day(2026, 1, 5), 120)  # 10 of them came from the free plan, so 90 of the month's end with it
        life.told(DOWN, a_snapshot(Status.CANCELED, seen_at=DOWN, ended_at=DOWN))
        life.told(UP, a_purchase(paid_at=UP))
        refunded(life, UP, *amounts)

        assert (100 - 10, 0) == credits_of(life, UP)


def test_a_refund_that_half_fails_ends_as_half_a_refund_after_a_pack_has_expired() -> None:
    brief = a_pack("boost", lasts=timedelta(days=10))
    for amounts in ((250,), (500, 250)):
        life = Life(a_catalog(packs=(brief,)))
        life.told(day(2026, 1, 1), a_purchase())
        life.spends(day(2026, 1, 5), 70)  # 10 of them came from the free plan
        for amount in amounts:
            life.keep(life.at(UP).refunded("pi_boost_202601010000", amount))

        assert (0, 10) == credits_of(life, UP)


def test_credits_that_are_told_after_their_subscription_has_ended_pay_nothing() -> None:
    pack, half_month = a_purchase(), a_payment(a_charge("basic", UP, FEBRUARY, prorated=True), id="in_late")
    for refund_first in (True, False):
        life = a_subscriber("basic")
        life.told(day(2026, 1, 1), pack)
        life.spends(day(2026, 1, 5), 310)
        life.told(UP, a_snapshot(Status.CANCELED, seen_at=UP, ended_at=UP))
        for is_refund in (refund_first, not refund_first):
            if is_refund:
                life.keep(life.at(UP).refunded(pack.id, 250))
            else:
                life.told(UP, half_month)

        assert (0, 50) == credits_of(life, UP)


def test_what_undid_a_debt_and_is_taken_back_is_owed_once_more() -> None:
    life = a_subscriber("basic")
    life.spends(day(2026, 1, 5), 210)
    life.told(DOWN, a_purchase(paid_at=DOWN))
    refunded(life, DOWN, HALF_REFUNDED, NOT_REFUNDED, HALF_REFUNDED)
    assert (0, 0) == credits_of(life, DOWN)

    life.told(DOWN, a_snapshot(Status.CANCELED, seen_at=DOWN, ended_at=DOWN))
    refunded(life, DOWN, NOT_REFUNDED)

    assert (100, 0) == credits_of(life, DOWN)


def test_what_expired_does_not_cover_later_credits_that_paid_a_debt() -> None:
    late = a_payment(a_credit("basic", DOWN, FEBRUARY), a_charge("pro", DOWN, FEBRUARY, prorated=True), id="in_up")
    back = a_payment(a_credit("pro", DOWN, FEBRUARY), a_charge("basic", DOWN, FEBRUARY, prorated=True), id="in_down")
    pack = a_purchase(paid_at=AFTER_GRACE)
    for refund_first in (True, False):
        life = a_subscriber("basic")
        life.spends(day(2026, 1, 5), 110)  # 10 of them came from the free plan, so 100 of the month's expire
        life.told(AFTER_GRACE, pack)
        life.spends(AFTER_GRACE, 100, hold_id="pack")
        life.told(AFTER_GRACE, late)
        for is_refund in (refund_first, not refund_first):
            if is_refund:
                life.keep(life.at(AFTER_GRACE).refunded(pack.id, 500))
            else:
                life.told(AFTER_GRACE, back)

        assert (0, 100) == credits_of(life, AFTER_GRACE)


def test_the_currency_is_that_of_the_latest_payment_in_whatever_order_they_are_told() -> None:
    euros = a_payment(a_charge("basic", FEBRUARY), id="in_eur", currency="eur", paid_at=FEBRUARY)
    dollars = a_payment(a_charge("basic"), id="in_usd", currency="usd")
    lives = [Life(), Life()]
    for life, order in zip(lives, [(euros, dollars), (dollars, euros)], strict=True):
        for payment in order:
            life.told(FEBRUARY, payment)

    assert ["eur", "eur"] == [life.account.currency for life in lives]
