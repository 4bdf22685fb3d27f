"""What Stripe sends, written by hand: envelopes, signatures, and one invoice in the shapes of several years."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.ports.facts import Fact, NotUnderstood
from billing_core.ports.webhooks import Delivery

SECRET = "whsec_one"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
START = datetime(2026, 11, 1, tzinfo=UTC)
MIDDLE = datetime(2026, 11, 16, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)
PRICES = {"price_1": "pro_month_usd", "price_2": "studio_month_usd", "price_3": "pack_100_usd"}

ENDIVE = "2026-10-28.endive"
SINCE_BASIL = (ENDIVE, "2026-09-30.endive", "2026-03-25.dahlia", "2025-09-30.clover", "2025-03-31.basil")
BEFORE_BASIL = ("2024-10-28.acacia", "2024-06-20", "2020-08-27", "2019-12-03")

Json = dict[str, Any]


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def sign(body: bytes, secret: str = SECRET, at: datetime = NOW) -> str:
    """The header that Stripe would send with the body."""
    digest = hmac.new(secret.encode(), f"{seconds(at)}.".encode() + body, sha256).hexdigest()
    return f"t={seconds(at)},v1={digest}"


def an_event(event_type: str, told: object, **overrides: object) -> Json:
    return {
        "id": "evt_1",
        "object": "event",
        "type": event_type,
        "api_version": ENDIVE,
        "created": seconds(NOW - timedelta(seconds=5)),
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "data": {"object": told},
        **overrides,
    }


def received(event: object, *, now: datetime = NOW) -> Delivery:
    """The delivery of a genuine event."""
    body = json.dumps(event).encode()
    return StripeWebhooks([SECRET], PRICES).translate(body, sign(body, at=now), now=now)


def fact(event_type: str, told: object, **overrides: object) -> Fact:
    """What the event says."""
    return received(an_event(event_type, told, **overrides)).fact


def problem(event_type: str, told: object, **overrides: object) -> str:
    """Why the event is not understood."""
    found = fact(event_type, told, **overrides)
    assert isinstance(found, NotUnderstood)
    return found.problem


def a_subscription(**overrides: object) -> Json:
    return {
        "id": "sub_1",
        "object": "subscription",
        "customer": "cus_1",
        "status": "trialing",
        "trial_end": seconds(END),
        "items": {"object": "list", "data": [], "has_more": False},
        **overrides,
    }


def a_session(**overrides: object) -> Json:
    return {
        "id": "cs_1",
        "object": "checkout.session",
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "customer": "cus_1",
        "client_reference_id": "by_link",
        "payment_intent": "pi_1",
        "invoice": None,
        "subscription": None,
        "amount_total": 900,
        "currency": "usd",
        "metadata": {
            "billing_core_account": "acc_1",
            "billing_core_kind": "pack",
            "billing_core_item": "pack_100",
            "billing_core_version": "3",
        },
        **overrides,
    }


def a_line(**overrides: object) -> Json:
    """A line of a renewal as it is since basil."""
    return {
        "id": "il_1",
        "object": "line_item",
        "amount": 2000,
        "currency": "usd",
        "quantity": 1,
        "quantity_decimal": "1",
        "period": {"start": seconds(START), "end": seconds(END)},
        "pricing": {"type": "price_details", "price_details": {"price": "price_1", "product": "prod_1"}},
        "parent": {
            "type": "subscription_item_details",
            "invoice_item_details": None,
            "subscription_item_details": {
                "subscription": "sub_1",
                "subscription_item": "si_1",
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
            },
        },
        **overrides,
    }


def a_proration(amount: int, credited: object = None, **overrides: object) -> Json:
    """A line for the rest of a period, made when a plan was changed in its middle."""
    details = {
        "subscription": "sub_1",
        "invoice_item": "ii_1",
        "proration": True,
        "proration_details": {"credited_items": credited},
    }
    return a_line(
        id="il_2",
        amount=amount,
        period={"start": seconds(MIDDLE), "end": seconds(END)},
        parent={"type": "invoice_item_details", "invoice_item_details": details},
        **overrides,
    )


def a_one_off(price: str, **overrides: object) -> Json:
    """A line for something that no subscription sells, dated to one instant."""
    return a_line(
        id="il_3",
        period={"start": seconds(START), "end": seconds(START)},
        pricing={"type": "price_details", "price_details": {"price": price, "product": "prod_3"}},
        parent={"type": "invoice_item_details", "invoice_item_details": {"proration": False, "subscription": None}},
        **overrides,
    )


def an_old_line(**overrides: object) -> Json:
    """The line of `a_line` as it was before basil."""
    return {
        "id": "il_1",
        "object": "line_item",
        "type": "subscription",
        "amount": 2000,
        "currency": "usd",
        "quantity": 1,
        "period": {"start": seconds(START), "end": seconds(END)},
        "plan": {"id": "price_1", "object": "plan"},
        "price": {"id": "price_1", "object": "price", "lookup_key": None},
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": "sub_1",
        "subscription_item": "si_1",
        **overrides,
    }


def an_old_proration(amount: int, credited: object = None) -> Json:
    return an_old_line(
        id="il_2",
        type="invoiceitem",
        invoice_item="ii_1",
        amount=amount,
        proration=True,
        proration_details={"credited_items": credited},
        period={"start": seconds(MIDDLE), "end": seconds(END)},
    )


def lines(*listed: Json, has_more: bool = False) -> Json:
    return {"object": "list", "data": list(listed), "has_more": has_more, "url": "/v1/invoices/in_1/lines"}


def an_invoice(*listed: Json, **overrides: object) -> Json:
    """A paid invoice as it is since basil."""
    return {
        "id": "in_1",
        "object": "invoice",
        "customer": "cus_1",
        "status": "paid",
        "currency": "usd",
        "amount_due": 2000,
        "amount_paid": 2000,
        "amount_paid_off_stripe": None,
        "total": 2000,
        "billing_reason": "subscription_cycle",
        "hosted_invoice_url": "https://invoice.stripe.com/i/1",
        "status_transitions": {"paid_at": seconds(NOW - timedelta(minutes=1))},
        "parent": {
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": {"subscription": "sub_1", "metadata": {}},
        },
        "lines": lines(*(listed or (a_line(),))),
        **overrides,
    }


def an_old_invoice(*listed: Json, **overrides: object) -> Json:
    """The invoice of `an_invoice` as it was before basil."""
    invoice = an_invoice(*(listed or (an_old_line(),)))
    del invoice["parent"], invoice["amount_paid_off_stripe"]
    old = {"subscription": "sub_1", "paid": True, "paid_out_of_band": False, "payment_intent": "pi_1"}
    return {**invoice, **old, **overrides}


def a_refund(**overrides: object) -> Json:
    return {
        "id": "re_1",
        "object": "refund",
        "amount": 900,
        "charge": "ch_1",
        "created": seconds(NOW),
        "currency": "usd",
        "payment_intent": "pi_1",
        "status": "succeeded",
        **overrides,
    }


def a_dispute(**overrides: object) -> Json:
    return {
        "id": "dp_1",
        "object": "dispute",
        "amount": 900,
        "charge": "ch_1",
        "created": seconds(NOW),
        "currency": "usd",
        "payment_intent": "pi_1",
        "reason": "fraudulent",
        "status": "needs_response",
        **overrides,
    }


def a_charge(**overrides: object) -> Json:
    return {
        "id": "ch_1",
        "object": "charge",
        "amount": 900,
        "created": seconds(NOW),
        "currency": "usd",
        "customer": "cus_1",
        "payment_intent": "pi_1",
        "status": "succeeded",
        **overrides,
    }


def a_warning(**overrides: object) -> Json:
    return {
        "id": "issfr_1",
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": "ch_1",
        "created": seconds(NOW - timedelta(days=1)),
        "fraud_type": "made_with_stolen_card",
        "livemode": False,
        "payment_intent": "pi_1",
        **overrides,
    }


def a_review(**overrides: object) -> Json:
    return {
        "id": "prv_1",
        "object": "review",
        "charge": "ch_1",
        "created": seconds(NOW),
        "livemode": False,
        "open": True,
        "opened_reason": "rule",
        "payment_intent": "pi_1",
        "reason": "rule",
        **overrides,
    }


def a_credit_note(**overrides: object) -> Json:
    return {
        "id": "cn_1",
        "object": "credit_note",
        "amount": 900,
        "created": seconds(NOW),
        "currency": "usd",
        "customer": "cus_1",
        "invoice": "in_1",
        "status": "issued",
        **overrides,
    }


def a_thin_event(event_type: str, **overrides: object) -> Json:
    return {
        "id": "evt_2",
        "object": "v2.core.event",
        "type": event_type,
        "created": "2026-11-21T11:59:55.250Z",
        "livemode": False,
        "related_object": {"id": "in_1", "type": "invoice", "url": "/v1/invoices/in_1"},
        **overrides,
    }
