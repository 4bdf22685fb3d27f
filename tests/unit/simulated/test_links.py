"""Payment links at the simulated Stripe."""

from typing import Any

import pytest

from billing_core.domain.errors import IllegalTransition
from tests.shops.simulated import GOOD
from tests.stripe.simulated_api import Api


@pytest.fixture
def api() -> Api:
    return Api()


async def a_link(api: Api, price: str = "price_basic_month", **over: Any) -> Any:
    return await api.post("/v1/payment_links", line_items=[{"price": price, "quantity": 1}], **over)


async def test_each_visitor_of_a_link_has_a_checkout_of_their_own(api: Api) -> None:
    link = await a_link(api, metadata={"a": "1"}, subscription_data={"metadata": {"b": "2"}})
    one = await api.shop.stripe.open_link(link["id"], email="a@app.test", reference="acc_1")
    other = await api.shop.stripe.open_link(link["id"])
    await api.shop.stripe.pay(one, GOOD)

    done = await api.get(f"/v1/checkout/sessions/{one}", expand=["customer"])
    assert (link["id"], {"a": "1"}, "acc_1", "a@app.test", "complete") == (
        done["payment_link"],
        done["metadata"],
        done["client_reference_id"],
        done["customer"]["email"],
        done["status"],
    )
    assert {"b": "2"} == (await api.get(f"/v1/subscriptions/{done['subscription']}"))["metadata"]
    sessions = (await api.get("/v1/checkout/sessions", payment_link=link["id"]))["data"]
    assert [other, one] == [session["id"] for session in sessions]


async def test_a_link_tells_what_it_sells(api: Api) -> None:
    link = await a_link(api, "price_handful", customer_creation="always", payment_intent_data={"metadata": {"a": "1"}})
    told = await api.get(f"/v1/payment_links/{link['id']}", expand=["line_items"])

    assert ["price_handful"] == [line["price"]["id"] for line in told["line_items"]["data"]]
    assert ({"a": "1"}, None, True) == (
        told["payment_intent_data"]["metadata"],
        told["subscription_data"],
        told["active"],
    )
    assert [link] == (await api.get("/v1/payment_links", active=True))["data"]


@pytest.mark.parametrize(("creation", "is_guest"), [("always", False), ("if_required", True), (None, True)])
async def test_who_pays_once_is_a_guest_unless_a_customer_is_made(
    api: Api, creation: str | None, is_guest: bool
) -> None:
    link = await a_link(api, "price_handful", customer_creation=creation)
    session = await api.shop.stripe.open_link(link["id"], email="a@app.test")
    await api.shop.stripe.pay(session, GOOD)
    done = await api.get(f"/v1/checkout/sessions/{session}")
    intent = await api.get(f"/v1/payment_intents/{done['payment_intent']}")

    assert (is_guest, is_guest, "a@app.test") == (
        done["customer"] is None,
        intent["customer"] is None,
        done["customer_details"]["email"],
    )


async def test_a_link_that_is_off_opens_nothing(api: Api) -> None:
    link = await a_link(api)
    off = await api.post(f"/v1/payment_links/{link['id']}", active=False, metadata={"a": "1"})

    assert (False, {"a": "1"}) == (off["active"], off["metadata"])
    with pytest.raises(IllegalTransition):
        await api.shop.stripe.open_link(link["id"])


async def test_a_link_sells_as_often_as_it_may(api: Api) -> None:
    link = await a_link(api, "price_handful", restrictions={"completed_sessions": {"limit": 2}})
    for _ in range(2):
        await api.shop.stripe.pay(await api.shop.stripe.open_link(link["id"]), GOOD)

    told = await api.get(f"/v1/payment_links/{link['id']}")
    assert (False, {"count": 2, "limit": 2}) == (told["active"], told["restrictions"]["completed_sessions"])
    with pytest.raises(IllegalTransition):
        await api.shop.stripe.open_link(link["id"])


async def test_the_news_of_a_link_have_stripes_shapes(api: Api) -> None:
    link = await a_link(api)
    await api.post(f"/v1/payment_links/{link['id']}", allow_promotion_codes=True)

    assert ["payment_link.created", "payment_link.updated"] == await api.told()
