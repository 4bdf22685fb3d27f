"""Checkout sessions at the simulated Stripe, opened and asked for over its API."""

from datetime import timedelta
from typing import Any

import pytest

from billing_core.domain.errors import InvalidValue
from billing_core.domain.subscription import Status
from tests.shops.simulated import ASKS, GOOD, NO_FUNDS, START
from tests.stripe.simulated_api import Api

URL = "https://app.test/done"


@pytest.fixture
def api() -> Api:
    return Api()


async def opened(api: Api, price: str = "price_basic_month", **over: Any) -> Any:
    """A checkout of one."""
    return await api.post("/v1/checkout/sessions", **await a_wish(api, price, **over))


async def a_wish(api: Api, price: str = "price_basic_month", **over: Any) -> dict[str, Any]:
    customer = (await api.post("/v1/customers", email="a@app.test"))["id"]
    mode = "payment" if price == "price_handful" else "subscription"
    lines = [{"price": price, "quantity": 1}]
    wish = {"mode": mode, "customer": customer, "success_url": URL, "line_items": lines, **over}
    return {name: value for name, value in wish.items() if value is not None}


async def test_a_checkout_becomes_a_subscription_with_its_metadata(api: Api) -> None:
    session = await opened(
        api, metadata={"a": "1"}, subscription_data={"metadata": {"b": "2"}}, client_reference_id="acc_1"
    )
    assert ("open", "unpaid", 1000, {"a": "1"}, "acc_1") == (
        session["status"],
        session["payment_status"],
        session["amount_total"],
        session["metadata"],
        session["client_reference_id"],
    )
    await api.shop.stripe.pay(session["id"], GOOD)

    done = await api.get(f"/v1/checkout/sessions/{session['id']}")
    sub = await api.get(f"/v1/subscriptions/{done['subscription']}")
    assert ("complete", "paid", None, {"b": "2"}) == (
        done["status"],
        done["payment_status"],
        done["url"],
        sub["metadata"],
    )


async def test_a_checkout_tells_its_lines_where_they_are_asked_for(api: Api) -> None:
    session = await opened(api, "price_handful", line_items=[{"price": "price_handful", "quantity": 3}])
    assert "line_items" not in session
    whole = await api.get(f"/v1/checkout/sessions/{session['id']}", expand=["line_items", "customer"])
    (line,) = whole["line_items"]["data"]

    assert (3, 1500, "price_handful") == (line["quantity"], line["amount_total"], line["price"]["id"])
    assert "a@app.test" == whole["customer"]["email"]
    assert whole["line_items"] == await api.get(f"/v1/checkout/sessions/{session['id']}/line_items")


async def test_checkouts_are_found_by_what_came_of_them(api: Api) -> None:
    subscribing, buying = await opened(api), await opened(api, "price_handful")
    for session in (subscribing, buying):
        await api.shop.stripe.pay(session["id"], GOOD)
    sub = (await api.get(f"/v1/checkout/sessions/{subscribing['id']}"))["subscription"]
    intent = (await api.get(f"/v1/checkout/sessions/{buying['id']}"))["payment_intent"]

    async def found(**by: Any) -> list[str]:
        return [session["id"] for session in (await api.get("/v1/checkout/sessions", **by))["data"]]

    assert [subscribing["id"]] == await found(subscription=sub)
    assert [buying["id"]] == await found(payment_intent=intent)
    assert [buying["id"]] == await found(customer=buying["customer"])
    assert [] == await found(customer=buying["customer"], subscription=sub)
    assert [buying["id"], subscribing["id"]] == await found(status="complete")


async def test_a_trial_costs_nothing_at_first(api: Api) -> None:
    trial = {"trial_period_days": 14, "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}}}
    session = await opened(api, subscription_data=trial, payment_method_collection="if_required")
    await api.shop.stripe.pay(session["id"], None)
    done = await api.get(f"/v1/checkout/sessions/{session['id']}")
    assert ("no_payment_required", 0) == (done["payment_status"], done["amount_total"])
    await api.shop.later(days=14)

    sub = await api.get(f"/v1/subscriptions/{done['subscription']}")
    assert "paused" == sub["status"]
    assert "customer.subscription.paused" in await api.told()


async def test_a_trial_that_nothing_is_said_about_is_billed_at_its_end(api: Api) -> None:
    session = await opened(api, subscription_data={"trial_period_days": 14}, payment_method_collection="if_required")
    await api.shop.stripe.pay(session["id"], None)
    await api.shop.later(days=14)
    sub = (await api.get(f"/v1/checkout/sessions/{session['id']}"))["subscription"]

    assert Status.PAST_DUE is (await api.shop.look(sub)).status


async def test_a_trial_needs_a_card_where_cards_are_always_collected(api: Api) -> None:
    session = await opened(api, subscription_data={"trial_period_days": 14})

    with pytest.raises(InvalidValue):
        await api.shop.stripe.pay(session["id"], None)


async def test_an_open_checkout_can_be_expired_once(api: Api) -> None:
    session = await opened(api)
    expired = await api.post(f"/v1/checkout/sessions/{session['id']}/expire")
    status, refusal = await api.refused("POST", f"/v1/checkout/sessions/{session['id']}/expire")

    assert ("expired", None) == (expired["status"], expired["url"])
    assert 400 == status
    assert "has a status of expired" in refusal["message"]
    assert "checkout.session.expired" in await api.told()


async def test_a_checkout_ends_when_it_was_to_end(api: Api) -> None:
    end = START + timedelta(hours=1)
    session = await opened(api, expires_at=int(end.timestamp()))
    await api.shop.to(end)

    assert "expired" == (await api.get(f"/v1/checkout/sessions/{session['id']}"))["status"]


async def test_a_checkout_without_a_customer_makes_one(api: Api) -> None:
    session = await opened(api, customer=None, customer_email="b@app.test")
    assert (None, "b@app.test") == (session["customer"], session["customer_email"])
    await api.shop.stripe.pay(session["id"], GOOD)

    customer = (await api.get(f"/v1/checkout/sessions/{session['id']}", expand=["customer"]))["customer"]
    assert "b@app.test" == customer["email"]


async def test_a_declined_card_is_no_end(api: Api) -> None:
    session = await opened(api)
    await api.shop.stripe.pay(session["id"], NO_FUNDS)
    assert ("open", "unpaid") == await api_status(api, session["id"])
    await api.shop.stripe.pay(session["id"], ASKS)
    await api.shop.stripe.authenticate(session["id"])

    assert ("complete", "paid") == await api_status(api, session["id"])


async def api_status(api: Api, session_id: str) -> tuple[str, str]:
    session = await api.get(f"/v1/checkout/sessions/{session_id}")
    return session["status"], session["payment_status"]


async def test_a_customer_pays_in_one_currency(api: Api) -> None:
    first = await opened(api)
    await api.shop.stripe.pay(first["id"], GOOD)
    status, refusal = await api.refused(
        "POST", "/v1/checkout/sessions", **await a_wish(api, "price_pro_month_jpy", customer=first["customer"])
    )

    assert 400 == status
    assert refusal["message"].startswith("You cannot combine currencies on a single customer.")
    assert refusal["message"].endswith("usd")


async def test_what_the_page_shows_is_told_again(api: Api) -> None:
    field = {"key": "vat", "label": {"custom": "VAT", "type": "custom"}, "optional": True, "type": "text"}
    session = await opened(
        api,
        billing_address_collection="required",
        automatic_tax={"enabled": True},
        customer_update={"address": "auto"},
        custom_fields=[field],
        locale="de",
    )

    assert ("required", True, "de") == (
        session["billing_address_collection"],
        session["automatic_tax"]["enabled"],
        session["locale"],
    )
    assert [True] == [told["optional"] for told in session["custom_fields"]]


@pytest.mark.parametrize(
    ("over", "code", "param"),
    [
        ({"mode": None}, "parameter_missing", "mode"),
        ({"mode": "setup"}, None, "mode"),
        ({"mode": "payment"}, None, "line_items"),
        ({"line_items": None}, "parameter_missing", "line_items"),
        ({"line_items": [{"price": "price_handful", "quantity": 1}]}, None, "line_items"),
        ({"line_items": [{"price": "price_none", "quantity": 1}]}, "resource_missing", "line_items[0][price]"),
        ({"line_items": [{"price": "price_basic_month"}]}, "parameter_missing", "line_items[0][quantity]"),
        ({"success_url": None}, "parameter_missing", "success_url"),
        ({"customer": "cus_none"}, "resource_missing", "customer"),
        ({"customer_email": "a@app.test"}, None, "customer"),
        ({"payment_intent_data": {"metadata": {"a": "1"}}}, None, "payment_intent_data"),
        (
            {"subscription_data": {"trial_period_days": 0}},
            "parameter_invalid_integer",
            "subscription_data[trial_period_days]",
        ),
        ({"automatic_tax": {"enabled": True}}, "customer_tax_location_invalid", None),
        ({"expires_at": 1}, None, "expires_at"),
    ],
)
async def test_a_checkout_that_makes_no_sense_is_refused(
    api: Api, over: dict[str, Any], code: str | None, param: str | None
) -> None:
    status, refusal = await api.refused("POST", "/v1/checkout/sessions", **await a_wish(api, **over))

    assert (400, code, param) == (status, refusal.get("code"), refusal.get("param"))


async def test_ways_to_pay_are_not_named_any_more(api: Api) -> None:
    """Stripe's document still has the parameter; since endive it is refused."""
    body = b"mode=payment&payment_method_types[0]=card&success_url=https://app.test&line_items[0][price]=price_handful"
    key = {"Authorization": "Bearer sk_test_1"}
    status, _, answer = await api.shop.stripe.answer(
        "POST", "/v1/checkout/sessions", key, body + b"&line_items[0][quantity]=1"
    )

    assert 400 == status
    assert b"payment_method_types" in answer
