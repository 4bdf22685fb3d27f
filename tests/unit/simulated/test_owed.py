"""Invoices that no card pays at the simulated Stripe: written off, voided, or paid elsewhere."""

from typing import Any

import pytest

from tests.shops.simulated import DECLINES_LATER, GOOD
from tests.stripe.simulated_api import Api

SUB, OPEN = "/v1/subscriptions/sub_00000001", "/v1/invoices/in_00000002"


@pytest.fixture
async def api() -> Api:
    """A shop with a subscription whose renewal was declined once."""
    api = Api()
    await api.shop.subscribed(card=DECLINES_LATER)
    await api.shop.later(days=29)
    return api


async def status(api: Api) -> Any:
    return (await api.get(SUB))["status"], (await api.get(OPEN))["status"]


async def test_what_is_written_off_is_not_asked_for_any_more(api: Api) -> None:
    assert ("past_due", "open") == await status(api)
    invoice = await api.post(f"{OPEN}/mark_uncollectible")
    await api.shop.replaced(GOOD)
    await api.shop.later(days=20)

    assert invoice["status_transitions"]["marked_uncollectible_at"] is not None
    assert ("active", "uncollectible") == await status(api)
    assert "invoice.marked_uncollectible" in await api.told()


async def test_what_is_written_off_can_be_paid_or_voided_still(api: Api) -> None:
    await api.post(f"{OPEN}/mark_uncollectible")
    assert 402 == (await api.refused("POST", f"{OPEN}/pay"))[0]
    await api.shop.replaced(GOOD)
    assert "paid" == (await api.post(f"{OPEN}/pay"))["status"]
    await api.shop.replaced(DECLINES_LATER)
    await api.shop.later(days=31)
    await api.post("/v1/invoices/in_00000003/mark_uncollectible")

    assert "void" == (await api.post("/v1/invoices/in_00000003/void"))["status"]


async def test_nobody_is_late_for_what_is_void(api: Api) -> None:
    await api.post(f"{OPEN}/void")

    assert ("active", "void") == await status(api)


async def test_an_invoice_that_was_paid_elsewhere_is_paid_without_a_charge(api: Api) -> None:
    charges = len((await api.get("/v1/charges"))["data"])
    invoice = await api.post(f"{OPEN}/pay", paid_out_of_band=True)

    assert ("paid", 0, 1000, 0) == (
        invoice["status"],
        invoice["amount_paid"],
        invoice["amount_paid_off_stripe"],
        invoice["amount_remaining"],
    )
    assert charges == len((await api.get("/v1/charges"))["data"])
    assert ("active", "paid") == await status(api)
    assert ["payment_intent.canceled", "invoice.paid", "customer.subscription.updated"] == (await api.told())[-3:]


async def test_a_change_that_waited_is_applied_when_its_invoice_is_paid_elsewhere() -> None:
    api = Api()
    await api.shop.subscribed(card=DECLINES_LATER)
    await api.shop.later(days=10)
    item = (await api.get(SUB))["items"]["data"][0]["id"]
    waiting = await api.post(
        SUB,
        items=[{"id": item, "price": "price_pro_month"}],
        proration_behavior="always_invoice",
        payment_behavior="pending_if_incomplete",
    )
    assert waiting["pending_update"] is not None
    await api.post(f"{OPEN}/pay", paid_out_of_band=True)

    assert "price_pro_month" == (await api.get(SUB))["items"]["data"][0]["price"]["id"]


async def test_only_open_invoices_are_written_off(api: Api) -> None:
    assert 400 == (await api.refused("POST", "/v1/invoices/in_00000001/mark_uncollectible"))[0]
