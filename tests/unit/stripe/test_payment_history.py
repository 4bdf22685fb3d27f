"""What a customer sees of past payments."""

from datetime import UTC, datetime

import pytest
from attrs import evolve

from billing_core.adapters.stripe.payment_history import PaymentHistory
from billing_core.ports.errors import GatewayRefused
from billing_core.ports.gateway import PaymentShown
from tests.stripe.canned import CannedStripe, Json, page

INTENTS = "/v1/payment_intents"
INVOICES = "/v1/invoices"
INVOICE_PAYMENTS = "/v1/invoice_payments"
CREATED = 1_800_000_000


def an_intent(intent_id: str, **more: object) -> Json:
    return {
        "id": intent_id,
        "status": "succeeded",
        "amount": 1000,
        "amount_received": 1000,
        "currency": "usd",
        "created": CREATED,
        "description": "Subscription creation",
        "metadata": {},
        "latest_charge": {"id": "ch_1", "amount_refunded": 0, "receipt_url": "https://pay.stripe.com/receipts/1"},
        **more,
    }


def a_pack(intent_id: str, **more: object) -> Json:
    metadata = {"billing_core_kind": "pack", "billing_core_item": "handful"}
    return an_intent(intent_id, description=None, metadata=metadata, **more)


def an_invoice(invoice_id: str, *intent_ids: str, sells: str = "plan") -> Json:
    details = {"subscription": "sub_1", "metadata": {"billing_core_kind": sells}}
    return {
        "id": invoice_id,
        "hosted_invoice_url": "https://invoice.stripe.com/i/1",
        "parent": {"type": "subscription_details", "subscription_details": details},
        "lines": {"data": [{"description": "Pro, monthly"}]},
        "payments": {"data": [{"payment": {"type": "payment_intent", "payment_intent": each}} for each in intent_ids]},
    }


def having(intents: Json, *invoices: Json) -> CannedStripe:
    return CannedStripe().on("GET", INTENTS, intents).on("GET", INVOICES, page(*invoices))


async def shown(stripe: CannedStripe, limit: int = 20) -> list[PaymentShown]:
    payments, _ = await PaymentHistory(stripe.api).payments("cus_1", limit=limit)
    return list(payments)


SUBSCRIBED = PaymentShown(
    id="in_1",
    at=datetime.fromtimestamp(CREATED, UTC),
    kind="subscription",
    status="succeeded",
    amount_minor=1000,
    currency="usd",
    refunded_minor=0,
    description="Pro, monthly",
    receipt_url="https://pay.stripe.com/receipts/1",
    invoice_url="https://invoice.stripe.com/i/1",
)


async def test_a_subscriptions_payment_goes_by_its_invoice() -> None:
    assert [SUBSCRIBED] == await shown(having(page(an_intent("pi_1")), an_invoice("in_1", "pi_1")))


async def test_a_pack_goes_by_its_payment_and_has_no_invoice() -> None:
    stripe = CannedStripe().on("GET", INTENTS, page(a_pack("pi_2")))

    assert [evolve(SUBSCRIBED, id="pi_2", kind="pack", description="handful", invoice_url=None)] == await shown(stripe)


async def test_a_pack_that_comes_every_month_is_still_a_pack() -> None:
    stripe = having(page(an_intent("pi_1")), an_invoice("in_1", "pi_1", sells="pack"))

    assert ["pack"] == [payment.kind for payment in await shown(stripe)]


async def test_an_invoice_beyond_the_latest_is_asked_for() -> None:
    stripe = having(page(an_intent("pi_1"))).on("GET", INVOICE_PAYMENTS, page({"invoice": an_invoice("in_1")}))

    assert [SUBSCRIBED] == await shown(stripe)


async def test_a_payment_of_nothing_of_ours_is_shown_by_itself() -> None:
    stripe = having(page(an_intent("pi_1"))).on("GET", INVOICE_PAYMENTS, page())

    (payment,) = await shown(stripe)

    assert ("pi_1", "pack", "Subscription creation", None) == (
        payment.id,
        payment.kind,
        payment.description,
        payment.invoice_url,
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("succeeded", "succeeded"),
        ("processing", "pending"),
        ("requires_action", "pending"),
        ("requires_payment_method", "failed"),
        ("canceled", "canceled"),
        ("newly_invented", "pending"),
    ],
)
async def test_a_status_is_told_in_our_words(status: str, expected: str) -> None:
    stripe = CannedStripe().on("GET", INTENTS, page(a_pack("pi_1", status=status, amount_received=0)))

    assert [(expected, 1000)] == [(payment.status, payment.amount_minor) for payment in await shown(stripe)]


async def test_what_nobody_tried_to_pay_is_left_out() -> None:
    untried = a_pack("pi_1", status="requires_payment_method", latest_charge=None)

    assert [] == await shown(CannedStripe().on("GET", INTENTS, page(untried)))


async def test_a_refund_is_shown() -> None:
    charge = {"id": "ch_1", "amount_refunded": 400, "receipt_url": None}
    stripe = CannedStripe().on("GET", INTENTS, page(a_pack("pi_1", latest_charge=charge)))

    assert [(400, None)] == [(payment.refunded_minor, payment.receipt_url) for payment in await shown(stripe)]


async def test_pages_follow_each_other() -> None:
    first, second = page(a_pack("pi_2"), a_pack("pi_1"), has_more=True), page(a_pack("pi_0"))
    stripe = CannedStripe().on("GET", INTENTS, first, second)
    history = PaymentHistory(stripe.api)

    newest, after = await history.payments("cus_1", limit=2)
    oldest, end = await history.payments("cus_1", limit=2, after=after)

    assert ["pi_2", "pi_1", "pi_0"] == [payment.id for payment in (*newest, *oldest)]
    assert ("pi_1", None) == (after, end)
    assert [None, "pi_1"] == [request.form.get("starting_after") for request in stripe.asked]


async def test_a_payment_that_cannot_be_read_is_a_matter_for_a_person() -> None:
    with pytest.raises(GatewayRefused):
        await shown(CannedStripe().on("GET", INTENTS, page(a_pack("pi_1", currency=7))))
