"""Stripe's objects as its events tell them: one customer's small business, in the shapes of the newest API version.

Everything hangs together: customer `cus_1` has the subscription `sub_1` to the built-in plan `basic`, whose invoice
`in_1` was paid by `pi_1` with the charge `ch_1`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

Json = dict[str, Any]

DAY = 24 * 3600
AMOUNT = 999
PRICE = "price_basic_month_usd"
PRODUCT = "prod_basic"


@frozen
class Story:
    """What an event is about: what happened (the last word of its type), and when, in Unix seconds."""

    happened: str
    at: int


def object_of(event_type: str, at: int) -> Json:
    """The object that such an event tells of, in the state that it tells of. Kinds that have nothing to do with
    billing have only what all of Stripe's objects have."""
    family, _, happened = event_type.rpartition(".")
    story = Story(happened, at)
    if event_type == "charge.refund.updated":
        family = "refund"
    kind = KINDS.get(family, family)
    common = {"id": f"{_PREFIXES.get(kind, kind.replace('.', '_'))}_1", "object": kind, "livemode": False}
    told = _TELLERS.get(kind, _nothing_more)(story)
    return {**common, "created": at, "metadata": {}, **told}


KINDS: Mapping[str, str] = {
    "account.application": "application",
    "account.external_account": "bank_account",
    "application_fee.refund": "fee_refund",
    "charge.dispute": "dispute",
    "charge.refund": "refund",
    "customer.discount": "discount",
    "customer.source": "card",
    "customer.subscription": "subscription",
    "customer.tax_id": "tax_id",
    "issuing_authorization": "issuing.authorization",
    "issuing_card": "issuing.card",
    "issuing_cardholder": "issuing.cardholder",
    "issuing_dispute": "issuing.dispute",
    "issuing_personalization_design": "issuing.personalization_design",
    "issuing_token": "issuing.token",
    "issuing_transaction": "issuing.transaction",
    "sigma.scheduled_query_run": "scheduled_query_run",
    "source.transaction": "source_transaction",
}
"""The kind of object, where the family of the event has another name."""

_PREFIXES: Mapping[str, str] = {
    "charge": "ch",
    "checkout.session": "cs_test",
    "credit_note": "cn",
    "customer": "cus",
    "dispute": "dp",
    "invoice": "in",
    "invoice_payment": "inpay",
    "invoiceitem": "ii",
    "payment_intent": "pi",
    "payment_link": "plink",
    "payment_method": "pm",
    "price": "price",
    "product": "prod",
    "promotion_code": "promo",
    "radar.early_fraud_warning": "issfr",
    "refund": "re",
    "review": "prv",
    "setup_intent": "seti",
    "subscription": "sub",
    "subscription_schedule": "sub_sched",
}


def _nothing_more(_story: Story) -> Json:
    return {}


def _customer(_story: Story) -> Json:
    return {"email": "ada@example.com", "name": "Ada", "currency": "usd", "delinquent": False}


def _product(story: Story) -> Json:
    return {"id": PRODUCT, "name": "Basic", "active": story.happened != "deleted", "type": "service"}


def _price(story: Story) -> Json:
    return {
        "id": PRICE,
        "active": story.happened != "deleted",
        "currency": "usd",
        "lookup_key": "basic_month_usd",
        "product": PRODUCT,
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
        "type": "recurring",
        "unit_amount": AMOUNT,
    }


def _subscription(story: Story) -> Json:
    start, end = story.at, story.at + 30 * DAY
    status = {"deleted": "canceled", "paused": "paused", "trial_will_end": "trialing"}.get(story.happened, "active")
    trial_end = story.at + 3 * DAY if status == "trialing" else None
    item = {
        "id": "si_1",
        "object": "subscription_item",
        "current_period_start": start,
        "current_period_end": trial_end or end,
        "price": {"object": "price", **_price(Story("created", story.at))},
        "quantity": 1,
        "subscription": "sub_1",
    }
    return {
        "billing_cycle_anchor": start,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "currency": "usd",
        "customer": "cus_1",
        "ended_at": story.at if status == "canceled" else None,
        "items": {"object": "list", "data": [item], "has_more": False, "url": "/v1/subscription_items"},
        "latest_invoice": "in_1",
        "schedule": None,
        "start_date": start,
        "status": status,
        "trial_start": story.at - 11 * DAY if trial_end else None,
        "trial_end": trial_end,
    }


def _schedule(story: Story) -> Json:
    status = {"canceled": "canceled", "aborted": "canceled", "completed": "completed", "released": "released"}
    is_released = story.happened == "released"
    return {
        "current_phase": {"start_date": story.at, "end_date": story.at + 30 * DAY},
        "customer": "cus_1",
        "phases": [],
        "released_subscription": "sub_1" if is_released else None,
        "status": status.get(story.happened, "active"),
        "subscription": None if is_released else "sub_1",
    }


def _invoice(story: Story) -> Json:
    word = story.happened
    status = {"voided": "void", "marked_uncollectible": "uncollectible", "created": "draft", "upcoming": "draft"}
    is_paid = word in {"paid", "payment_succeeded", "overpaid"}
    line = {
        "id": "il_1",
        "object": "line_item",
        "amount": AMOUNT,
        "currency": "usd",
        "parent": {
            "type": "subscription_item_details",
            "subscription_item_details": {"subscription": "sub_1", "subscription_item": "si_1", "proration": False},
        },
        "period": {"start": story.at, "end": story.at + 30 * DAY},
        "pricing": {"type": "price_details", "price_details": {"price": PRICE, "product": PRODUCT}},
        "quantity": 1,
        "quantity_decimal": "1",
    }
    return {
        "amount_due": AMOUNT,
        "amount_overpaid": AMOUNT if word == "overpaid" else 0,
        "amount_paid": AMOUNT if is_paid else 0,
        "amount_remaining": 0 if is_paid else AMOUNT,
        "attempt_count": 1 if is_paid or word.startswith("payment") else 0,
        "billing_reason": "subscription_cycle",
        "currency": "usd",
        "customer": "cus_1",
        "hosted_invoice_url": "https://invoice.stripe.com/i/1",
        "lines": {"object": "list", "data": [line], "has_more": False, "url": "/v1/invoices/in_1/lines"},
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_1", "metadata": {}}},
        "status": "paid" if is_paid else status.get(word, "open"),
        "status_transitions": {"paid_at": story.at if is_paid else None},
        "total": AMOUNT,
    }


def _session(story: Story) -> Json:
    is_open_ended = story.happened in {"expired", "async_payment_failed"}
    return {
        "amount_total": AMOUNT,
        "client_reference_id": "ada",
        "currency": "usd",
        "customer": "cus_1",
        "invoice": "in_1",
        "metadata": {
            "billing_core_account": "ada",
            "billing_core_kind": "plan",
            "billing_core_item": "basic",
            "billing_core_version": "1",
        },
        "mode": "subscription",
        "payment_intent": None,
        "payment_status": "unpaid" if is_open_ended else "paid",
        "status": "expired" if story.happened == "expired" else "complete",
        "subscription": None if story.happened == "expired" else "sub_1",
    }


def _money(status: str) -> Json:
    return {"amount": AMOUNT, "charge": "ch_1", "currency": "usd", "payment_intent": "pi_1", "status": status}


def _charge(story: Story) -> Json:
    status = {"failed": "failed", "pending": "pending"}.get(story.happened, "succeeded")
    is_refunded = story.happened == "refunded"
    return {
        "amount": AMOUNT,
        "amount_refunded": AMOUNT if is_refunded else 0,
        "currency": "usd",
        "customer": "cus_1",
        "outcome": {"risk_level": "normal", "type": "authorized"},
        "paid": status == "succeeded",
        "payment_intent": "pi_1",
        "refunded": is_refunded,
        "status": status,
    }


def _intent(story: Story) -> Json:
    status = {"canceled": "canceled", "processing": "processing", "requires_action": "requires_action"}
    failed = {"payment_failed": "requires_payment_method", "created": "requires_payment_method"}
    return {
        "amount": AMOUNT,
        "currency": "usd",
        "customer": "cus_1",
        "latest_charge": "ch_1",
        "status": (status | failed).get(story.happened, "succeeded"),
    }


def _refund(story: Story) -> Json:
    return _money("failed" if story.happened == "failed" else "succeeded")


def _dispute(story: Story) -> Json:
    return {**_money("lost" if story.happened == "closed" else "needs_response"), "reason": "fraudulent"}


def _warning(_story: Story) -> Json:
    return {"actionable": True, "charge": "ch_1", "fraud_type": "made_with_stolen_card", "payment_intent": "pi_1"}


def _review(story: Story) -> Json:
    is_open = story.happened == "opened"
    return {"charge": "ch_1", "open": is_open, "opened_reason": "rule", "payment_intent": "pi_1", "reason": "rule"}


def _credit_note(story: Story) -> Json:
    status = "void" if story.happened == "voided" else "issued"
    return {"amount": AMOUNT, "currency": "usd", "customer": "cus_1", "invoice": "in_1", "status": status}


def _of_customer(_story: Story) -> Json:
    return {"customer": "cus_1"}


_TELLERS: Mapping[str, Callable[[Story], Json]] = {
    "charge": _charge,
    "checkout.session": _session,
    "credit_note": _credit_note,
    "customer": _customer,
    "discount": _of_customer,
    "dispute": _dispute,
    "invoice": _invoice,
    "payment_intent": _intent,
    "payment_method": _of_customer,
    "price": _price,
    "product": _product,
    "radar.early_fraud_warning": _warning,
    "refund": _refund,
    "review": _review,
    "setup_intent": _of_customer,
    "subscription": _subscription,
    "subscription_schedule": _schedule,
}
