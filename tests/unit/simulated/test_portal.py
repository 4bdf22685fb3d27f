"""The portal of the simulated Stripe: what it is set up to offer, and its sessions."""

from typing import Any

import pytest

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway
from tests.shops.simulated import SECRET, Receiver, SetClock
from tests.stripe.gateway import an_api
from tests.stripe.simulated_api import Api
from tests.stripe.spec import Checked

EVERYTHING: dict[str, Any] = {
    "customer_update": {"enabled": True, "allowed_updates": ["email", "name"]},
    "invoice_history": {"enabled": True},
    "payment_method_update": {"enabled": True},
    "subscription_cancel": {
        "enabled": True,
        "mode": "at_period_end",
        "proration_behavior": "none",
        "cancellation_reason": {"enabled": True, "options": ["too_expensive", "other"]},
    },
    "subscription_update": {
        "enabled": True,
        "default_allowed_updates": ["price"],
        "proration_behavior": "always_invoice",
        "products": [{"product": "prod_plan_basic", "prices": ["price_basic_month", "price_basic_year"]}],
        "schedule_at_period_end": {"conditions": [{"type": "decreasing_item_amount"}]},
    },
}


@pytest.fixture
def api() -> Api:
    return Api()


async def configured(api: Api, **over: Any) -> Any:
    return await api.post("/v1/billing_portal/configurations", features=EVERYTHING, **over)


async def test_what_is_offered_is_told_again(api: Api) -> None:
    made = await configured(api, metadata={"a": "1"}, business_profile={"headline": "Images"})
    told = await api.get(
        "/v1/billing_portal/configurations",
        active=True,
        expand=["data.features.subscription_update.products"],
    )
    found, the_merchants_own = told["data"]

    assert ("bpc_default", True) == (the_merchants_own["id"], the_merchants_own["is_default"])
    assert "products" not in made["features"]["subscription_update"]
    assert [("prod_plan_basic", ["price_basic_month", "price_basic_year"])] == [
        (each["product"], each["prices"]) for each in found["features"]["subscription_update"]["products"]
    ]
    assert EVERYTHING["subscription_cancel"] == found["features"]["subscription_cancel"]
    assert ({"a": "1"}, "Images") == (found["metadata"], found["business_profile"]["headline"])
    assert ["billing_portal.configuration.created"] == await api.told()


async def test_a_change_leaves_the_rest_as_it_was(api: Api) -> None:
    made = await configured(api)
    path = f"/v1/billing_portal/configurations/{made['id']}"
    changed = await api.post(path, features={"invoice_history": {"enabled": False}}, active=False)

    assert {**made["features"], "invoice_history": {"enabled": False}} == changed["features"]
    assert changed == await api.get(path)
    active = (await api.get("/v1/billing_portal/configurations", active=True))["data"]
    assert ["bpc_default"] == [each["id"] for each in active]


@pytest.mark.parametrize(
    ("features", "param"),
    [
        ({"subscription_update": {"enabled": True}}, "features[subscription_update]"),
        (
            {
                "subscription_update": {
                    **EVERYTHING["subscription_update"],
                    "products": [{"product": "prod_plan_pro", "prices": ["price_basic_month"]}],
                }
            },
            "features[subscription_update][products][0][prices]",
        ),
        (
            {
                "subscription_update": {
                    **EVERYTHING["subscription_update"],
                    "products": [{"product": "prod_none", "prices": ["price_basic_month"]}],
                }
            },
            "features[subscription_update][products][0][product]",
        ),
    ],
)
async def test_only_what_there_is_can_be_offered(api: Api, features: dict[str, Any], param: str) -> None:
    status, refusal = await api.refused("POST", "/v1/billing_portal/configurations", features=features)

    assert (400, param) == (status, refusal["param"])


async def test_a_session_is_a_door_for_its_bearer(api: Api) -> None:
    configuration = (await configured(api))["id"]
    customer = (await api.post("/v1/customers"))["id"]
    wish = {"customer": customer, "configuration": configuration, "return_url": "https://app.test/"}
    one, other = [await api.post("/v1/billing_portal/sessions", **wish) for _ in range(2)]

    assert one["url"] != other["url"]
    door = await api.shop.stripe.portal(one["url"].rpartition("/")[2])
    assert (customer, "https://app.test/") == (door.customer_id, door.return_url)
    assert one["url"] not in str(await api.shop.events())


async def test_the_door_closes_after_an_hour_and_opens_for_nobody_else(api: Api) -> None:
    await api.shop.subscribed()
    url = await api.shop.gateway.open_portal(await api.shop.customer(), return_url="https://app.test/")
    token = url.removeprefix("https://shop.test/dev/portal/")

    assert await api.shop.customer() == (await api.shop.stripe.portal(token)).customer_id
    with pytest.raises(UnknownAtGateway):
        await api.shop.stripe.portal("guessed")
    await api.shop.later(hours=1)
    with pytest.raises(UnknownAtGateway):
        await api.shop.stripe.portal(token)


async def test_a_merchant_who_set_up_nothing_has_no_portal() -> None:
    empty = SimulatedStripe(None, SetClock(), SECRET, "http://shop.test", Receiver())
    api = an_api(Checked(empty.answer))
    customer = await api.post("/v1/customers", key="k")

    with pytest.raises(GatewayRefused, match="No configuration provided"):
        await api.post("/v1/billing_portal/sessions", key="l", customer=customer["id"])


async def test_a_session_may_lead_straight_to_one_thing(api: Api) -> None:
    sub = await api.shop.subscribed()
    wish = {
        "customer": await api.shop.customer(),
        "configuration": (await configured(api))["id"],
        "flow_data": {
            "type": "subscription_cancel",
            "subscription_cancel": {"subscription": sub},
            "after_completion": {"type": "redirect", "redirect": {"return_url": "https://app.test/"}},
        },
    }
    session = await api.post("/v1/billing_portal/sessions", **wish)

    assert ("subscription_cancel", sub) == (
        session["flow"]["type"],
        session["flow"]["subscription_cancel"]["subscription"],
    )
    other = (await api.post("/v1/customers"))["id"]
    status, refusal = await api.refused("POST", "/v1/billing_portal/sessions", **{**wish, "customer": other})
    assert (400, "flow_data[subscription_cancel][subscription]") == (status, refusal["param"])
