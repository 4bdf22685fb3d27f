"""Products, prices and the portal at Stripe follow the catalog, and nothing of the merchant's is touched."""

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import define, evolve, field

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.stripe.api import Api, any_key
from billing_core.adapters.stripe.shelf import StripeShelf
from billing_core.adapters.system import FixedClock
from billing_core.domain.catalog import CatalogVersion, Interval, Pack, Plan, Price
from billing_core.domain.money import Money
from billing_core.ports.errors import OutcomeUnknown
from billing_core.ports.shelf import Deed, ShelfChange
from billing_core.testing.builders import NEW_YEAR, a_pack, a_plan, usd
from tests.shops.simulated import SECRET, Receiver
from tests.stripe.gateway import an_api
from tests.stripe.samples import Json
from tests.stripe.spec import Checked

FREE = a_plan("free", rank=0, allotment=10)
BASIC = a_plan("basic", rank=1, features=("200 credits", "e-mail support"))
BOOST = a_pack("boost")


def a_version(*plans: Plan, packs: tuple[Pack, ...] = (BOOST,)) -> CatalogVersion:
    return CatalogVersion(number=1, since=NEW_YEAR, plans=plans or (FREE, BASIC), packs=packs)


@define
class Shop:
    """A shelf, the Stripe that it is at, and its merchant, who works there by hand.

    `dies_after` lets the line to Stripe break after so many changes, the last of which is still made.
    """

    given: dict[str, str] = field(factory=dict)
    dies_after: int | None = None
    changes: int = 0
    stripe: SimulatedStripe = field(init=False)
    merchant: Api = field(init=False)
    shelf: StripeShelf = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.stripe = SimulatedStripe(None, FixedClock(NEW_YEAR), SECRET, "http://shop.test", Receiver())
        self.merchant = an_api(self.stripe.answer)
        self.shelf = StripeShelf(an_api(Checked(self.line)), self.given)

    async def line(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if method.upper() == "POST":
            if self.changes == self.dies_after:
                raise ConnectionError("gone")
            self.changes += 1
        return await self.stripe.answer(method, url, headers, body)

    async def sync(self, version: CatalogVersion) -> list[str]:
        """What was done."""
        done = []
        for change in await self.shelf.compare(version):
            await self.shelf.mend(change, version)
            done.append(told(change))
        return done

    async def all(self, path: str, **params: Any) -> list[Json]:
        """What is there, oldest first."""
        return [dict(each) async for each in self.merchant.pages(path, **params)][::-1]

    async def products(self) -> list[Json]:
        return await self.all("/v1/products")

    async def prices(self) -> list[Json]:
        return await self.all("/v1/prices")

    async def price(self, key: str) -> Json:
        """The one that has the lookup key."""
        (found,) = await self.all("/v1/prices", lookup_keys=[key])
        return found

    async def configuration(self) -> Json:
        (found,) = await self.all(
            "/v1/billing_portal/configurations", expand=["data.features.subscription_update.products"]
        )
        return found

    async def by_hand(self, path: str, **params: Any) -> Json:
        """The merchant makes or changes something."""
        return dict(await self.merchant.post(path, key=any_key(), **params))

    async def own_price(self, **params: Any) -> Json:
        """A price of the merchant's, under a product of his own."""
        default = {"currency": "usd", "unit_amount": 1_000, "recurring": {"interval": "month"}}
        return await self.by_hand("/v1/prices", product_data={"name": "Mug"}, **(default | params))


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
    product = (await shop.products())[0]
    assert ("Basic", "200 credits a month") == (product["name"], product["description"])
    assert [{"name": "200 credits"}, {"name": "e-mail support"}] == product["marketing_features"]
    assert {"billing_core_kind": "plan", "billing_core_item": "basic"} == product["metadata"]
    price = await shop.price("basic-year")
    assert ("usd", 10_000, "year") == (price["currency"], price["unit_amount"], price["recurring"]["interval"])
    assert (product["id"], {"billing_core_price": "basic-year"}) == (price["product"], price["metadata"])
    assert "one_time" == (await shop.price("boost-price"))["type"]


async def test_a_second_run_has_nothing_to_do() -> None:
    shop = Shop()
    await shop.sync(a_version())
    before = shop.changes

    assert [] == await shop.sync(a_version())
    assert before == shop.changes


async def test_a_comparison_changes_nothing() -> None:
    shop = Shop()

    await shop.shelf.compare(a_version())

    assert 0 == shop.changes


@pytest.mark.parametrize("dies_after", range(6))
async def test_a_run_that_was_cut_off_is_completed_by_the_next(dies_after: int) -> None:
    whole, cut = Shop(), Shop(dies_after=dies_after)
    await whole.sync(a_version())

    with pytest.raises(OutcomeUnknown):
        await cut.sync(a_version())
    cut.dies_after = None
    await cut.sync(a_version())

    assert await whole.products() == await cut.products()
    assert await whole.prices() == await cut.prices()
    assert () == await cut.shelf.compare(a_version())


@pytest.mark.parametrize("thing", ["product", "price", "portal"])
async def test_mending_twice_mends_once(thing: str) -> None:
    shop = Shop()
    for change in await shop.shelf.compare(a_version()):
        await shop.shelf.mend(change, a_version())
        if change.thing == thing:
            before = shop.changes
            await shop.shelf.mend(change, a_version())
            assert before == shop.changes


async def test_a_price_that_changed_is_replaced_and_the_old_one_is_still_understood() -> None:
    shop = Shop()
    await shop.sync(a_version())
    old_id = (await shop.price("basic-month"))["id"]
    await shop.by_hand(f"/v1/prices/{old_id}", tax_behavior="inclusive")
    dearer = evolve(BASIC, prices=(Price("basic-month", usd(1_200), Interval.MONTH), BASIC.prices[1]))

    done = await shop.sync(a_version(FREE, dearer))

    assert ["replace price basic-month", "update portal default", "archive price basic-month"] == done
    new, old = await shop.price("basic-month"), await shop.merchant.get(f"/v1/prices/{old_id}")
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
    product = (await shop.products())[0]
    assert ("Starter", "300 credits a month") == (product["name"], product["description"])
    assert [] == product["marketing_features"]


async def test_what_left_the_catalog_is_archived_and_comes_back_as_it_was() -> None:
    shop = Shop()
    await shop.sync(a_version())

    gone = await shop.sync(a_version(FREE, BASIC, packs=()))
    assert ["archive price boost-price", "archive product pack boost"] == gone

    back = await shop.sync(a_version())
    assert ["update product pack boost", "update price boost-price"] == back
    assert 3 == len(await shop.prices())


async def test_the_merchants_own_products_prices_and_portal_are_never_touched() -> None:
    shop = Shop()
    price = await shop.own_price(lookup_key="mug", recurring=None)
    own = await shop.by_hand("/v1/billing_portal/configurations", features={"invoice_history": {"enabled": True}})
    paths = [f"/v1/products/{price['product']}", f"/v1/prices/{price['id']}"]
    paths.append(f"/v1/billing_portal/configurations/{own['id']}")
    before = [await shop.merchant.get(path) for path in paths]

    await shop.sync(a_version())
    await shop.sync(a_version(FREE, packs=()))

    assert before == [await shop.merchant.get(path) for path in paths]


async def test_a_price_that_the_merchant_made_for_a_lookup_key_is_taken_as_it_is() -> None:
    """Only its metadata say from now on what it is, so that it stays understood when the key goes on."""
    shop = Shop()
    own = await shop.own_price(lookup_key="basic-month")

    done = await shop.sync(a_version())

    assert "update price basic-month" in done
    assert {**own, "metadata": {"billing_core_price": "basic-month"}} == await shop.price("basic-month")
    assert () == await shop.shelf.compare(a_version())


async def test_a_lookup_key_on_another_amount_goes_over_and_the_old_price_learns_what_it_was() -> None:
    shop = Shop()
    own = await shop.own_price(lookup_key="basic-month", unit_amount=700)

    await shop.sync(a_version())

    assert 1_000 == (await shop.price("basic-month"))["unit_amount"]
    own = dict(await shop.merchant.get(f"/v1/prices/{own['id']}"))
    assert (True, {"billing_core_price": "basic-month"}) == (own["active"], own["metadata"])
    assert () == await shop.shelf.compare(a_version())


async def test_a_price_that_the_merchant_named_is_not_made() -> None:
    shop = Shop()
    own = await shop.own_price()
    shop.shelf = StripeShelf(shop.merchant, {"basic-month": own["id"]})

    done = await shop.sync(a_version())

    assert "create price basic-month" not in done
    moving = (await shop.configuration())["features"]["subscription_update"]
    assert (own["product"], [own["id"]]) in [(sold["product"], sold["prices"]) for sold in moving["products"]]
    assert () == await shop.shelf.compare(a_version())


async def test_of_two_products_for_one_item_the_older_stays() -> None:
    """Two syncs at once may have made them."""
    shop = Shop()
    await shop.sync(a_version())
    older = (await shop.products())[0]
    twin = await shop.by_hand("/v1/products", **{name: older[name] for name in ("name", "description", "metadata")})

    assert ["archive product plan basic"] == await shop.sync(a_version())
    active = {product["id"]: product["active"] for product in await shop.products()}
    assert (True, False) == (active[older["id"]], active[twin["id"]])


async def test_customers_may_move_among_our_plans_and_fall_only_at_the_periods_end() -> None:
    shop = Shop()
    sold_by_people = a_plan("enterprise", rank=2, contact="mailto:sales@shop.example")
    await shop.sync(a_version(FREE, BASIC, sold_by_people))

    configuration = await shop.configuration()
    moving = configuration["features"]["subscription_update"]
    (offered,) = moving["products"]
    assert {(await shop.price(key))["id"] for key in ("basic-month", "basic-year")} == set(offered["prices"])
    assert ("always_invoice", ["price"]) == (moving["proration_behavior"], moving["default_allowed_updates"])
    assert [{"type": "decreasing_item_amount"}, {"type": "shortening_interval"}] == (
        moving["schedule_at_period_end"]["conditions"]
    )
    assert "at_period_end" == configuration["features"]["subscription_cancel"]["mode"]
    assert {"billing_core": "default"} == configuration["metadata"]


async def test_a_portal_that_somebody_changed_is_told_and_mended() -> None:
    shop = Shop()
    await shop.sync(a_version())
    await shop.by_hand(
        f"/v1/billing_portal/configurations/{(await shop.configuration())['id']}",
        features={
            "subscription_cancel": {"enabled": True, "mode": "immediately"},
            "subscription_update": {
                "enabled": True,
                "schedule_at_period_end": {"conditions": [{"type": "decreasing_item_amount"}]},
            },
        },
    )

    (change,) = await shop.shelf.compare(a_version())

    assert (Deed.UPDATE, "portal") == (change.deed, change.thing)
    assert "subscription_cancel.mode, subscription_update.schedule_at_period_end.conditions" == change.detail
    assert ["update portal default"] == await shop.sync(a_version())
    assert () == await shop.shelf.compare(a_version())


async def test_where_nothing_is_sold_customers_may_move_nowhere() -> None:
    shop = Shop()

    await shop.sync(a_version(FREE, packs=()))

    assert False is (await shop.configuration())["features"]["subscription_update"]["enabled"]
    assert () == await shop.shelf.compare(a_version(FREE, packs=()))


async def test_a_shelf_of_many_pages_is_read_to_its_end() -> None:
    shop = Shop()
    await shop.sync(a_version())
    for n in range(150):
        await shop.by_hand("/v1/products", name=f"Mug {n}")

    assert () == await shop.shelf.compare(a_version())
