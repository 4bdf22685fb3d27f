"""Stripe's shapes of what the simulated one knows, as of its API version 2026-10-28.endive."""

from collections.abc import Sequence
from datetime import datetime

from billing_core.adapters.simulated.draft import Json, World
from billing_core.adapters.simulated.goods import Price
from billing_core.adapters.simulated.state import Customer

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
    if value.deleted:
        return {"id": value.id, "object": "customer", "deleted": True}
    return {
        "id": value.id,
        "object": "customer",
        "address": None,
        "balance": value.balance,
        "created": seconds(value.created_at),
        "currency": value.currency,
        "default_source": None,
        "delinquent": False,
        "description": value.description,
        "email": value.email,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": f"pm_{value.id}" if value.card else None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": dict(value.metadata),
        "name": value.name,
        "phone": value.phone,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def price(value: Price) -> Json:
    recurring: Json | None = None
    if value.interval is not None:
        recurring = {
            "interval": value.interval.value,
            "interval_count": value.count,
            "meter": None,
            "usage_type": "licensed",
        }
    return {
        "id": value.id,
        "object": "price",
        "active": value.active,
        "billing_scheme": "per_unit",
        "created": seconds(value.created_at),
        "currency": value.currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": value.lookup_key,
        "metadata": dict(value.metadata),
        "nickname": value.nickname,
        "product": value.product_id,
        "recurring": recurring,
        "tax_behavior": value.tax_behavior,
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if value.interval else "one_time",
        "unit_amount": value.amount_minor,
        "unit_amount_decimal": str(value.amount_minor),
    }
