"""Stripe's shape of a checkout session."""

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.shapes import NO_TAX, checkout_url, listed, price, seconds
from billing_core.adapters.simulated.visits import Bought, Session, SessionStatus


def session(draft: Draft, value: Session) -> Json:
    selling, details = value.selling, value.selling.details
    is_open, is_done = value.status is SessionStatus.OPEN, value.status is SessionStatus.COMPLETE
    is_trial = bool(selling.trial_days)
    return {
        "id": value.id,
        "object": "checkout.session",
        "adaptive_pricing": None,
        "after_expiration": None,
        "allow_promotion_codes": selling.allow_promotion_codes or None,
        "amount_subtotal": 0 if is_trial else value.amount_minor,
        "amount_total": value.total,
        "automatic_tax": {**NO_TAX, "enabled": selling.automatic_tax, "provider": None, "status": None},
        "billing_address_collection": selling.billing_address_collection,
        "cancel_url": value.cancel_url,
        "client_reference_id": value.client_reference_id,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": seconds(value.created_at),
        "currency": selling.currency,
        "currency_conversion": None,
        "custom_fields": details.get("custom_fields", []),
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
            **details.get("custom_text", {}),
        },
        "customer": value.customer_id,
        "customer_account": None,
        "customer_creation": _creation(value),
        "customer_details": _who(draft, value) if is_done else None,
        "customer_email": value.customer_email,
        "discounts": [{"coupon": x.coupon, "promotion_code": x.promotion_code} for x in value.discounts],
        "expires_at": seconds(value.expires_at),
        "invoice": value.invoice_id,
        "invoice_creation": None,
        "livemode": False,
        "locale": details.get("locale"),
        "metadata": dict(selling.metadata),
        "mode": selling.mode,
        "payment_intent": value.payment_intent_id,
        "payment_link": value.payment_link,
        "payment_method_collection": selling.collection,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": _payment_status(value, is_done=is_done),
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": value.status.value,
        "submit_type": None,
        "subscription": value.subscription_id,
        "success_url": value.success_url,
        "total_details": {
            "amount_discount": 0 if is_trial else value.discount_minor,
            "amount_shipping": 0,
            "amount_tax": 0,
        },
        "ui_mode": "hosted_page",
        "url": checkout_url(value.id, draft.world) if is_open else None,
        "wallet_options": None,
    } | {name: details[name] for name in ("branding_settings",) if name in details}


def line_items(draft: Draft, value: Session) -> Json:
    """What it sells, as it comes with `expand[]=line_items`."""
    lines = [line_item(draft, line, free=bool(value.selling.trial_days)) for line in value.selling.lines]
    return listed(lines, f"/v1/checkout/sessions/{value.id}/line_items")


def line_item(draft: Draft, line: Bought, *, free: bool = False) -> Json:
    sold = draft.price(line.price)
    amount = 0 if free else sold.amount_minor * line.quantity
    return {
        "id": line.id,
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": sold.currency,
        "description": draft.state.products[sold.product_id].name,
        "metadata": {},
        "price": price(sold),
        "quantity": line.quantity,
    }


def _creation(value: Session) -> str | None:
    if value.is_recurring:
        return None
    return "always" if value.selling.makes_customer else "if_required"


def _payment_status(value: Session, *, is_done: bool) -> str:
    if not is_done or value.is_unsettled:
        return "unpaid"
    return "paid" if value.total else "no_payment_required"


def _who(draft: Draft, value: Session) -> Json:
    holder = draft.state.customers.get(value.customer_id or "")
    return {
        "address": None,
        "business_name": None,
        "email": holder.email if holder else value.customer_email,
        "individual_name": None,
        "name": holder.name if holder else None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
