"""Products, prices and the portal at Stripe follow the catalog, and nothing of the merchant's is touched."""

from datetime import UTC, datetime

import pytest
from attrs import define, evolve, field

from billing_core.adapters.stripe.api import open_api
from billing_core.adapters.stripe.pace import Pace, Patience
from billing_core.adapters.stripe.shelf import StripeShelf
from billing_core.domain.catalog import CatalogVersion, Interval, Pack, Plan, Price
from billing_core.domain.money import Money
from billing_core.ports.errors import OutcomeUnknown, Unavailable
from billing_core.ports.shelf import Deed, ShelfChange
from billing_core.testing.builders import a_pack, a_plan, usd
from tests.shelf_server import Json, ShelfServer

FREE = a_plan("free", rank=0, allotment=10)
BASIC = a_plan("basic", rank=1, features=("200 credits", "e-mail support"))
BOOST = a_pack("boost")


def a_version(*plans: Plan, packs: tuple[Pack, ...] = (BOOST,)) -> CatalogVersion:
    return CatalogVersion(number=1, since=datetime(2026, 1, 1, tzinfo=UTC), plans=plans or (FREE, BASIC), packs=packs)


async def at_once(_: float) -> None:
    """Nobody waits."""


@define
class Shop:
    """A shelf, and the Stripe that it is at."""

    stripe: ShelfServer = field(factory=ShelfServer)
    given: dict[str, str] = field(factory=dict)

    @property
    def shelf(self) -> StripeShelf:
        api = open_api(self.stripe, key="sk_test_x", pace=Pace(sleep=at_once), patience=Patience(sleep=at_once))
        return StripeShelf(api, self.given)

    async def sync(self, version: CatalogVersion) -> list[str]:
        """What was done."""
        done = []
        for change in await self.shelf.compare(version):
            await self.shelf.mend(change, version)
            done.append(told(change))
        return done

    def price(self, key: str) -> Json:
        (found,) = [price for price in self.stripe.prices.values() if price["lookup_key"] == key]
        return found


def told(change: ShelfChange) -> str:
    return f"{change.deed.value} {change.thing} {change.key}"


async def test_an_empty_shelf_is_filled_in_the_order_in_which_things_need_each_other() -> None:
    shop = Shop()

    done = await shop.sync(a_version())

    assert [
        "create product plan basic",
        "create product pack boost",
        "create price basic-month",
        "create price basic-year",
        "create price boost-price",
        "create portal default",
    ] == done
    product = shop.stripe.products["prod_1"]
    assert ("Basic", "200 credits a month") == (product["name"], product["description"])
    assert [{"name": "200 credits"}, {"name": "e-mail support"}] == product["marketing_features"]
    assert {"billing_core_kind": "plan", "billing_core_item": "basic"} == product["metadata"]
    price = shop.price("basic-year")
    assert ("usd", 10_000, "year", "prod_1") == (
        price["currency"],
        price["unit_amount"],
        price["recurring"]["interval"],
        price["product"],
    )
    assert {"billing_core_price": "basic-year"} == price["metadata"]
    assert "one_time" == shop.price("boost-price")["type"]


async def test_a_second_run_has_nothing_to_do() -> None:
    shop = Shop()
    await shop.sync(a_version())
    before = len(shop.stripe.changes)

    assert [] == await shop.sync(a_version())
    assert before == len(shop.stripe.changes)


async def test_a_comparison_changes_nothing() -> None:
    shop = Shop()

    await shop.shelf.compare(a_version())

    assert [] == shop.stripe.changes


@pytest.mark.parametrize("dies_after", range(6))
async def test_a_run_that_was_cut_off_is_completed_by_the_next(dies_after: int) -> None:
    whole, cut = Shop(), Shop(ShelfServer(dies_after=dies_after))
    await whole.sync(a_version())

    with pytest.raises((Unavailable, OutcomeUnknown)):
        await cut.sync(a_version())
    cut.stripe.dies_after = None
    await cut.sync(a_version())

    assert whole.stripe.products == cut.stripe.products
    assert [each["unit_amount"] for each in whole.stripe.prices.values()] == [
        each["unit_amount"] for each in cut.stripe.prices.values()
    ]
    assert () == await cut.shelf.compare(a_version())


@pytest.mark.parametrize("thing", ["product", "price", "portal"])
async def test_mending_twice_mends_once(thing: str) -> None:
    shop = Shop()
    for change in await shop.shelf.compare(a_version()):
        await shop.shelf.mend(change, a_version())
        if change.thing == thing:
            before = len(shop.stripe.changes)
            await shop.shelf.mend(change, a_version())
            assert before == len(shop.stripe.changes)


async def test_a_price_that_changed_is_replaced_and_the_old_one_is_still_understood() -> None:
    shop = Shop()
    await shop.sync(a_version())
    old = shop.price("basic-month")
    old["tax_behavior"] = "inclusive"
    dearer = evolve(BASIC, prices=(Price("basic-month", usd(1_200), Interval.MONTH), BASIC.prices[1]))

    done = await shop.sync(a_version(FREE, dearer))

    assert ["replace price basic-month", "update portal default", "archive price basic-month"] == done
    new = shop.price("basic-month")
    assert (1_200, True, "inclusive") == (new["unit_amount"], new["active"], new["tax_behavior"])
    assert (1_000, False, None) == (old["unit_amount"], old["active"], old["lookup_key"])
    assert {"billing_core_price": "basic-month"} == old["metadata"]
    assert () == await shop.shelf.compare(a_version(FREE, dearer))


async def test_a_price_of_another_interval_or_currency_is_replaced_too() -> None:
    shop = Shop()
    await shop.sync(a_version())
    monthly = Price("boost-price", usd(500), Interval.MONTH)
    other = evolve(BASIC, prices=(Price("basic-month", Money(1_000, "eur"), Interval.MONTH), BASIC.prices[1]))

    version = a_version(FREE, other, packs=(evolve(BOOST, prices=(monthly,)),))
    done = await shop.sync(version)

    assert {"replace price basic-month", "replace price boost-price"} <= set(done)
    assert () == await shop.shelf.compare(version)


async def test_what_customers_read_of_a_product_follows_the_catalog() -> None:
    shop = Shop()
    await shop.sync(a_version())
    renamed = evolve(BASIC, name="Starter", allotment=300, features=())

    (change,) = await shop.shelf.compare(a_version(FREE, renamed))
    await shop.shelf.mend(change, a_version(FREE, renamed))

    assert ("update product plan basic", "name, description, features") == (told(change), change.detail)
    product = shop.stripe.products["prod_1"]
    assert ("Starter", "300 credits a month", "") == (
        product["name"],
        product["description"],
        product["marketing_features"],
    )


async def test_what_left_the_catalog_is_archived_and_comes_back_as_it_was() -> None:
    shop = Shop()
    await shop.sync(a_version())

    gone = await shop.sync(a_version(FREE, BASIC, packs=()))
    assert ["archive price boost-price", "archive product pack boost"] == gone

    back = await shop.sync(a_version())
    assert ["update product pack boost", "update price boost-price"] == back
    assert 3 == len(shop.stripe.prices)


async def test_the_merchants_own_products_prices_and_portal_are_never_touched() -> None:
    shop = Shop()
    shop.stripe.products["prod_mug"] = mug = {"id": "prod_mug", "name": "Mug", "active": True, "metadata": {}}
    shop.stripe.prices["price_mug"] = price = {
        "id": "price_mug", "product": "prod_mug", "active": True, "metadata": {}, "lookup_key": "mug",
        "currency": "usd", "unit_amount": 900, "type": "one_time", "recurring": None,
    }  # fmt: skip
    shop.stripe.configurations["bpc_own"] = own = {"id": "bpc_own", "active": True, "metadata": {}, "features": {}}
    before = (dict(mug), dict(price), dict(own))

    await shop.sync(a_version())
    await shop.sync(a_version(FREE, packs=()))

    assert before == (mug, price, own)


async def test_a_price_that_the_merchant_made_for_a_lookup_key_is_taken_as_it_is() -> None:
    """Only its metadata say from now on what it is, so that it stays understood when the key goes on."""
    shop = Shop()
    shop.stripe.prices["price_own"] = own = {
        "id": "price_own", "product": "prod_own", "active": True, "metadata": {}, "lookup_key": "basic-month",
        "currency": "usd", "unit_amount": 1_000, "type": "recurring",
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
    }  # fmt: skip

    done = await shop.sync(a_version())

    assert "update price basic-month" in done
    assert ("price_own", "basic-month") == (shop.price("basic-month")["id"], own["metadata"]["billing_core_price"])
    assert () == await shop.shelf.compare(a_version())


async def test_a_lookup_key_on_another_amount_goes_over_and_the_old_price_learns_what_it_was() -> None:
    shop = Shop()
    shop.stripe.prices["price_own"] = own = {
        "id": "price_own", "product": "prod_own", "active": True, "metadata": {}, "lookup_key": "basic-month",
        "currency": "usd", "unit_amount": 700, "type": "recurring",
        "recurring": {"interval": "month", "interval_count": 1},
    }  # fmt: skip

    await shop.sync(a_version())

    assert 1_000 == shop.price("basic-month")["unit_amount"]
    assert (True, {"billing_core_price": "basic-month"}) == (own["active"], own["metadata"])
    assert () == await shop.shelf.compare(a_version())


async def test_a_price_that_the_merchant_named_is_not_made() -> None:
    shop = Shop(given={"basic-month": "price_own"})
    shop.stripe.prices["price_own"] = {
        "id": "price_own", "product": "prod_own", "active": True, "metadata": {}, "lookup_key": None,
        "currency": "usd", "unit_amount": 1_000, "type": "recurring", "recurring": {"interval": "month"},
    }  # fmt: skip

    done = await shop.sync(a_version())

    assert "create price basic-month" not in done
    offered = shop.stripe.configurations["bpc_5"]["features"]["subscription_update"]["products"]
    assert {"product": "prod_own", "prices": ["price_own"]} in offered
    assert () == await shop.shelf.compare(a_version())


async def test_of_two_products_for_one_item_the_older_stays() -> None:
    """Two syncs at once may have made them."""
    shop = Shop()
    await shop.sync(a_version())
    twin = {**shop.stripe.products["prod_1"], "id": "prod_twin", "created": 1_800_000_000}
    shop.stripe.products["prod_twin"] = twin

    assert ["archive product plan basic"] == await shop.sync(a_version())
    assert (True, False) == (shop.stripe.products["prod_1"]["active"], twin["active"])


async def test_customers_may_move_among_our_plans_and_fall_only_at_the_periods_end() -> None:
    shop = Shop()
    sold_by_people = a_plan("enterprise", rank=2, contact="mailto:sales@shop.example")
    await shop.sync(a_version(FREE, BASIC, sold_by_people))

    (configuration,) = shop.stripe.configurations.values()
    moving = configuration["features"]["subscription_update"]
    assert [{"product": "prod_1", "prices": [shop.price("basic-month")["id"], shop.price("basic-year")["id"]]}] == (
        moving["products"]
    )
    assert ("always_invoice", ["price"]) == (moving["proration_behavior"], moving["default_allowed_updates"])
    assert [{"type": "decreasing_item_amount"}, {"type": "shortening_interval"}] == (
        moving["schedule_at_period_end"]["conditions"]
    )
    assert "at_period_end" == configuration["features"]["subscription_cancel"]["mode"]
    assert {"billing_core": "default"} == configuration["metadata"]


async def test_a_portal_that_somebody_changed_is_told_and_mended() -> None:
    shop = Shop()
    await shop.sync(a_version())
    (configuration,) = shop.stripe.configurations.values()
    configuration["features"]["subscription_cancel"]["mode"] = "immediately"
    configuration["features"]["subscription_update"]["schedule_at_period_end"]["conditions"].pop()

    (change,) = await shop.shelf.compare(a_version())

    assert (Deed.UPDATE, "portal") == (change.deed, change.thing)
    assert "subscription_cancel.mode, subscription_update.schedule_at_period_end.conditions" == change.detail
    assert ["update portal default"] == await shop.sync(a_version())
    assert () == await shop.shelf.compare(a_version())


async def test_where_nothing_is_sold_customers_may_move_nowhere() -> None:
    shop = Shop()

    await shop.sync(a_version(FREE, packs=()))

    (configuration,) = shop.stripe.configurations.values()
    assert {"enabled": False} == configuration["features"]["subscription_update"]


async def test_a_shelf_of_many_pages_is_read_to_its_end() -> None:
    shop = Shop()
    for n in range(250):
        shop.stripe.products[f"prod_mug{n}"] = {"id": f"prod_mug{n}", "name": "Mug", "active": True, "metadata": {}}
    await shop.sync(a_version())
    shop.stripe.products = dict(reversed(shop.stripe.products.items()))

    assert () == await shop.shelf.compare(a_version())
