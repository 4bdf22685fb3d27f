"""Products and prices at the simulated Stripe: what can be changed, what never, and whom a lookup key belongs to."""

from typing import Any

import pytest
from attrs import evolve

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.domain.catalog import Catalog, CatalogVersion, Plan
from billing_core.domain.money import Money
from billing_core.testing.contracts.gateway import SHOP
from tests.shops.simulated import SECRET, Receiver, SetClock, Shop
from tests.stripe.simulated_api import Api

MONTHLY = {"interval": "month"}


@pytest.fixture
def api() -> Api:
    return Api()


async def a_price(api: Api, **over: Any) -> Any:
    """A price of ten dollars a month."""
    wanted = {"currency": "usd", "unit_amount": 1000, "product": "prod_plan_basic", "recurring": MONTHLY, **over}
    return await api.post("/v1/prices", **wanted)


async def test_the_shop_is_stocked_with_the_catalog(api: Api) -> None:
    (price,) = (await api.get("/v1/prices", lookup_keys=["pro_month"], expand=["data.product"]))["data"]

    assert ("price_pro_month", 3000, "usd", "month") == (
        price["id"],
        price["unit_amount"],
        price["currency"],
        price["recurring"]["interval"],
    )
    assert {"billing_core_price": "pro_month"} == price["metadata"]
    assert {"billing_core_kind": "plan", "billing_core_item": "pro"} == price["product"]["metadata"]


async def test_an_empty_shop_is_filled_over_the_api() -> None:
    empty = Shop()
    empty.stripe._engine.catalog = None
    api = Api(empty)
    product = await api.post("/v1/products", name="Basic", metadata={"a": "b"}, marketing_features=[{"name": "Fast"}])
    price = await a_price(api, product=product["id"], lookup_key="basic")

    assert [price] == (await api.get("/v1/prices", product=product["id"]))["data"]
    assert [product] == (await api.get("/v1/products", active=True))["data"]
    assert ["product.created", "price.created"] == await api.told()


async def test_a_later_version_of_the_catalog_makes_a_new_price(api: Api) -> None:
    await api.get("/v1/prices/price_basic_month")
    basic = SHOP.current.plan("basic")
    dearer = evolve(basic.prices[0], money=Money(1200, "usd"))
    api.shop.stripe._engine.catalog = lambda: a_catalog(evolve(basic, prices=(dearer, *basic.prices[1:])))

    old, new = [await api.get(f"/v1/prices/price_basic_month{n}") for n in ("", "_2")]
    assert (False, None, 1000) == (old["active"], old["lookup_key"], old["unit_amount"])
    assert (True, "basic_month", 1200) == (new["active"], new["lookup_key"], new["unit_amount"])
    assert {"billing_core_price": "basic_month"} == old["metadata"] == new["metadata"]


def a_catalog(basic: Plan) -> Catalog:
    """The shop's catalog and a later version with another basic plan."""
    others = tuple(plan for plan in SHOP.current.plans if plan.key != "basic")
    later: CatalogVersion = evolve(SHOP.current, number=2, plans=(*others, basic))
    return Catalog((SHOP.current, later))


async def test_a_lookup_key_belongs_to_one_price_until_it_is_transferred(api: Api) -> None:
    _, refusal = await api.refused("POST", "/v1/prices", **ANOTHER)
    assert ("lookup_key", "A price (`price_basic_month`) already uses that lookup key.") == (
        refusal["param"],
        refusal["message"],
    )

    new = await api.post("/v1/prices", **ANOTHER, transfer_lookup_key=True)

    assert [new["id"]] == [p["id"] for p in (await api.get("/v1/prices", lookup_keys=["basic_month"]))["data"]]
    old = await api.get("/v1/prices/price_basic_month")
    assert (None, True) == (old["lookup_key"], old["active"])
    assert ["price.updated", "price.created"] == await api.told()


ANOTHER = {
    "currency": "usd",
    "unit_amount": 1200,
    "product": "prod_plan_basic",
    "recurring": MONTHLY,
    "lookup_key": "basic_month",
}


async def test_an_archived_price_is_not_sold(api: Api) -> None:
    await api.post("/v1/prices/price_basic_month", active=False)
    customer = await api.post("/v1/customers")

    _, refusal = await api.refused(
        "POST",
        "/v1/checkout/sessions",
        mode="subscription",
        customer=customer["id"],
        success_url="https://app.test/",
        line_items=[{"price": "price_basic_month", "quantity": 1}],
    )

    assert ("line_items[0][price]", "The price specified is inactive. This field only accepts active prices.") == (
        refusal["param"],
        refusal["message"],
    )


async def test_the_price_of_an_archived_product_is_not_sold(api: Api) -> None:
    await api.post("/v1/products/prod_pack_handful", active=False)

    status, refusal = await api.refused(
        "POST", "/v1/payment_links", line_items=[{"price": "price_handful", "quantity": 1}]
    )

    assert (400, "line_items[0][price]") == (status, refusal["param"])


async def test_the_default_price_of_a_product_is_not_archived(api: Api) -> None:
    await api.post("/v1/products/prod_plan_basic", default_price="price_basic_month")
    status, _ = await api.refused("POST", "/v1/prices/price_basic_month", active=False)

    assert 400 == status


@pytest.mark.parametrize(
    ("over", "param"),
    [
        ({"unit_amount": None}, "unit_amount"),
        ({"product": "prod_none"}, "product"),
        ({"currency": "dollars"}, "currency"),
        ({"recurring": {"interval": "week"}}, "recurring[interval]"),
        ({"recurring": {"interval": "month", "interval_count": 99}}, "recurring[interval_count]"),
    ],
)
async def test_a_price_that_makes_no_sense_is_refused(api: Api, over: dict[str, Any], param: str) -> None:
    wanted = {"currency": "usd", "unit_amount": 1000, "product": "prod_plan_basic", **over}
    status, refusal = await api.refused("POST", "/v1/prices", **wanted)

    assert (400, param) == (status, refusal["param"])


async def test_a_product_tells_what_changed(api: Api) -> None:
    await api.post("/v1/products/prod_plan_pro", name="Professional", marketing_features=[{"name": "All of it"}])
    (event,) = await api.shop.events("product.updated")

    assert {"name", "marketing_features", "updated"} == set(event["data"]["previous_attributes"])
    assert ["product.updated"] == await api.told()


async def test_a_change_that_changes_nothing_tells_nothing(api: Api) -> None:
    await api.post("/v1/products/prod_plan_pro", name="Pro")
    await api.post("/v1/prices/price_pro_month", active=True)

    assert [] == await api.told()


async def test_what_is_on_sale_is_the_same_after_a_restart(tmp_path: Any) -> None:
    async def prices() -> Any:
        stripe = SimulatedStripe(
            lambda: SHOP, SetClock(), SECRET, "http://shop.test", Receiver(), state_path=tmp_path / "state.json"
        )
        await stripe.advance()
        return (await stripe.state()).prices

    assert await prices() == await prices()
