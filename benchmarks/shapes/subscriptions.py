"""A subscription, with the fields that Stripe sends today."""

from datetime import datetime

from benchmarks.shapes.common import AMOUNT_MINOR, PRICE, TIER, Json, Period, customer_id, seconds, subscription_id


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
