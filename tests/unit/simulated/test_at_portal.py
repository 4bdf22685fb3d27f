"""What a customer can do at the simulated Stripe's portal, and what its configuration does not let them."""

from typing import Any

import pytest

from billing_core.adapters.simulated import PaymentStatus
from billing_core.domain.errors import IllegalTransition
from billing_core.ports.errors import UnknownAtGateway
from tests.shops.simulated import ASKS, DECLINES_LATER, NO_FUNDS
from tests.stripe.simulated_api import Api

SUB = "/v1/subscriptions/sub_00000001"


async def a_shop(sold: str = "basic_month", **wishes: Any) -> Api:
    api = Api()
    await api.shop.subscribed(sold, **wishes)
    await api.shop.later(days=10)
    return api


async def token(api: Api, **features: Any) -> str:
    """Opens the stocked portal, or one with those features alone."""
    params: dict[str, Any] = {"customer": await api.shop.customer(), "return_url": "https://app.test/"}
    if features:
        made = await api.post("/v1/billing_portal/configurations", features=features)
        params["configuration"] = made["id"]
    session = await api.post("/v1/billing_portal/sessions", **params)
    return str(session["url"]).rpartition("/")[2]


async def test_a_customer_cancels_and_thinks_better_of_it() -> None:
    api = await a_shop()
    opened = await token(api)
    await api.shop.stripe.at_portal.cancel(opened)
    assert (await api.get(SUB))["cancel_at_period_end"] is True
    await api.shop.stripe.at_portal.resume(opened)

    assert (await api.get(SUB))["cancel_at_period_end"] is False
    assert ["customer.subscription.updated"] * 2 == (await api.told("customer.subscription"))[-2:]


async def test_a_customer_cancels_at_once_where_the_merchant_lets_them() -> None:
    api = await a_shop()
    at_once = {"enabled": True, "mode": "immediately", "proration_behavior": "always_invoice"}
    await api.shop.stripe.at_portal.cancel(await token(api, subscription_cancel=at_once))

    assert "canceled" == (await api.get(SUB))["status"]
    assert 0 > await api.shop.balance()


async def test_dearer_is_now_and_paid_at_once() -> None:
    api = await a_shop()
    result = await api.shop.stripe.at_portal.switch(await token(api), "price_pro_month")
    sub = await api.get(SUB, expand=["latest_invoice"])

    assert PaymentStatus.SUCCEEDED is result.status
    assert ("price_pro_month", "paid", "subscription_update") == (
        sub["items"]["data"][0]["price"]["id"],
        sub["latest_invoice"]["status"],
        sub["latest_invoice"]["billing_reason"],
    )
    await api.told("customer.subscription")
    await api.told("invoice")


@pytest.mark.parametrize(("sold", "wanted"), [("pro_month", "price_basic_month"), ("basic_year", "price_basic_month")])
async def test_cheaper_or_shorter_waits_for_the_periods_end(sold: str, wanted: str) -> None:
    api = await a_shop(sold)
    await api.shop.stripe.at_portal.switch(await token(api), wanted)
    sub = await api.get(SUB)
    assert (f"price_{sold}", True) == (sub["items"]["data"][0]["price"]["id"], sub["schedule"] is not None)

    await api.shop.later(days=366)
    assert wanted == (await api.get(SUB))["items"]["data"][0]["price"]["id"]
    await api.told("customer.subscription")
    await api.told("invoice")


async def test_who_changes_their_mind_about_what_was_to_come_goes_on_from_now() -> None:
    api = await a_shop("pro_month")
    opened = await token(api)
    await api.shop.stripe.at_portal.switch(opened, "price_basic_month")
    await api.shop.stripe.at_portal.cancel(opened)
    sub = await api.get(SUB)

    assert (None, True) == (sub["schedule"], sub["cancel_at_period_end"])


async def test_a_card_that_is_declined_changes_nothing() -> None:
    api = await a_shop(card=DECLINES_LATER)
    result = await api.shop.stripe.at_portal.switch(await token(api), "price_pro_month")

    assert (PaymentStatus.DECLINED, "generic_decline") == (result.status, result.decline_code)
    assert "price_basic_month" == (await api.get(SUB))["items"]["data"][0]["price"]["id"]
    assert ["in_00000001"] == await api.shop.invoices()


async def test_a_bank_that_asks_is_answered_at_the_invoice() -> None:
    api = await a_shop()
    opened = await token(api)
    await api.shop.stripe.at_portal.replace_card(opened, ASKS)
    result = await api.shop.stripe.at_portal.switch(opened, "price_pro_month")
    assert PaymentStatus.REQUIRES_AUTHENTICATION is result.status
    await api.shop.stripe.authenticate_invoice(str(result.redirect_url).rpartition("/")[2])

    assert "price_pro_month" == (await api.get(SUB))["items"]["data"][0]["price"]["id"]


async def test_a_switch_in_a_trial_ends_it() -> None:
    api = await a_shop(trial_days=30)
    await api.shop.stripe.at_portal.switch(await token(api), "price_pro_month")
    sub = await api.get(SUB, expand=["latest_invoice"])

    assert ("active", "paid", 3000) == (
        sub["status"],
        sub["latest_invoice"]["status"],
        sub["latest_invoice"]["amount_paid"],
    )


async def test_what_can_be_moved_to_is_offered() -> None:
    api = await a_shop()
    offered = {price.id for price in await api.shop.stripe.at_portal.offers(await token(api))}

    assert {"price_pro_month", "price_basic_year"} <= offered
    assert "price_basic_month" not in offered


async def test_another_card_is_taken_unless_it_is_declined() -> None:
    api = await a_shop()
    opened = await token(api)

    assert PaymentStatus.DECLINED is (await api.shop.stripe.at_portal.replace_card(opened, NO_FUNDS)).status
    assert PaymentStatus.SUCCEEDED is (await api.shop.stripe.at_portal.replace_card(opened, ASKS)).status


async def test_what_is_not_offered_cannot_be_done() -> None:
    api = await a_shop()
    opened = await token(api, invoice_history={"enabled": True})
    portal = api.shop.stripe.at_portal

    assert () == await portal.offers(opened)
    with pytest.raises(IllegalTransition):
        await portal.cancel(opened)
    with pytest.raises(IllegalTransition):
        await portal.switch(opened, "price_pro_month")
    with pytest.raises(IllegalTransition):
        await portal.replace_card(opened, ASKS)
    with pytest.raises(IllegalTransition):
        await portal.switch(await token(api), "price_handful")


async def test_who_has_nothing_that_runs_can_change_nothing() -> None:
    api = await a_shop()
    opened = await token(api)
    await api.delete(SUB)

    assert () == await api.shop.stripe.at_portal.offers(opened)
    with pytest.raises(IllegalTransition):
        await api.shop.stripe.at_portal.cancel(opened)


async def test_a_door_that_has_closed_lets_nobody_in() -> None:
    api = await a_shop()
    opened = await token(api)
    await api.shop.later(hours=2)
    with pytest.raises(UnknownAtGateway):
        await api.shop.stripe.at_portal.cancel(opened)
