"""What is sold, by version; what was sold is never forgotten."""

from datetime import timedelta

import pytest
from attrs import evolve

from billing_core.domain.catalog import UNLIMITED, Catalog, Interval, Kind, Price, within
from billing_core.domain.errors import NotPriced, UnknownPack, UnknownPlan
from billing_core.domain.money import Money
from billing_core.testing.builders import BASIC, FREE, NEW_YEAR, PREMIUM, PRO, a_catalog, a_plan, a_version, usd

LATER = NEW_YEAR + timedelta(days=90)


def two_versions() -> Catalog:
    """In the second one, basic is retired, pro gives more and team is new."""
    more = evolve(PRO, allotment=600)
    second = a_version(number=2, since=LATER, plans=(FREE, more, a_plan("team", rank=4)), packs=())
    return Catalog([a_version(), second])


def test_the_lowest_plan_is_the_free_one() -> None:
    assert a_catalog().current.free == FREE


def test_a_limit_allows_itself_and_unlimited_allows_everything() -> None:
    assert within(3, 3)
    assert not within(3, 4)
    assert within(UNLIMITED, 10**9)


def test_an_interval_has_its_months() -> None:
    assert (Interval.MONTH.months, Interval.YEAR.months) == (1, 12)


def test_only_a_plan_without_a_number_is_unlimited() -> None:
    assert PREMIUM.is_unlimited
    assert not BASIC.is_unlimited


def test_the_largest_size_is_the_one_with_most_pixels() -> None:
    assert evolve(BASIC, sizes=("1024x1024", "1536x1024", "1024x512")).max_size == "1536x1024"


def test_a_moment_has_the_version_that_was_sold_then_and_the_first_one_before() -> None:
    catalog = two_versions()

    assert catalog.in_force_at(NEW_YEAR - timedelta(days=1)).number == 1
    assert catalog.in_force_at(LATER - timedelta(microseconds=1)).number == 1
    assert catalog.in_force_at(LATER).number == 2


def test_a_price_is_read_by_the_pinned_version_and_a_retired_one_by_the_oldest_that_knows_it() -> None:
    catalog = two_versions()

    retired = catalog.offer("basic-month", pinned=2)

    assert retired is not None
    assert (retired.kind, retired.item) == (Kind.PLAN, "basic")
    assert catalog.offer("team-month", pinned=1) == catalog.current.offers["team-month"]
    assert catalog.offer("price_unknown", pinned=1) is None


@pytest.mark.parametrize(("pinned", "costs"), [(1, usd(2000)), (2, usd(2500))])
def test_a_price_that_was_raised_under_its_key_is_the_one_of_the_pinned_version(pinned: int, costs: Money) -> None:
    dearer = evolve(PRO, prices=(Price("pro-month", usd(2500), Interval.MONTH),))
    offer = Catalog([a_version(), a_version(number=2, plans=(FREE, dearer))]).offer("pro-month", pinned=pinned)

    assert offer is not None
    assert offer.price.money == costs


def test_a_pinned_plan_stays_as_it_was_bought() -> None:
    catalog = two_versions()

    assert catalog.plan("pro", pinned=1).allotment == 500
    assert catalog.plan("pro", pinned=2).allotment == 600
    assert catalog.plan("basic", pinned=2) == BASIC
    assert catalog.pack("boost", pinned=2).credits == 100


def test_what_no_version_knows_is_not_guessed() -> None:
    catalog = two_versions()

    with pytest.raises(UnknownPlan, match="no plan named gold"):
        catalog.plan("gold", pinned=1)
    with pytest.raises(UnknownPack, match="no pack named gold"):
        catalog.pack("gold", pinned=1)
    with pytest.raises(UnknownPlan, match="no plan named gold"):
        catalog.current.plan("gold")
    with pytest.raises(UnknownPack, match="no pack named gold"):
        catalog.current.pack("gold")
    with pytest.raises(NotPriced, match="no price for large at 8x8, quality low"):
        catalog.current.credits_for("large", "8x8", "low")


def test_the_current_version_gives_its_own() -> None:
    current = a_catalog().current

    assert current.plan("pro") == PRO
    assert current.pack("boost").credits == 100
    assert current.credits_for("large", "1024x1024", "high") == 40


def test_the_allotments_are_those_of_all_versions_without_the_unlimited() -> None:
    then = a_version(plans=(FREE, a_plan("pro", rank=2, allotment=5000), PREMIUM))
    now = a_version(number=2, since=NEW_YEAR + timedelta(days=1), plans=(FREE, a_plan(), PREMIUM))

    assert PREMIUM.is_unlimited
    assert {10, 200, 5000} == Catalog([then, now]).allotments
