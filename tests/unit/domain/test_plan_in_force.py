"""The plan follows payment, not the price of the subscription's item."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from billing_core.domain.catalog import Catalog, Kind
from billing_core.domain.plan_in_force import (
    PlanInForce,
    access_ends_at,
    kind_of,
    pack_subscriptions,
    paid_until,
    surplus_subscriptions,
)
from billing_core.domain.subscription import Status, Subscription
from billing_core.testing.builders import (
    NEW_YEAR,
    Life,
    a_catalog,
    a_charge,
    a_credit,
    a_payment,
    a_snapshot,
    a_subscriber,
    a_version,
    day,
)

FEBRUARY, MARCH = day(2026, 2, 1), day(2026, 3, 1)
SOON, GRACE = NEW_YEAR + timedelta(days=1), timedelta(days=3)


def plan_of(life: Life, at: datetime) -> str:
    return life.at(at).in_force.plan.key


def seen(life: Life, at: datetime, status: Status = Status.ACTIVE, **more: Any) -> None:
    life.told(at, a_snapshot(status, seen_at=at, **more))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.INCOMPLETE, "free"),
        (Status.INCOMPLETE_EXPIRED, "free"),
        (Status.TRIALING, "pro"),
        (Status.ACTIVE, "pro"),
        (Status.PAST_DUE, "pro"),
        (Status.UNPAID, "free"),
        (Status.PAUSED, "free"),
        (Status.CANCELED, "free"),
    ],
)
def test_only_some_statuses_give_access(status: Status, expected: str) -> None:
    life = Life()
    life.told(NEW_YEAR, a_payment(a_charge("pro")), a_snapshot(status, price="pro-month"))

    assert plan_of(life, SOON) == expected


def test_the_plan_in_force_says_of_which_version_it_is_and_which_subscription_pays_for_it() -> None:
    catalog = Catalog([a_version(number=2, since=day(2025, 1, 1)), a_version(number=3, since=SOON)])
    life = a_subscriber("pro", catalog=catalog)
    (sub,) = life.account.subscriptions

    assert life.at(SOON).in_force == PlanInForce(catalog.plan("pro", pinned=2), 2, sub)
    assert Life(catalog).at(SOON).in_force == PlanInForce(catalog.current.free, 3, None)


def test_an_active_subscription_that_nothing_was_paid_for_gives_nothing() -> None:
    life = Life()
    life.told(NEW_YEAR, a_snapshot(price="pro-month"))

    assert plan_of(life, SOON) == "free"


def test_a_payment_of_a_subscription_that_nobody_told_of_gives_no_plan_yet() -> None:
    life = Life()
    life.told(NEW_YEAR, a_payment(a_charge("pro")))

    assert plan_of(life, SOON) == "free"


def test_what_a_subscription_is_for_is_known_by_its_payment_before_it_is_told() -> None:
    life = Life()
    life.told(NEW_YEAR, a_payment(a_charge("drip", kind=Kind.PACK)))
    (sub,) = life.account.subscriptions

    assert kind_of(life.account, sub, life.catalog) is Kind.PACK
    assert kind_of(Life().account, sub, life.catalog) is None


def test_a_trial_gives_its_plan_before_its_empty_invoice_is_told() -> None:
    life = Life()
    trial = a_snapshot(Status.TRIALING, price="pro-month", trial_start=NEW_YEAR, trial_end=day(2026, 1, 15))
    life.told(NEW_YEAR, trial)

    assert plan_of(life, SOON) == "pro"
    assert plan_of(life, day(2026, 1, 15)) == "free"


def test_a_trial_of_an_unknown_price_gives_nothing_that_is_known() -> None:
    life = Life()
    trial = a_snapshot(Status.TRIALING, price="price_x", trial_start=NEW_YEAR, trial_end=day(2026, 1, 15))
    life.told(NEW_YEAR, trial)

    assert plan_of(life, SOON) == "free"


def test_a_declined_upgrade_gives_nothing() -> None:
    life = a_subscriber("basic")
    seen(life, SOON, price="pro-month")

    assert plan_of(life, SOON) == "basic"


def test_a_downgrade_that_is_billed_later_takes_nothing_early() -> None:
    life = a_subscriber("pro")
    seen(life, SOON, price="basic-month")
    assert plan_of(life, day(2026, 1, 31)) == "pro"

    life.told(FEBRUARY, a_payment(a_charge("basic", FEBRUARY)))
    assert plan_of(life, FEBRUARY) == "basic"


def test_a_plan_that_is_paid_for_ahead_gives_nothing_before_it_starts() -> None:
    life = Life()
    ahead = a_payment(a_charge("pro", FEBRUARY, MARCH), id="in_ahead", paid_at=NEW_YEAR)
    life.told(NEW_YEAR, a_payment(a_charge("basic")), ahead, a_snapshot())

    assert (plan_of(life, SOON), plan_of(life, FEBRUARY)) == ("basic", "pro")


def test_which_plan_was_paid_for_last_does_not_depend_on_which_was_told_first() -> None:
    life = Life()
    ahead = a_payment(a_charge("pro", FEBRUARY, MARCH), id="in_ahead", paid_at=NEW_YEAR)
    for payment in (ahead, a_payment(a_charge("basic"))):
        life.told(NEW_YEAR, a_snapshot(), payment)

    assert plan_of(life, FEBRUARY) == "pro"


def test_the_last_plan_stays_while_a_renewal_is_under_way() -> None:
    assert plan_of(a_subscriber("pro"), FEBRUARY + timedelta(hours=2)) == "pro"


def test_a_payment_refunded_in_full_gives_no_plan() -> None:
    life = a_subscriber("pro")
    life.keep(life.at(SOON).refunded("in_202601010000", 999))
    assert plan_of(life, SOON) == "pro"
    life.keep(life.at(SOON).refunded("in_202601010000", 1000))

    assert plan_of(life, SOON) == "free"


def test_of_two_lines_that_start_together_the_later_invoice_and_the_greater_key_count() -> None:
    life = a_subscriber("basic")
    life.told(SOON, a_payment(a_charge("pro"), id="in_later", paid_at=SOON))

    assert plan_of(life, SOON) == "pro"


def test_a_year_that_was_left_for_a_month_does_not_come_back_when_the_month_is_over() -> None:
    life = Life()
    life.told(NEW_YEAR, a_payment(a_charge("pro", NEW_YEAR, day(2027, 1, 1))), a_snapshot(price="pro-year"))
    rest = a_credit("pro", SOON, day(2027, 1, 1))
    life.told(SOON, a_payment(rest, a_charge("basic", SOON), id="in_switch", amount_minor=-5000))
    seen(life, SOON, anchor=SOON)
    unpaid = day(2026, 2, 2)
    seen(life, unpaid, Status.PAST_DUE, anchor=SOON, period_start=unpaid)

    assert plan_of(life, unpaid) == "basic"
    assert plan_of(life, unpaid + GRACE) == "free"


def test_grace_is_counted_from_the_start_of_the_unpaid_period_however_late_we_hear_of_it() -> None:
    life = a_subscriber("pro")
    seen(life, FEBRUARY + timedelta(days=2), Status.PAST_DUE, price="pro-month", period_start=FEBRUARY)

    assert plan_of(life, FEBRUARY + GRACE - timedelta(seconds=1)) == "pro"
    assert plan_of(life, FEBRUARY + GRACE) == "free"


def test_grace_is_counted_from_the_present_period_where_nothing_was_ever_paid() -> None:
    life = Life()
    life.told(NEW_YEAR, a_snapshot(Status.PAST_DUE))
    sub = life.account.subscriptions[0]

    assert access_ends_at(life.account, sub, life.catalog) == NEW_YEAR + GRACE


def test_the_unpaid_period_begins_where_the_last_paid_one_ended() -> None:
    life = a_subscriber("pro")
    seen(
        life,
        FEBRUARY + timedelta(days=2),
        Status.PAST_DUE,
        price="pro-month",
        period_start=FEBRUARY - timedelta(days=9),
    )

    assert paid_until(life.account, life.account.subscriptions[0]) == FEBRUARY


def test_nothing_is_known_of_a_subscription_that_nobody_told_of() -> None:
    life = Life()
    sub = Subscription(id="sub_1", version=1)

    assert access_ends_at(life.account, sub, a_catalog()) is None
    with pytest.raises(ValueError, match="nothing was told of subscription sub_1"):
        paid_until(life.account, sub)


def test_an_unknown_price_never_means_free() -> None:
    life = a_subscriber("pro")
    seen(life, SOON, price="price_of_yesteryear")

    assert plan_of(life, SOON) == "pro"


def test_an_unknown_price_that_nothing_was_paid_for_stands_in_the_way_of_another_plan() -> None:
    life = Life()
    life.told(NEW_YEAR, a_snapshot(price="price_x"))

    assert plan_of(life, SOON) == "free"
    assert surplus_subscriptions(life.account, life.catalog) == []


def test_of_several_live_plans_the_one_created_last_counts_and_the_others_are_surplus() -> None:
    life = a_subscriber("pro")
    second = a_snapshot(id="sub_2", anchor=SOON)
    life.told(SOON, a_payment(a_charge("basic", SOON), subscription_id="sub_2"), second)

    assert plan_of(life, SOON) == "basic"
    assert [sub.id for sub in surplus_subscriptions(life.account, life.catalog)] == ["sub_1"]


def test_of_two_created_together_the_greater_id_counts() -> None:
    life = a_subscriber("pro")
    life.told(SOON, a_payment(a_charge("basic"), subscription_id="sub_2", id="in_2"), a_snapshot(id="sub_2"))

    assert plan_of(life, SOON) == "basic"


def test_one_that_nobody_knows_what_it_is_for_stands_behind_a_known_plan() -> None:
    life = a_subscriber("pro")
    life.told(SOON, a_snapshot(id="sub_2", price="price_x", anchor=SOON))

    assert plan_of(life, SOON) == "pro"
    assert [sub.id for sub in surplus_subscriptions(life.account, life.catalog)] == ["sub_2"]


def test_packs_that_come_again_and_again_stand_beside_the_plan_oldest_first_while_they_live() -> None:
    life = a_subscriber("pro")
    for sub_id, price, created_at, status in (
        ("sub_b", "drip-price", SOON, Status.PAST_DUE),
        ("sub_c", "drip-price", NEW_YEAR, Status.ACTIVE),
        ("sub_a", "drip-price", SOON, Status.ACTIVE),
        ("sub_d", "drip-price", SOON, Status.CANCELED),
        ("sub_e", "price_x", SOON, Status.ACTIVE),
    ):
        life.told(SOON, a_snapshot(status, id=sub_id, price=price, created_at=created_at))

    found = pack_subscriptions(life.account, life.catalog)

    assert [sub.id for sub, _, _ in found] == ["sub_c", "sub_a", "sub_b"]
    assert all((offer.item, snapshot.price) == ("drip", "drip-price") for _, snapshot, offer in found)


def test_one_that_nothing_was_told_of_is_no_pack() -> None:
    life = Life()
    life.told(NEW_YEAR, a_payment(a_charge("drip", kind=Kind.PACK)))

    assert pack_subscriptions(life.account, life.catalog) == []
