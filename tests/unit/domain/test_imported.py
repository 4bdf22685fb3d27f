"""A subscription that was sold elsewhere before: what was given there is not given again here."""

from billing_core.domain.catalog import Catalog
from billing_core.domain.subscription import Status
from billing_core.testing.builders import (
    BASIC,
    FREE,
    NEW_YEAR,
    PRO,
    Life,
    a_catalog,
    a_charge,
    a_payment,
    a_plan,
    a_snapshot,
    a_version,
    day,
)

NOW = day(2026, 7, 15)
FREE_CREDITS = 10
A_YEAR = a_payment(a_charge(end=day(2027, 1, 1)))


def imported(*facts: object, catalog: Catalog | None = None, **told: object) -> Life:
    """The life of somebody whose subscription since New Year is brought in on 15 July."""
    life = Life(catalog or a_catalog())
    life.touch(NOW)
    snapshot = a_snapshot(**{"price": "basic-year", "seen_at": NOW, **told})  # type: ignore[arg-type]
    life.keep(life.at(NOW).learned(snapshots=[snapshot], imported=True))
    for fact in facts:
        life.told(NOW, fact)  # type: ignore[arg-type]
    return life


def test_a_year_that_is_half_over_brings_only_the_month_in_progress() -> None:
    life = imported(A_YEAR)

    assert FREE_CREDITS + 200 == life.account.book.available
    assert "basic" == life.at(NOW).in_force.plan.key


def test_the_months_that_follow_come_as_ever() -> None:
    life = imported(A_YEAR)
    august = life.touch(day(2026, 8, 2))

    assert FREE_CREDITS + 2 * 200 == august.book.totals.granted
    assert 200 + FREE_CREDITS == august.book.available


def test_an_invoice_of_a_month_that_is_over_gives_nothing() -> None:
    june, july = a_payment(a_charge(start=day(2026, 6, 1))), a_payment(a_charge(start=day(2026, 7, 1)))
    life = imported(july, june, price="basic-month", period_start=day(2026, 7, 1))

    assert FREE_CREDITS + 200 == life.account.book.available


def test_a_month_that_ends_as_it_is_brought_in_was_given_elsewhere() -> None:
    anchor = day(2026, 1, 15)
    life = imported(a_payment(a_charge(start=anchor, end=day(2027, 1, 15))), anchor=anchor)

    (subscription,) = life.account.subscriptions
    assert [NOW] == [tally.start for tally in subscription.tallies]
    assert FREE_CREDITS + 200 == life.account.book.totals.granted


def test_it_brings_no_initial_credits_now_or_later() -> None:
    generous = a_catalog(a_plan("basic", initial_credits=1000))
    july = a_payment(a_charge(start=day(2026, 7, 1)))
    life = imported(july, catalog=generous, price="basic-month", period_start=day(2026, 7, 1))
    life.told(day(2026, 8, 1), a_payment(a_charge(start=day(2026, 8, 1))))

    assert FREE_CREDITS + 400 == life.account.book.totals.granted


def test_it_is_pinned_to_the_oldest_version_that_knows_its_price() -> None:
    plus = a_plan("plus", rank=4, allotment=900)
    versions = [
        a_version(number=1, since=day(2026, 5, 1), plans=(FREE, BASIC, PRO)),
        a_version(number=2, since=day(2026, 6, 1), plans=(FREE, BASIC, plus)),
        a_version(number=3, since=day(2026, 7, 1), plans=(FREE, BASIC, a_plan("plus", rank=4, allotment=100))),
    ]
    life = imported(catalog=Catalog(versions), price="plus-month", created_at=day(2026, 7, 2))

    (subscription,) = life.account.subscriptions
    assert 2 == subscription.version


def test_it_stays_pinned_when_it_moves_to_a_newer_price() -> None:
    versions = [
        a_version(number=1, plans=(FREE, BASIC)),
        a_version(number=2, since=day(2026, 6, 1), plans=(FREE, BASIC, PRO)),
    ]
    created = day(2026, 6, 2)
    life = imported(catalog=Catalog(versions), created_at=created)
    life.told(NOW, a_snapshot(price="pro-month", created_at=created, seen_at=day(2026, 7, 16)))

    (subscription,) = life.account.subscriptions
    assert 1 == subscription.version
    assert subscription.imported_at == NOW


def test_one_that_these_books_know_already_is_not_imported() -> None:
    life = Life(a_catalog())
    life.told(NEW_YEAR, a_snapshot(price="basic-month"))
    told = a_snapshot(Status.PAST_DUE, price="basic-month", seen_at=NOW)
    life.keep(life.at(NOW).learned(snapshots=[told], imported=True))

    (subscription,) = life.account.subscriptions
    assert Status.PAST_DUE is subscription.status
    assert subscription.imported_at is None
