"""What comes in a month, and for which plan."""

from datetime import timedelta

import pytest

from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog, Interval, Price
from billing_core.domain.figures import Figure
from billing_core.domain.money import Money
from billing_core.domain.recurring import Standing, moves, recurring, standing_of
from billing_core.domain.subscription import Status
from billing_core.testing.builders import (
    NEW_YEAR,
    Life,
    a_catalog,
    a_charge,
    a_pack,
    a_payment,
    a_plan,
    a_purchase,
    a_snapshot,
    a_subscriber,
    an_account,
    usd,
)

A_DAY = timedelta(days=1)


def a_life(
    status: Status = Status.ACTIVE, *, price: str = "basic-month", catalog: Catalog | None = None, **more: object
) -> Life:
    life = Life(catalog or a_catalog())
    life.touch(NEW_YEAR)
    life.told(NEW_YEAR, a_snapshot(status, price=price, **more))
    return life


def yearly(amount_minor: int) -> Catalog:
    prices = (Price("basic-month", usd(1_000), Interval.MONTH), Price("basic-year", usd(amount_minor), Interval.YEAR))
    return a_catalog(a_plan("basic", prices=prices))


def monthly(life: Life) -> Money | None:
    return recurring(life.account, life.catalog)


def test_a_month_comes_to_its_price() -> None:
    assert monthly(a_life()) == usd(1_000)
    assert monthly(a_life(quantity=3)) == usd(3_000)


@pytest.mark.parametrize(
    ("year", "month"), [(12_000, 1_000), (10_000, 833), (6, 0), (18, 2), (30, 2), (11, 1), (13, 1)], ids=str
)
def test_a_year_comes_to_a_twelfth_rounded_half_to_even(year: int, month: int) -> None:
    assert monthly(a_life(price="basic-year", catalog=yearly(year))) == usd(month)


@pytest.mark.parametrize("status", Status, ids=lambda status: status.value)
def test_only_who_is_active_or_past_due_pays(status: Status) -> None:
    pays = status in {Status.ACTIVE, Status.PAST_DUE}

    assert monthly(a_life(status)) == (usd(1_000) if pays else None)


def test_a_recurring_pack_comes_on_top_of_the_plan() -> None:
    life = a_life()
    life.told(NEW_YEAR, a_snapshot(id="sub_2", price="drip-price"))

    assert monthly(life) == usd(1_500)
    assert standing_of(life.account, life.catalog).plan == "basic"


def test_a_pack_that_is_bought_once_recurs_in_no_month() -> None:
    life = a_life(price="boost-price")
    life.told(NEW_YEAR, a_purchase())

    assert monthly(life) is None


def test_what_has_ended_comes_to_nothing() -> None:
    life = a_life(cancel_at=NEW_YEAR + 5 * A_DAY)
    assert monthly(life) == usd(1_000)

    life.touch(NEW_YEAR + 5 * A_DAY)
    assert monthly(life) is None
    assert standing_of(life.account, life.catalog) == Standing(plan="free", status="none")


def test_a_price_that_nobody_knows_comes_to_nothing() -> None:
    life = a_life(price="price_unknown")

    assert monthly(life) is None
    assert standing_of(life.account, life.catalog) == Standing(plan="unknown", status="active")


def test_of_two_currencies_the_accounts_counts() -> None:
    euros = a_pack("gulp", interval=Interval.MONTH, prices=(Price("gulp-eur", Money(700, "eur"), Interval.MONTH),))
    life = Life(a_catalog(packs=(euros,)))
    life.touch(NEW_YEAR)
    life.told(NEW_YEAR, a_snapshot(), a_snapshot(id="sub_2", price="gulp-eur"))
    assert monthly(life) == Money(700, "eur")

    life.told(NEW_YEAR, a_payment())
    assert monthly(life) == usd(1_000)


def test_who_subscribes_stands_with_the_plan_of_the_price_and_what_it_comes_to() -> None:
    life = a_subscriber("pro")

    expected = Standing(plan="pro", status="active", currency="usd", monthly_minor=2_000)
    assert standing_of(life.account, life.catalog) == expected


def test_the_plan_is_the_one_subscribed_to_also_while_it_is_not_in_force() -> None:
    life = a_life(Status.UNPAID)

    assert standing_of(life.account, life.catalog) == Standing(plan="basic", status="unpaid")


def test_a_subscription_whose_price_is_not_known_any_more_stands_with_what_was_paid_last() -> None:
    life = a_life(price="price_unknown")
    life.told(NEW_YEAR, a_payment(a_charge("pro")))

    assert standing_of(life.account, life.catalog).plan == "pro"


def test_who_subscribes_to_nothing_stands_with_the_free_plan() -> None:
    invoice_first = Life(a_catalog())
    invoice_first.touch(NEW_YEAR)
    invoice_first.told(NEW_YEAR, a_payment())

    nothing = Standing(plan="free", status="none")
    for account in (Account(id="new"), an_account(), invoice_first.account):
        assert standing_of(account, a_catalog()) == nothing


def test_a_new_standing_changes_the_figures_of_all_by_what_came_and_went() -> None:
    free = Standing(plan="free", status="none")
    paying = Standing(plan="basic", status="active", currency="usd", monthly_minor=1_000)

    assert moves(None, free) == {(Figure.STANDING, "free/none"): 1}
    assert +moves(paying, paying) == {}
    assert moves(free, paying) == {
        (Figure.STANDING, "free/none"): -1,
        (Figure.STANDING, "basic/active"): 1,
        (Figure.MONTHLY, "usd"): 1_000,
    }
