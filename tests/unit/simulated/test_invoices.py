"""Invoices over the simulated Stripe's API: listed, foreseen, with as many lines as they have."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shops.simulated import DECLINES_LATER, GOOD, START
from tests.stripe.simulated_api import Api

HALF = START + timedelta(days=14)  # of the 28 days to 28 February
END = datetime(2026, 2, 28, 12, tzinfo=UTC)


async def items_of(api: Api, sub: str, price: str) -> list[dict[str, str]]:
    item = (await api.get(f"/v1/subscriptions/{sub}"))["items"]["data"][0]["id"]
    return [{"id": item, "price": price}]


async def foreseen(api: Api, sub: str, **details: Any) -> Any:
    return await api.post("/v1/invoices/create_preview", subscription=sub, subscription_details=details)


def amounts(invoice: Any) -> list[int]:
    return [line["amount"] for line in invoice["lines"]["data"]]


@settings(max_examples=settings().max_examples // 4)
@given(seconds=st.integers(0, 28 * 86400 - 301), prices=st.permutations(["basic_month", "pro_month", "pro_year"]))
async def test_a_preview_is_the_invoice_of_the_change(seconds: int, prices: list[str]) -> None:
    api = Api()
    sub = await api.shop.subscribed(prices[0])
    await api.shop.to(START + timedelta(seconds=seconds))
    items, at = await items_of(api, sub, f"price_{prices[1]}"), int(api.shop.clock.at.timestamp())
    wish = {"items": items, "proration_date": at, "proration_behavior": "always_invoice"}
    preview = await foreseen(api, sub, **wish)
    await api.shop.later(minutes=5)
    assert amounts(preview) == amounts(await foreseen(api, sub, **wish))
    changed = await api.post(f"/v1/subscriptions/{sub}", **wish)
    invoice = await api.get(f"/v1/invoices/{changed['latest_invoice']}")

    assert (amounts(preview), preview["total"], preview["amount_due"]) == (
        amounts(invoice),
        invoice["total"],
        invoice["amount_due"],
    )
    assert [line["period"] for line in preview["lines"]["data"]] != []
    assert at == preview["parent"]["subscription_details"]["subscription_proration_date"]


async def test_a_preview_changes_nothing() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    before = await api.shop.events()
    await foreseen(api, sub, items=await items_of(api, sub, "price_pro_month"), proration_behavior="always_invoice")

    assert before == await api.shop.events()
    assert 1 == len((await api.get("/v1/invoices"))["data"])


async def test_without_a_change_a_preview_is_the_renewal() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    preview = await foreseen(api, sub)

    assert ([1000], "upcoming", int(END.timestamp())) == (
        amounts(preview),
        preview["billing_reason"],
        preview["lines"]["data"][0]["period"]["start"],
    )


async def test_a_change_that_is_not_billed_at_once_is_foreseen_on_the_renewal() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await api.shop.to(HALF)
    preview = await foreseen(api, sub, items=await items_of(api, sub, "price_pro_month"))

    assert [-500, 1500, 3000] == amounts(preview)


async def test_nothing_is_foreseen_of_what_is_over() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await api.delete(f"/v1/subscriptions/{sub}")
    status, error = await api.refused("POST", "/v1/invoices/create_preview", subscription=sub)

    assert (404, "invoice_upcoming_none") == (status, error["code"])


async def test_an_invoice_shows_ten_lines_and_lists_them_all() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    for n in range(6):
        await api.shop.later(days=1)
        price = "price_pro_month" if n % 2 == 0 else "price_basic_month"
        await api.post(f"/v1/subscriptions/{sub}", items=await items_of(api, sub, price))
    await api.shop.to(END)
    renewal = (await api.get("/v1/invoices", limit=1))["data"][0]
    path = renewal["lines"]["url"]
    first = await api.get(path, limit=7)
    rest = await api.get(path, limit=7, starting_after=first["data"][-1]["id"])

    assert (10, True) == (len(renewal["lines"]["data"]), renewal["lines"]["has_more"])
    assert (7, True, 6, False) == (len(first["data"]), first["has_more"], len(rest["data"]), rest["has_more"])
    assert renewal["total"] == sum(line["amount"] for line in first["data"] + rest["data"])


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["in_00000002", "in_00000001"]),
        ({"status": "open"}, ["in_00000002"]),
        ({"status": "paid"}, ["in_00000001"]),
        ({"created": {"gt": int(START.timestamp())}}, ["in_00000002"]),
        ({"subscription": "sub_00000001", "limit": 1}, ["in_00000002"]),
        ({"customer": "cus_00000001", "starting_after": "in_00000002"}, ["in_00000001"]),
    ],
)
async def test_invoices_are_found_by_what_they_are(params: dict[str, Any], found: list[str]) -> None:
    api = Api()
    await api.shop.subscribed(card=DECLINES_LATER)
    await api.shop.to(END)

    assert found == [invoice["id"] for invoice in (await api.get("/v1/invoices", **params))["data"]]


async def test_an_open_invoice_is_paid_once_by_hand() -> None:
    api = Api()
    sub = await api.shop.subscribed(card=DECLINES_LATER)
    await api.shop.to(END)
    assert "past_due" == (await api.get(f"/v1/subscriptions/{sub}"))["status"]
    await api.shop.replaced(GOOD)
    paid = await api.post("/v1/invoices/in_00000002/pay")

    assert ("paid", "active") == (paid["status"], (await api.get(f"/v1/subscriptions/{sub}"))["status"])
    status, error = await api.refused("POST", "/v1/invoices/in_00000002/pay")
    assert (400, "Invoice is already paid") == (status, error["message"])


async def test_a_voided_invoice_is_asked_of_nobody() -> None:
    api = Api()
    await api.shop.subscribed(card=DECLINES_LATER)
    await api.shop.to(END)
    voided = await api.post("/v1/invoices/in_00000002/void")
    (payment,) = (await api.get("/v1/invoice_payments", invoice="in_00000002"))["data"]

    assert ("void", None, "canceled") == (voided["status"], voided["next_payment_attempt"], payment["status"])
    intent = await api.get(f"/v1/payment_intents/{payment['payment']['payment_intent']}")
    assert ("canceled", "void_invoice") == (intent["status"], intent["cancellation_reason"])
