"""Payment intents and charges at the simulated Stripe: what was tried, what came, and which invoice it paid."""

import pytest

from billing_core.adapters.simulated import PaymentStatus
from billing_core.adapters.simulated.cards import read_card
from tests.shops.simulated import ASKS, DECLINES_LATER, GOOD, NO_FUNDS
from tests.stripe.simulated_api import Api

RISKY = "4000000000004954"
BANK_ACCOUNT = "000123456789"


async def test_a_pack_is_paid_by_one_charge() -> None:
    api = Api()
    intent = await api.get(f"/v1/payment_intents/{await api.bought()}", expand=["latest_charge"])
    charge = intent["latest_charge"]

    assert ("succeeded", 500, 500) == (intent["status"], intent["amount"], intent["amount_received"])
    assert (intent["id"], "succeeded", 500, 0) == (
        charge["payment_intent"],
        charge["status"],
        charge["amount"],
        charge["amount_refunded"],
    )
    assert ("normal", "4242") == (charge["outcome"]["risk_level"], charge["payment_method_details"]["card"]["last4"])
    assert charge["receipt_url"] == f"https://shop.test/dev/receipts/{charge['id']}"


async def test_a_charge_is_told_before_its_intent_and_its_checkout() -> None:
    api = Api()
    await api.bought()

    assert ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"] == (
        await api.told()
    )[-4:]


async def test_a_card_without_funds_leaves_a_failed_charge_and_the_same_intent_is_paid_by_the_next() -> None:
    api = Api()
    session = await api.shop.opened("handful")
    await api.shop.stripe.pay(session.id, NO_FUNDS)
    await api.shop.stripe.pay(session.id, GOOD)
    intents = (await api.get("/v1/payment_intents", customer=await api.shop.customer()))["data"]
    charges = (await api.get("/v1/charges", payment_intent=intents[0]["id"]))["data"]

    assert ["succeeded"] == [intent["status"] for intent in intents]
    assert [None, "card_declined"] == [charge["failure_code"] for charge in charges]
    assert "payment_intent.payment_failed" in await api.told()


async def test_an_invoice_is_paid_by_its_payment_intent_and_neither_that_nor_its_charge_names_it() -> None:
    api = Api()
    await api.shop.subscribed()
    (payment,) = (await api.get("/v1/invoice_payments", invoice="in_00000001"))["data"]
    intent_id = payment["payment"]["payment_intent"]
    intent = await api.get(f"/v1/payment_intents/{intent_id}", expand=["latest_charge"])

    assert ("paid", 1000, "in_00000001") == (payment["status"], payment["amount_paid"], payment["invoice"])
    assert ("succeeded", "Subscription creation") == (intent["status"], intent["description"])
    assert "invoice" not in intent.keys() | intent["latest_charge"].keys()
    by_intent = await api.get("/v1/invoice_payments", payment={"type": "payment_intent", "payment_intent": intent_id})
    assert [payment] == by_intent["data"]


async def test_an_invoice_tells_its_payments_where_it_is_asked_to() -> None:
    api = Api()
    await api.shop.subscribed()
    invoice = await api.get("/v1/invoices/in_00000001", expand=["payments"])

    assert ["paid"] == [payment["status"] for payment in invoice["payments"]["data"]]
    assert "payments" not in await api.get("/v1/invoices/in_00000001")


async def test_a_paid_renewal_is_told_with_its_charge() -> None:
    api = Api()
    await api.shop.subscribed()
    before = len(await api.told())
    await api.shop.later(days=31)

    assert [
        "customer.subscription.updated",
        "invoice.created",
        "invoice.finalized",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
    ] == (await api.told())[before:]


async def test_every_failed_attempt_at_a_renewal_is_a_failed_charge_of_one_intent() -> None:
    api = Api()
    await api.shop.subscribed(card=DECLINES_LATER)
    await api.shop.later(days=32)
    (payment,) = (await api.get("/v1/invoice_payments", status="open"))["data"]
    charges = await api.get("/v1/charges", payment_intent=payment["payment"]["payment_intent"])
    invoice = await api.get("/v1/invoices/in_00000002")

    assert ["failed", "failed"] == [charge["status"] for charge in charges["data"]]
    assert ("open", 2) == (invoice["status"], invoice["attempt_count"])
    assert ("generic_decline", "issuer_declined") == (
        charges["data"][0]["outcome"]["reason"],
        charges["data"][0]["outcome"]["type"],
    )


async def test_a_trial_is_paid_by_nothing() -> None:
    api = Api()
    await api.shop.subscribed(trial_days=14)

    assert [] == (await api.get("/v1/payment_intents"))["data"]
    assert [] == (await api.get("/v1/invoice_payments", invoice="in_00000001"))["data"]


async def test_what_a_balance_pays_for_is_not_charged() -> None:
    api = Api()
    sub = await api.shop.subscribed("pro_month")
    await api.shop.later(days=14)
    item = (await api.get(f"/v1/subscriptions/{sub}"))["items"]["data"][0]["id"]
    items = [{"id": item, "price": "price_basic_month"}]
    await api.post(f"/v1/subscriptions/{sub}", items=items, proration_behavior="always_invoice")
    await api.shop.later(days=14)

    assert 1 == len((await api.get("/v1/charges"))["data"])


async def test_a_card_tells_its_risk() -> None:
    api = Api()
    await api.bought(card=RISKY)
    (charge,) = (await api.get("/v1/charges"))["data"]

    assert ("highest", 90) == (charge["outcome"]["risk_level"], charge["outcome"]["risk_score"])


async def test_the_same_card_has_the_same_fingerprint_whosever_it_is() -> None:
    api = Api()
    await api.bought()
    await api.shop.subscribed()
    await api.bought(card=RISKY)
    risky, *same = (await api.get("/v1/charges"))["data"]
    prints = {charge["payment_method_details"]["card"]["fingerprint"] for charge in same}

    assert (1, False) == (len(prints), risky["payment_method_details"]["card"]["fingerprint"] in prints)


@pytest.mark.parametrize(("number", "type_"), [(GOOD, "card"), (BANK_ACCOUNT, "us_bank_account")])
async def test_what_pays_a_subscription_is_told_where_it_is_expanded(number: str, type_: str) -> None:
    api = Api()
    sub = await api.shop.subscribed()
    customer = (await api.get(f"/v1/subscriptions/{sub}"))["customer"]
    await api.shop.stripe.replace_card(customer, number)
    ways = ["default_payment_method", "customer.invoice_settings.default_payment_method"]

    told = await api.get(f"/v1/subscriptions/{sub}", expand=ways)

    means = told["customer"]["invoice_settings"]["default_payment_method"]
    assert told["default_payment_method"] is None
    assert (means["type"], means["customer"], means[type_]["fingerprint"]) == (
        type_,
        customer,
        read_card(number).fingerprint,
    )


async def test_a_customer_without_a_card_has_none_to_expand() -> None:
    api = Api()
    made = await api.post("/v1/customers", email="a@app.test")

    told = await api.get(f"/v1/customers/{made['id']}", expand=["invoice_settings.default_payment_method"])

    assert told["invoice_settings"]["default_payment_method"] is None


async def test_an_intent_that_waits_for_its_owner_has_no_charge_yet() -> None:
    api = Api()
    session = await api.shop.opened("handful")
    assert PaymentStatus.REQUIRES_AUTHENTICATION is (await api.shop.stripe.pay(session.id, ASKS)).status
    (intent,) = (await api.get("/v1/payment_intents"))["data"]
    assert ("requires_action", None) == (intent["status"], intent["latest_charge"])
    await api.shop.stripe.authenticate(session.id)
    (charge,) = (await api.get("/v1/charges"))["data"]

    assert (intent["id"], "succeeded") == (charge["payment_intent"], charge["status"])


async def test_an_owner_who_says_no_leaves_an_intent_without_a_charge() -> None:
    api = Api()
    session = await api.shop.opened("handful")
    await api.shop.stripe.pay(session.id, ASKS)
    await api.shop.stripe.authenticate(session.id, ok=False)
    (intent,) = (await api.get("/v1/payment_intents"))["data"]

    assert ("requires_payment_method", "authentication_required") == (
        intent["status"],
        intent["last_payment_error"]["decline_code"],
    )
    assert [] == (await api.get("/v1/charges"))["data"]


async def test_lists_go_on_behind_an_object_and_know_their_age() -> None:
    api = Api()
    for _ in range(3):
        await api.bought()
        await api.shop.later(hours=1)
    first = await api.get("/v1/charges", limit=2)
    rest = await api.get("/v1/charges", limit=2, starting_after=first["data"][-1]["id"])
    young = await api.get("/v1/charges", created={"gte": first["data"][0]["created"]})

    assert (True, 2, False, 1, 1) == (
        first["has_more"],
        len(first["data"]),
        rest["has_more"],
        len(rest["data"]),
        len(young["data"]),
    )


async def test_what_is_not_there_is_not_found() -> None:
    api = Api()
    status, error = await api.refused("GET", "/v1/charges/ch_none")

    assert (404, "resource_missing", "No such charge: 'ch_none'") == (status, error["code"], error["message"])
