"""Stripe's shape of a payment link."""

from billing_core.adapters.simulated.draft import Draft, Json, World
from billing_core.adapters.simulated.session_shape import line_item
from billing_core.adapters.simulated.shapes import NO_TAX, listed
from billing_core.adapters.simulated.visits import PaymentLink


def link_url(value: PaymentLink, world: World) -> str:
    """Where visitors open it."""
    return f"{world.base_url}/dev/links/{value.id}"


def link(draft: Draft, value: PaymentLink) -> Json:
    selling, details = value.selling, value.selling.details
    is_recurring = selling.mode == "subscription"
    return {
        "id": value.id,
        "object": "payment_link",
        "active": value.active,
        "after_completion": {
            "hosted_confirmation": {"custom_message": None},
            "type": "hosted_confirmation",
            **details.get("after_completion", {}),
        },
        "allow_promotion_codes": selling.allow_promotion_codes,
        "application": None,
        "application_fee_amount": None,
        "application_fee_percent": None,
        "automatic_tax": {**NO_TAX, "enabled": selling.automatic_tax},
        "billing_address_collection": selling.billing_address_collection,
        "consent_collection": details.get("consent_collection"),
        "currency": selling.currency,
        "custom_fields": details.get("custom_fields", []),
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
            **details.get("custom_text", {}),
        },
        "customer_creation": "always" if selling.makes_customer else "if_required",
        "inactive_message": details.get("inactive_message"),
        "invoice_creation": None,
        "livemode": False,
        "metadata": dict(selling.metadata),
        "on_behalf_of": None,
        "optional_items": None,
        "payment_intent_data": None if is_recurring else _payment(value),
        "payment_method_collection": selling.collection,
        "payment_method_types": None,
        "phone_number_collection": {"enabled": False, **details.get("phone_number_collection", {})},
        "restrictions": None
        if value.limit is None
        else {"completed_sessions": {"count": value.completed, "limit": value.limit}},
        "shipping_address_collection": None,
        "shipping_options": [],
        "submit_type": details.get("submit_type", "auto"),
        "subscription_data": _subscription(value) if is_recurring else None,
        "tax_id_collection": {"enabled": False, "required": "never", **details.get("tax_id_collection", {})},
        "transfer_data": None,
        "url": link_url(value, draft.world),
    }


def line_items(draft: Draft, value: PaymentLink) -> Json:
    """What it sells, as it comes with `expand[]=line_items`."""
    lines = [line_item(draft, line) for line in value.selling.lines]
    return listed(lines, f"/v1/payment_links/{value.id}/line_items")


def _payment(value: PaymentLink) -> Json:
    return {
        "capture_method": None,
        "description": None,
        "metadata": dict(value.selling.payment_metadata),
        "setup_future_usage": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "transfer_group": None,
    }


def _subscription(value: PaymentLink) -> Json:
    return {
        "description": None,
        "invoice_settings": {"issuer": {"type": "self"}},
        "metadata": dict(value.selling.subscription_metadata),
        "trial_period_days": value.selling.trial_days or None,
        "trial_settings": {"end_behavior": {"missing_payment_method": value.selling.without_card}},
    }
