"""Stripe's shapes of what the simulated gateway knows, as of its API version 2026-10-28.endive."""

from collections.abc import Sequence
from datetime import datetime

from billing_core.adapters.simulated.draft import Json, World
from billing_core.adapters.simulated.prices import price_id, product_id
from billing_core.adapters.simulated.state import Customer, Session, SessionStatus
from billing_core.domain.catalog import Offer

NO_TAX = {"enabled": False, "liability": None}


def seconds(at: datetime) -> int:
    """Stripe tells the time in whole seconds since 1970."""
    return int(at.timestamp())


def seconds_or_none(at: datetime | None) -> int | None:
    return None if at is None else seconds(at)


def listed(values: Sequence[Json], url: str) -> Json:
    """A list that has no further pages."""
    return {"object": "list", "data": list(values), "has_more": False, "url": url}


def hosted_invoice_url(invoice_id: str, world: World) -> str:
    """Where the customer pays or authenticates an invoice."""
    return f"{world.base_url}/dev/invoices/{invoice_id}"


def checkout_url(session_id: str, world: World) -> str:
    """Where the customer pays a checkout."""
    return f"{world.base_url}/dev/checkout/{session_id}"


def customer(value: Customer) -> Json:
    return {
        "id": value.id,
        "object": "customer",
        "balance": value.balance,
        "created": seconds(value.created_at),
        "currency": value.currency,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": value.email,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": f"pm_{value.id}" if value.card else None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {"billing_core_account": value.account_id},
        "name": value.name,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
    }


def price(offer: Offer) -> Json:
    interval = offer.price.interval
    recurring: Json | None = None
    if interval is not None:
        recurring = {"interval": interval.value, "interval_count": 1, "meter": None, "usage_type": "licensed"}
    return {
        "id": price_id(offer.price.key),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": 0,
        "currency": offer.price.money.currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": offer.price.key,
        "metadata": {},
        "nickname": None,
        "product": product_id(offer),
        "recurring": recurring,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if interval else "one_time",
        "unit_amount": offer.price.money.amount_minor,
        "unit_amount_decimal": str(offer.price.money.amount_minor),
    }


def session(value: Session, holder: Customer, world: World) -> Json:
    is_open, is_done = value.status is SessionStatus.OPEN, value.status is SessionStatus.COMPLETE
    status = "unpaid" if not is_done else "no_payment_required" if value.trial_days else "paid"
    total = 0 if value.trial_days else value.amount_minor
    return {
        "id": value.id,
        "object": "checkout.session",
        "allow_promotion_codes": value.promotion_codes,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {**NO_TAX, "provider": None, "status": None},
        "billing_address_collection": "required" if value.billing_address else "auto",
        "cancel_url": value.cancel_url,
        "client_reference_id": value.account_id,
        "client_secret": None,
        "created": seconds(value.created_at),
        "currency": value.currency,
        "custom_fields": [],
        "custom_text": {},
        "customer": value.customer_id,
        "customer_account": None,
        "customer_details": {"email": holder.email, "name": holder.name, "tax_exempt": "none"} if is_done else None,
        "customer_email": None,
        "expires_at": seconds(value.expires_at),
        "invoice": value.invoice_id,
        "livemode": False,
        "metadata": value.metadata,
        "mode": "subscription" if value.recurring else "payment",
        "payment_intent": value.payment_intent_id,
        "payment_link": None,
        "payment_method_collection": "always" if value.trial_needs_card else "if_required",
        "payment_method_types": ["card"],
        "payment_status": status,
        "recovered_from": None,
        "setup_intent": None,
        "shipping_options": [],
        "status": value.status.value,
        "subscription": value.subscription_id,
        "success_url": value.success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": checkout_url(value.id, world) if is_open else None,
    }
