"""Events in the shapes of older API versions: an endpoint goes on to get them in the version that it was made with.

The newest shape is taken back in time, one breaking release after the other. What an older shape tells in full, where
the newer one has an id, is asked of `Known`.
"""

from collections.abc import Callable
from typing import Any

from attrs import frozen

Json = dict[str, Any]


@frozen
class Known:
    """What older shapes tell beside the object itself: the price of an id; the payment intent and the charge that an
    invoice was last to be paid with; and the invoice that a payment intent or a charge is for."""

    price: Callable[[str], Json | None]
    payment_of: Callable[[str], tuple[str | None, str | None]]
    invoice_of: Callable[[str], str | None]


def rendered(event: Json, version: str, known: Known) -> Json:
    """The event as an endpoint of that version gets it. Between the days of two releases, versions have one shape."""
    steps = [step for released, step in _STEPS if version[:10] < released]
    told, data = event["data"]["object"], dict(event["data"])
    data["object"] = _through(steps, told, known)
    if "previous_attributes" in data:
        before = _through(steps, {**told, **data["previous_attributes"]}, known)
        data["previous_attributes"] = {k: v for k, v in before.items() if data["object"].get(k) != v}
    return {**event, "api_version": version, "data": data}


Step = Callable[[Json, Known], Json]


def _through(steps: list[Step], told: Json, known: Known) -> Json:
    for step in steps:
        told = step(told, known)
    return told


def _before_endive(told: Json, known: Known) -> Json:
    """No subscription could be paused but for want of a payment, so nothing told how it came to be."""
    return _without(told, "pause_schedules", "status_details")


def _before_dahlia(told: Json, known: Known) -> Json:
    """Checkouts had other names for where they are shown."""
    names = {"hosted_page": "hosted", "embedded_page": "embedded", "elements": "custom"}
    return {**told, "ui_mode": names.get(told["ui_mode"], told["ui_mode"])} if "ui_mode" in told else told


def _before_clover(told: Json, known: Known) -> Json:
    """All subscriptions were billed in the classic way, and customers were customers."""
    return _without(told, "billing_mode", "billing_schedules", "branding_settings", "customer_account")


def _before_basil(told: Json, known: Known) -> Json:
    """One payment per invoice, one period per subscription, and one place for each on the object itself."""
    match told["object"]:
        case "subscription":
            return _old_subscription(told)
        case "invoice":
            return _old_invoice(told, known)
        case "charge" | "payment_intent":
            return {**told, "invoice": known.invoice_of(told["id"])}
        case "checkout.session":
            return _without(told, "adaptive_pricing", "collected_information", "permissions", "wallet_options")
        case _:
            return told


def _old_subscription(told: Json) -> Json:
    items = [_without(item, "current_period_start", "current_period_end") for item in told["items"]["data"]]
    first = told["items"]["data"][0]
    return {
        **told,
        "current_period_end": first["current_period_end"],
        "current_period_start": first["current_period_start"],
        "discount": None,
        "items": {**told["items"], "data": [{**item, "plan": _plan(item["price"])} for item in items]},
        "plan": _plan(first["price"]),
        "quantity": first["quantity"],
    }


def _old_invoice(told: Json, known: Known) -> Json:
    intent, charge = known.payment_of(told["id"])
    details = (told["parent"] or {}).get("subscription_details") or {}
    kept = _without(
        told,
        "amount_overpaid",
        "amount_paid_off_stripe",
        "confirmation_secret",
        "parent",
        "payments",
        "total_pretax_credit_amounts",
        "total_taxes",
    )
    lines = [_old_line(line, known) for line in told["lines"]["data"]]
    old = {
        "charge": charge,
        "discount": None,
        "lines": {**told["lines"], "data": lines},
        "paid": told["status"] == "paid",
        "paid_out_of_band": bool(told["amount_paid_off_stripe"]),
        "payment_intent": intent,
        "quote": None,
        "subscription": details.get("subscription"),
        "subscription_details": {"metadata": details.get("metadata")},
        "tax": None,
        "total_tax_amounts": [],
    }
    if "subscription_proration_date" in details:
        old["subscription_proration_date"] = details["subscription_proration_date"]
    return {**kept, **old}


def _old_line(line: Json, known: Known) -> Json:
    parent, priced = line["parent"] or {}, line["pricing"] or {}
    is_of_item = parent.get("type") == "subscription_item_details"
    origin = parent.get(parent.get("type") or "") or {}
    price_id = priced.get("price_details", {}).get("price")
    price = known.price(price_id) if price_id else None
    kept = _without(line, "parent", "pretax_credit_amounts", "pricing", "quantity_decimal", "subtotal", "taxes")
    old = {
        "plan": _plan(price) if price else None,
        "price": price,
        "proration": origin.get("proration", False),
        "proration_details": origin.get("proration_details") or {"credited_items": None},
        "subscription": origin.get("subscription"),
        "tax_amounts": [],
        "tax_rates": [],
        "type": "subscription" if is_of_item else "invoiceitem",
        "unit_amount_excluding_tax": priced.get("unit_amount_decimal"),
    }
    named = ("invoice_item", "subscription_item")
    return {**kept, **old, **{name: origin[name] for name in named if origin.get(name)}}


def _plan(price: Json) -> Json | None:
    """What a recurring price was before prices: the same id, and the same amount."""
    if not price["recurring"]:
        return None
    told = ("id", "active", "billing_scheme", "created", "currency", "livemode", "metadata", "nickname", "product")
    recurring = _without(price["recurring"], "meter")
    return {**{name: price[name] for name in told}, "object": "plan", "amount": price["unit_amount"], **recurring}


def _before_latest_charges(told: Json, known: Known) -> Json:
    """A payment intent told its charges, if asked to, and not the last of them."""
    return _without(told, "latest_charge") if told["object"] == "payment_intent" else told


def _without(told: Json, *names: str) -> Json:
    return {name: value for name, value in told.items() if name not in names}


_STEPS: tuple[tuple[str, Step], ...] = (
    ("2026-09-30", _before_endive),
    ("2026-03-25", _before_dahlia),
    ("2025-09-30", _before_clover),
    ("2025-03-31", _before_basil),
    ("2022-11-15", _before_latest_charges),
)
