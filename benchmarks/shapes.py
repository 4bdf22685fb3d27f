"""The objects inside the webhooks, with the fields that Stripe sends today."""

from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]
Period = tuple[datetime, datetime]

PRICE = "basic_month_usd"
TIER = "basic"
AMOUNT_MINOR = 999
DESCRIPTION = "1 \u00d7 Basic (at $9.99 / month)"


def customer_id(customer: str) -> str:
    return f"cus_bench{customer}"


def subscription_id(customer: str) -> str:
    return f"sub_bench{customer}"


def session_id(customer: str) -> str:
    return f"cs_test_bench{customer}"


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def a_price(created: datetime) -> Json:
    return {
        "id": f"price_{PRICE}",
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": seconds(created),
        "currency": "usd",
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": PRICE,
        "metadata": {},
        "nickname": None,
        "product": f"prod_{TIER}",
        "recurring": {
            "interval": "month",
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": AMOUNT_MINOR,
        "unit_amount_decimal": f"{AMOUNT_MINOR}",
    }


def a_subscription(customer: str, period: Period, *, created: datetime) -> Json:
    start, end = map(seconds, period)
    item: Json = {
        "id": f"si_bench{customer}",
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": seconds(created),
        "current_period_end": end,
        "current_period_start": start,
        "discounts": [],
        "metadata": {},
        "price": a_price(created),
        "quantity": 1,
        "subscription": subscription_id(customer),
        "tax_rates": [],
    }
    return {
        "id": subscription_id(customer),
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": seconds(created),
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "classic"},
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": seconds(created),
        "currency": "usd",
        "customer": customer_id(customer),
        "days_until_due": None,
        "default_payment_method": f"pm_bench{customer}",
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": {
            "object": "list",
            "data": [item],
            "has_more": False,
            "total_count": 1,
            "url": f"/v1/subscription_items?subscription={subscription_id(customer)}",
        },
        "latest_invoice": f"in_bench{customer}",
        "livemode": False,
        "metadata": {"billing_core_account": f"user-{customer}"},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": seconds(created),
        "status": "active",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
    }


def an_invoice(customer: str, month: int, period: Period) -> Json:
    invoice_id = f"in_bench{customer}_{month}"
    start, end = map(seconds, period)
    origin = {"subscription": subscription_id(customer), "metadata": {"billing_core_account": f"user-{customer}"}}
    line = {
        "id": f"il_bench{customer}_{month}",
        "object": "line_item",
        "amount": AMOUNT_MINOR,
        "currency": "usd",
        "description": DESCRIPTION,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": subscription_id(customer),
                "subscription_item": f"si_bench{customer}",
            },
            "type": "subscription_item_details",
        },
        "period": {"end": end, "start": start},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": f"price_{PRICE}", "product": f"prod_{TIER}"},
            "type": "price_details",
            "unit_amount_decimal": f"{AMOUNT_MINOR}",
        },
        "quantity": 1,
        "quantity_decimal": "1",
        "subtotal": AMOUNT_MINOR,
        "taxes": [],
    }
    return {
        "id": invoice_id,
        "object": "invoice",
        "account_country": "US",
        "account_name": "A shop of pictures",
        "amount_due": AMOUNT_MINOR,
        "amount_overpaid": 0,
        "amount_paid": AMOUNT_MINOR,
        "amount_paid_off_stripe": None,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "attempt_count": 1,
        "attempted": True,
        "auto_advance": False,
        "billing_reason": "subscription_cycle",
        "collection_method": "charge_automatically",
        "created": start,
        "currency": "usd",
        "customer": customer_id(customer),
        "customer_email": f"user{customer}@example.com",
        "customer_name": f"User {customer}",
        "default_payment_method": None,
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": start,
        "ending_balance": 0,
        "hosted_invoice_url": f"https://invoice.stripe.com/i/acct_bench/test_{invoice_id}?s=ap",
        "invoice_pdf": f"https://pay.stripe.com/invoice/acct_bench/test_{invoice_id}/pdf?s=ap",
        "lines": {
            "object": "list",
            "data": [line],
            "has_more": False,
            "total_count": 1,
            "url": f"/v1/invoices/{invoice_id}/lines",
        },
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": f"BENCH{customer}-{month:04}",
        "parent": {"quote_details": None, "subscription_details": origin, "type": "subscription_details"},
        "period_end": start,
        "period_start": start,
        "starting_balance": 0,
        "status": "paid",
        "status_transitions": {
            "finalized_at": start,
            "marked_uncollectible_at": None,
            "paid_at": start + 3000,
            "voided_at": None,
        },
        "subtotal": AMOUNT_MINOR,
        "total": AMOUNT_MINOR,
        "total_taxes": [],
        "webhooks_delivered_at": start,
    }


def a_session(customer: str, *, at: datetime) -> Json:
    return {
        "id": session_id(customer),
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": AMOUNT_MINOR,
        "amount_total": AMOUNT_MINOR,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": "https://shop.example.com/cancel",
        "client_reference_id": f"user-{customer}",
        "collected_information": {"business_name": None, "individual_name": None, "shipping_details": None},
        "consent": None,
        "created": seconds(at),
        "currency": "usd",
        "custom_fields": [],
        "custom_text": {"after_submit": None, "shipping_address": None, "submit": None},
        "customer": customer_id(customer),
        "customer_creation": None,
        "customer_details": {
            "address": {
                "city": None,
                "country": "US",
                "line1": None,
                "line2": None,
                "postal_code": "94110",
                "state": None,
            },
            "email": f"user{customer}@example.com",
            "name": f"User {customer}",
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
        "discounts": [],
        "expires_at": seconds(at + timedelta(days=1)),
        "invoice": f"in_bench{customer}_0",
        "livemode": False,
        "locale": None,
        "metadata": {
            "billing_core_account": f"user-{customer}",
            "billing_core_kind": "plan",
            "billing_core_item": TIER,
            "billing_core_version": "1",
        },
        "mode": "subscription",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "always",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "paid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": {"allow_redisplay_filters": ["always"], "payment_method_save": None},
        "setup_intent": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "complete",
        "submit_type": None,
        "subscription": subscription_id(customer),
        "success_url": "https://shop.example.com/success",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted",
        "url": None,
        "wallet_options": None,
    }
