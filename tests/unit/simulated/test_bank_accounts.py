"""Payments from a bank account at the simulated Stripe: asked for now, decided days later."""

from typing import Any

import pytest

from billing_core.adapters.simulated import PaymentStatus
from billing_core.domain.errors import IllegalTransition
from billing_core.domain.subscription import Status
from tests.shops.simulated import GOOD
from tests.stripe.simulated_api import Api

SETTLES, BOUNCES = "000123456789", "000222222222"
TODAY, SETTLED, FAILED = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
)


async def paid(api: Api, sold: str, account: str) -> str:
    """The id of a checkout that was paid from that account."""
    session = await api.shop.opened(sold)
    assert PaymentStatus.PROCESSING == (await api.shop.stripe.pay(session.id, account)).status
    return session.id


async def shown(api: Api, session_id: str) -> Any:
    session = await api.get(f"/v1/checkout/sessions/{session_id}")
    return session["status"], session["payment_status"]


async def test_a_pack_is_paid_days_after_its_checkout_was_completed() -> None:
    api = Api()
    session = await paid(api, "handful", SETTLES)
    (intent,) = (await api.get("/v1/payment_intents"))["data"]
    charge = await api.get(f"/v1/charges/{intent['latest_charge']}")
    assert ("complete", "unpaid") == await shown(api, session)
    assert ("processing", 0, "pending", False) == (
        intent["status"],
        intent["amount_received"],
        charge["status"],
        charge["paid"],
    )
    assert "us_bank_account" == charge["payment_method_details"]["type"]
    assert ["charge.pending", "payment_intent.processing", TODAY] == (await api.told())[-3:]

    await api.shop.later(days=4)
    assert ("complete", "paid") == await shown(api, session)
    assert ["charge.succeeded", "payment_intent.succeeded", SETTLED] == (await api.told())[-3:]
    assert [(charge["id"], "succeeded")] == [(x["id"], x["status"]) for x in (await api.get("/v1/charges"))["data"]]


async def test_a_pack_whose_payment_bounces_is_never_paid() -> None:
    api = Api()
    session = await paid(api, "handful", BOUNCES)
    await api.shop.later(days=40)
    (charge,) = (await api.get("/v1/charges"))["data"]

    assert ("complete", "unpaid") == await shown(api, session)
    assert ("failed", "insufficient_funds") == (charge["status"], charge["outcome"]["reason"])
    assert ["charge.failed", "payment_intent.payment_failed", FAILED] == (await api.told())[-3:]


async def test_a_subscription_runs_while_its_first_payment_is_under_way() -> None:
    api = Api()
    session = await paid(api, "basic_month", SETTLES)
    sub = (await api.get("/v1/subscriptions"))["data"][0]
    invoice = await api.get(f"/v1/invoices/{sub['latest_invoice']}")
    assert ("active", "open", False) == (sub["status"], invoice["status"], invoice["auto_advance"])
    assert "invoice.paid" not in await api.told()

    await api.shop.later(days=4)
    told = await api.told()
    assert "paid" == (await api.get(f"/v1/invoices/{sub['latest_invoice']}"))["status"]
    assert ("complete", "paid") == await shown(api, session)
    assert 1 == told.count("invoice.paid") == told.count(SETTLED)


async def test_a_subscription_whose_first_payment_bounces_falls_behind_and_is_given_up() -> None:
    api = Api()
    session = await paid(api, "basic_month", BOUNCES)
    await api.shop.later(days=5)
    sub = (await api.get("/v1/subscriptions"))["data"][0]
    assert ("past_due", "unpaid") == (sub["status"], (await shown(api, session))[1])
    assert ["invoice.payment_failed", "customer.subscription.updated", FAILED] == (await api.told())[-3:]

    await api.shop.later(days=25)
    assert "canceled" == (await api.get(f"/v1/subscriptions/{sub['id']}"))["status"]
    assert 1 == (await api.told()).count(FAILED)


async def test_another_way_to_pay_saves_a_subscription_whose_debit_bounced() -> None:
    api = Api()
    await paid(api, "basic_month", BOUNCES)
    await api.shop.later(days=5)
    await api.shop.replaced(GOOD)
    await api.shop.later(days=5)

    assert "active" == (await api.get("/v1/subscriptions"))["data"][0]["status"]
    assert SETTLED not in await api.told()


async def test_renewals_are_debited_too() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await api.shop.replaced(SETTLES)
    await api.shop.later(days=29)
    invoice = (await api.get(f"/v1/subscriptions/{sub}"))["latest_invoice"]
    assert ("active", "open") == (
        (await api.shop.look(sub)).status.value,
        (await api.get(f"/v1/invoices/{invoice}"))["status"],
    )

    await api.shop.later(days=4)
    assert "paid" == (await api.get(f"/v1/invoices/{invoice}"))["status"]


async def test_nothing_else_is_done_about_an_invoice_while_the_bank_is_asked() -> None:
    api = Api()
    await paid(api, "basic_month", SETTLES)

    assert 400 == (await api.refused("POST", "/v1/invoices/in_00000001/pay"))[0]
    assert 400 == (await api.refused("POST", "/v1/invoices/in_00000001/void"))[0]
    with pytest.raises(IllegalTransition):
        await api.shop.stripe.retry_invoice("in_00000001")


async def test_a_change_of_plan_counts_as_paid_while_its_debit_is_under_way() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await api.shop.replaced(BOUNCES)
    item = (await api.get(f"/v1/subscriptions/{sub}"))["items"]["data"][0]["id"]
    changed = await api.post(
        f"/v1/subscriptions/{sub}",
        items=[{"id": item, "price": "price_pro_month"}],
        proration_behavior="always_invoice",
        payment_behavior="pending_if_incomplete",
    )
    assert ("price_pro_month", None) == (changed["items"]["data"][0]["price"]["id"], changed["pending_update"])

    await api.shop.later(days=4)
    assert Status.PAST_DUE is (await api.shop.look(sub)).status
