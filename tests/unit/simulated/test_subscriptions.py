"""Subscriptions over the simulated Stripe's API: changed, ended and listed as Stripe does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.shops.simulated import ASKS, DECLINES_LATER, GOOD, START
from tests.stripe.simulated_api import Api

HALF = START + timedelta(days=14)  # of the 28 days to 28 February
END = datetime(2026, 2, 28, 12, tzinfo=UTC)


async def item_of(api: Api, sub: str) -> str:
    return str((await api.get(f"/v1/subscriptions/{sub}"))["items"]["data"][0]["id"])


async def changed(api: Api, sub: str, price: str | None = "price_pro_month", **params: Any) -> Any:
    """The answer to a change that is billed at once."""
    items = [{"id": await item_of(api, sub), "price": price, "quantity": params.pop("quantity", None)}]
    return await api.post(
        f"/v1/subscriptions/{sub}", items=items, **({"proration_behavior": "always_invoice"} | params)
    )


async def asking(api: Api) -> str:
    """A subscription whose card asks its owner for every change."""
    session = await api.shop.opened()
    await api.shop.stripe.pay(session.id, ASKS)
    await api.shop.stripe.authenticate(session.id)
    return (await api.shop.stripe.state()).sessions[session.id].subscription_id or ""


def price_of(sub: Any) -> str:
    return str(sub["items"]["data"][0]["price"]["id"])


def end_of(sub: Any) -> int:
    return int(sub["items"]["data"][0]["current_period_end"])


async def test_a_change_that_is_paid_is_applied() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await api.shop.to(HALF)
    after = await changed(api, sub, payment_behavior="pending_if_incomplete")
    invoice = await api.get(f"/v1/invoices/{after['latest_invoice']}")

    assert ("price_pro_month", None) == (price_of(after), after["pending_update"])
    assert ("paid", 1000, "subscription_update") == (
        invoice["status"],
        invoice["amount_paid"],
        invoice["billing_reason"],
    )
    assert [-500, 1500] == [line["amount"] for line in invoice["lines"]["data"]]


@pytest.mark.parametrize("given", [DECLINES_LATER, ASKS])
async def test_a_change_that_is_not_paid_waits_beside_the_subscription(given: str) -> None:
    api = Api()
    sub = await asking(api) if given == ASKS else await api.shop.subscribed(card=given)
    await api.shop.to(HALF)
    after = await changed(api, sub, payment_behavior="pending_if_incomplete")
    invoice = await api.get(f"/v1/invoices/{after['latest_invoice']}", expand=["payments"])
    intent_id = invoice["payments"]["data"][0]["payment"]["payment_intent"]
    intent = await api.get(f"/v1/payment_intents/{intent_id}")

    assert ("price_basic_month", "active", "open") == (price_of(after), after["status"], invoice["status"])
    pending = after["pending_update"]
    assert ("price_pro_month", int((HALF + timedelta(hours=23)).timestamp())) == (
        pending["subscription_items"][0]["price"]["id"],
        pending["expires_at"],
    )
    declined = intent["last_payment_error"] and intent["last_payment_error"]["decline_code"]
    assert (intent["status"], declined) == (
        ("requires_action", None) if given == ASKS else ("requires_payment_method", "generic_decline")
    )


async def test_a_pending_update_is_applied_by_paying_its_invoice_with_another_card() -> None:
    api = Api()
    sub = await api.shop.subscribed(card=DECLINES_LATER)
    waiting = await changed(api, sub, payment_behavior="pending_if_incomplete")
    status, error = await api.refused("POST", f"/v1/invoices/{waiting['latest_invoice']}/pay")
    assert (402, "card_error", "card_declined", "generic_decline") == (
        status,
        error["type"],
        error["code"],
        error["decline_code"],
    )
    assert (await api.get(f"/v1/charges/{error['charge']}"))["paid"] is False
    await api.shop.replaced(GOOD)
    await api.post(f"/v1/invoices/{waiting['latest_invoice']}/pay")

    after = await api.get(f"/v1/subscriptions/{sub}")
    assert ("price_pro_month", None) == (price_of(after), after["pending_update"])
    assert "customer.subscription.pending_update_applied" in await api.told()


async def test_a_pending_update_is_given_up_by_voiding_its_invoice() -> None:
    api = Api()
    sub = await api.shop.subscribed(card=DECLINES_LATER)
    waiting = await changed(api, sub, payment_behavior="pending_if_incomplete")
    voided = await api.post(f"/v1/invoices/{waiting['latest_invoice']}/void")
    after = await api.get(f"/v1/subscriptions/{sub}")

    assert ("void", "price_basic_month", None) == (voided["status"], price_of(after), after["pending_update"])
    status, _ = await api.refused("POST", f"/v1/invoices/{waiting['latest_invoice']}/void")
    assert 400 == status


async def test_another_update_takes_the_place_of_a_pending_one() -> None:
    api = Api()
    sub = await asking(api)
    first = await changed(api, sub, payment_behavior="pending_if_incomplete")
    second = await changed(api, sub, "price_pro_year", payment_behavior="pending_if_incomplete")

    assert "void" == (await api.get(f"/v1/invoices/{first['latest_invoice']}"))["status"]
    assert "price_pro_year" == second["pending_update"]["subscription_items"][0]["price"]["id"]


async def test_a_pending_update_can_clear_a_cancellation_but_carries_no_metadata() -> None:
    api = Api()
    sub = await asking(api)
    await api.post(f"/v1/subscriptions/{sub}", cancel_at_period_end=True)
    waiting = await changed(api, sub, payment_behavior="pending_if_incomplete", cancel_at_period_end=False)
    assert (True, False) == (waiting["cancel_at_period_end"], waiting["pending_update"]["cancel_at_period_end"])
    await api.shop.stripe.authenticate_invoice(waiting["latest_invoice"])
    assert (await api.get(f"/v1/subscriptions/{sub}"))["cancel_at_period_end"] is False

    path = f"/v1/subscriptions/{sub}"
    status, error = await api.refused("POST", path, payment_behavior="pending_if_incomplete", metadata={"a": "b"})
    assert (400, "metadata") == (status, error["param"])


async def test_error_if_incomplete_changes_nothing_and_is_a_card_error() -> None:
    api = Api()
    sub = await api.shop.subscribed(card=DECLINES_LATER)
    items = [{"id": await item_of(api, sub), "price": "price_pro_month"}]
    status, error = await api.refused(
        "POST",
        f"/v1/subscriptions/{sub}",
        items=items,
        proration_behavior="always_invoice",
        payment_behavior="error_if_incomplete",
    )

    assert (402, "card_error", "card_declined") == (status, error["type"], error["code"])
    assert "price_basic_month" == price_of(await api.get(f"/v1/subscriptions/{sub}"))
    assert 1 == len((await api.get("/v1/invoices"))["data"])


async def test_a_change_that_must_be_paid_at_once_does_not_wait_for_the_owner() -> None:
    api = Api()
    sub = await asking(api)
    items = [{"id": await item_of(api, sub), "price": "price_pro_year"}]
    status, error = await api.refused(
        "POST", f"/v1/subscriptions/{sub}", items=items, payment_behavior="error_if_incomplete"
    )

    assert (402, "subscription_payment_intent_requires_action") == (status, error["code"])


async def test_an_invoice_whose_card_asks_is_not_paid_by_asking_again() -> None:
    api = Api()
    sub = await asking(api)
    waiting = await changed(api, sub, payment_behavior="pending_if_incomplete")
    status, error = await api.refused("POST", f"/v1/invoices/{waiting['latest_invoice']}/pay")

    assert (402, "invoice_payment_intent_requires_action") == (status, error["code"])


async def test_an_item_goes_by_its_id_and_there_is_one() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    path, item = f"/v1/subscriptions/{sub}", {"id": await item_of(api, sub), "quantity": 2}
    _, error = await api.refused("POST", path, items=[{"id": "si_none", "quantity": 2}])
    assert ("resource_missing", "items[0][id]") == (error["code"], error["param"])
    _, error = await api.refused("POST", path, items=[item, {"price": "price_pro_month"}])
    assert "items" == error["param"]


async def test_by_default_an_unpaid_change_is_applied_and_past_due() -> None:
    api = Api()
    sub = await api.shop.subscribed(card=DECLINES_LATER)
    after = await changed(api, sub)

    assert ("price_pro_month", "past_due") == (price_of(after), after["status"])


async def test_prorations_wait_for_the_next_invoice_unless_they_are_wanted_at_once() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await api.shop.to(HALF)
    await changed(api, sub, proration_behavior=None)
    assert 1 == len((await api.get("/v1/invoices"))["data"])
    await api.shop.to(END)
    renewal = (await api.get("/v1/invoices"))["data"][0]

    assert [-500, 1500, 3000] == [line["amount"] for line in renewal["lines"]["data"]]
    assert [True, True, False] == [
        line["parent"]["subscription_item_details"]["proration"] for line in renewal["lines"]["data"]
    ]


async def test_without_prorations_only_the_next_period_costs_more() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await api.shop.to(HALF)
    await changed(api, sub, proration_behavior="none")
    await api.shop.to(END)

    assert [3000] == [line["amount"] for line in (await api.get("/v1/invoices"))["data"][0]["lines"]["data"]]


async def test_another_interval_is_billed_at_once_whatever_becomes_of_prorations() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await api.shop.to(HALF)
    after = await changed(api, sub, "price_basic_year", proration_behavior="none")

    assert [10000] == [
        line["amount"] for line in (await api.get(f"/v1/invoices/{after['latest_invoice']}/lines"))["data"]
    ]
    assert int(HALF.replace(year=2027).timestamp()) == end_of(after)


async def test_a_quantity_is_prorated_too() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await api.shop.to(HALF)
    after = await changed(api, sub, None, quantity=3)
    invoice = await api.get(f"/v1/invoices/{after['latest_invoice']}")

    assert (3, 1000) == (after["items"]["data"][0]["quantity"], invoice["total"])


async def test_a_proration_date_pins_what_a_change_costs() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await api.shop.to(HALF + timedelta(days=3))
    after = await changed(api, sub, proration_date=int(HALF.timestamp()))

    assert 1000 == (await api.get(f"/v1/invoices/{after['latest_invoice']}"))["total"]
    items = [{"id": await item_of(api, sub), "price": "price_basic_month"}]
    path = f"/v1/subscriptions/{sub}"
    _, error = await api.refused("POST", path, items=items, proration_date=int(START.timestamp()) - 1)
    assert "proration_date" == error["param"]


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ("price_none", "No such price: 'price_none'"),
        (
            "price_handful",
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
        ),
        (
            "price_basic_month_jpy",
            "The price specified only supports `jpy`. This doesn't match the expected currency: `usd`.",
        ),
    ],
)
async def test_a_price_that_cannot_be_is_refused(price: str, message: str) -> None:
    api = Api()
    sub = await api.shop.subscribed()
    items = [{"id": await item_of(api, sub), "price": price}]
    status, error = await api.refused("POST", f"/v1/subscriptions/{sub}", items=items)

    assert (400, message) == (status, error["message"])


async def test_it_ends_with_its_period_unless_that_is_taken_back() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    ending = await api.post(f"/v1/subscriptions/{sub}", cancel_at_period_end=True)
    assert (True, int(END.timestamp())) == (ending["cancel_at_period_end"], ending["cancel_at"])
    going_on = await api.post(f"/v1/subscriptions/{sub}", cancel_at_period_end=False)
    assert (False, None, None) == (going_on["cancel_at_period_end"], going_on["cancel_at"], going_on["canceled_at"])

    await api.post(f"/v1/subscriptions/{sub}", cancel_at_period_end=True)
    await api.shop.to(END)
    assert "canceled" == (await api.get(f"/v1/subscriptions/{sub}"))["status"]


async def test_it_ends_at_a_moment_which_only_an_empty_text_takes_back() -> None:
    api = Api()
    sub, at = await api.shop.subscribed(), int(HALF.timestamp())
    ending = await api.post(f"/v1/subscriptions/{sub}", cancel_at=at)
    assert (False, at) == (ending["cancel_at_period_end"], ending["cancel_at"])
    still = await api.post(f"/v1/subscriptions/{sub}", cancel_at_period_end=False)
    assert at == still["cancel_at"]
    assert (await api.post(f"/v1/subscriptions/{sub}", cancel_at=""))["cancel_at"] is None

    await api.post(f"/v1/subscriptions/{sub}", cancel_at=at)
    await api.shop.to(HALF)
    ended = await api.get(f"/v1/subscriptions/{sub}")
    assert ("canceled", at) == (ended["status"], ended["ended_at"])


async def test_both_ways_to_end_at_once_are_one_too_many() -> None:
    api = Api()
    path = f"/v1/subscriptions/{await api.shop.subscribed()}"
    status, _ = await api.refused("POST", path, cancel_at=int(END.timestamp()), cancel_at_period_end=True)

    assert 400 == status


@pytest.mark.parametrize(
    ("how", "balance"),
    [({}, 0), ({"prorate": True}, 0), ({"invoice_now": True}, 0), ({"invoice_now": True, "prorate": True}, -500)],
)
async def test_only_a_prorated_and_invoiced_cancellation_gives_the_rest_back(
    how: dict[str, bool], balance: int
) -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await api.shop.to(HALF)
    ended = await api.delete(f"/v1/subscriptions/{sub}", **how)

    assert ("canceled", balance) == (ended["status"], await api.shop.balance())
    status, error = await api.refused("DELETE", f"/v1/subscriptions/{sub}")
    assert (404, "resource_missing") == (status, error["code"])


async def test_a_canceled_subscription_changes_its_metadata_and_nothing_else() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await api.delete(f"/v1/subscriptions/{sub}")
    after = await api.post(f"/v1/subscriptions/{sub}", metadata={"note": "gone"})

    assert "gone" == after["metadata"]["note"]
    status, _ = await api.refused("POST", f"/v1/subscriptions/{sub}", cancel_at_period_end=True)
    assert 400 == status


async def test_canceled_ones_are_listed_only_where_they_are_asked_for() -> None:
    api = Api()
    gone, stays = await api.shop.subscribed(), await api.shop.subscribed("pro_month")
    await api.delete(f"/v1/subscriptions/{gone}")

    async def ids(**params: Any) -> list[str]:
        listed = await api.get("/v1/subscriptions", **params)
        return [sub["id"] for sub in listed["data"]]

    assert [stays] == await ids()
    assert [stays, gone] == await ids(status="all", customer=await api.shop.customer())
    assert [gone] == await ids(status="ended") == await ids(status="canceled")
    assert [stays] == await ids(price="price_pro_month", status="all")
    assert [] == await ids(status="past_due")


async def test_a_trial_ends_when_it_is_told_to() -> None:
    api = Api()
    sub = await api.shop.subscribed(trial_days=14)
    await api.shop.later(days=2)
    after = await api.post(f"/v1/subscriptions/{sub}", trial_end="now")
    invoice = await api.get(f"/v1/invoices/{after['latest_invoice']}")

    item = after["items"]["data"][0]

    assert ("active", "paid", 1000) == (after["status"], invoice["status"], invoice["amount_paid"])
    assert after["trial_end"] == after["billing_cycle_anchor"] == item["current_period_start"]
    assert item["current_period_end"] - item["current_period_start"] == 28 * 86_400


async def paused(api: Api) -> str:
    """A subscription whose trial ended without a card."""
    session = await api.post(
        "/v1/checkout/sessions",
        mode="subscription",
        customer=await api.shop.gateway.ensure_customer("acc_1", email="a@app.test", name="Ada"),
        line_items=[{"price": "price_basic_month", "quantity": 1}],
        payment_method_collection="if_required",
        subscription_data={
            "trial_period_days": 7,
            "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
        },
        success_url="https://app.test/done",
    )
    await api.shop.stripe.pay(session["id"], None)
    await api.shop.later(days=7)
    return str((await api.get(f"/v1/checkout/sessions/{session['id']}"))["subscription"])


async def test_a_paused_subscription_goes_on_with_a_period_from_now() -> None:
    api = Api()
    sub = await paused(api)
    assert "paused" == (await api.get(f"/v1/subscriptions/{sub}"))["status"]
    await api.shop.later(days=3)
    await api.shop.replaced(GOOD)
    after = await api.post(f"/v1/subscriptions/{sub}/resume")
    invoice = await api.get(f"/v1/invoices/{after['latest_invoice']}")

    assert ("active", int(api.shop.clock.at.timestamp())) == (
        after["status"],
        after["items"]["data"][0]["current_period_start"],
    )
    assert ("paid", 1000) == (invoice["status"], invoice["amount_paid"])
    assert "customer.subscription.resumed" in await api.told()


async def test_only_a_paused_subscription_is_resumed() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    status, _ = await api.refused("POST", f"/v1/subscriptions/{sub}/resume")

    assert 400 == status


async def test_an_archived_price_is_kept_but_not_moved_to() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    for price in ("price_basic_month", "price_pro_month"):
        await api.post(f"/v1/prices/{price}", active=False)
    items = [{"id": await item_of(api, sub), "price": "price_pro_month"}]
    status, error = await api.refused("POST", f"/v1/subscriptions/{sub}", items=items)
    assert (400, "items[0][price]") == (status, error["param"])

    assert 2 == (await changed(api, sub, "price_basic_month", quantity=2))["items"]["data"][0]["quantity"]
