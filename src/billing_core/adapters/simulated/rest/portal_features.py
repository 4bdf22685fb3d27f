"""What a portal configuration offers: the parameters over what is offered by default, which is nothing."""

from collections.abc import Callable
from typing import Any

from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.goods import Price, Product
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.rest.errors import missing
from billing_core.adapters.simulated.rest.params import Params

Features = dict[str, Any]

_DETAILS = ("address", "email", "name", "phone", "shipping", "tax_id")
REASONS = (
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
)
_MOVES = ("price", "promotion_code", "quantity")
_PRORATIONS = ("always_invoice", "create_prorations", "none")
_CONDITIONS = ("decreasing_item_amount", "shortening_interval")
MOST_PRODUCTS = 10

NOTHING: Features = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "options": []},
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "products": [],
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}


def features(draft: Draft, params: Params, before: Features) -> Features:
    """The features as they are now, with what is sent put over them. Raises Refused."""
    sent = params.inside("features")
    readers: dict[str, Callable[[Params], Features]] = {
        "customer_update": lambda part: {
            "enabled": part.flag("enabled"),
            "allowed_updates": _some(part, "allowed_updates", _DETAILS),
        },
        "invoice_history": lambda part: {"enabled": part.flag("enabled")},
        "payment_method_update": lambda part: {"enabled": part.flag("enabled")},
        "subscription_cancel": _cancel,
        "subscription_update": lambda part: _update(draft, part),
    }
    told = {}
    for name, read in readers.items():
        part = sent.inside(name)
        if sent.has(name):
            part.needed("enabled", part.flag("enabled"))
        told[name] = _over(before[name], read(part))
    moving = told["subscription_update"]
    if moving["enabled"] and not (moving["products"] and moving["default_allowed_updates"]):
        message = "Subscription updates need `products` and `default_allowed_updates`."
        raise Refused(message=message, param="features[subscription_update]")
    return told


def _cancel(part: Params) -> Features:
    reasons = part.inside("cancellation_reason")
    why = {"enabled": reasons.flag("enabled"), "options": _some(reasons, "options", REASONS)}
    return {
        "enabled": part.flag("enabled"),
        "mode": part.choice("mode", "at_period_end", "immediately"),
        "proration_behavior": part.choice("proration_behavior", *_PRORATIONS),
        "cancellation_reason": why if part.has("cancellation_reason") else None,
    }


def _update(draft: Draft, part: Params) -> Features:
    scheduled = part.inside("schedule_at_period_end")
    conditions = [
        {"type": row.needed("type", row.choice("type", *_CONDITIONS))} for row in scheduled.rows("conditions")
    ]
    return {
        "enabled": part.flag("enabled"),
        "billing_cycle_anchor": part.choice("billing_cycle_anchor", "now", "unchanged"),
        "default_allowed_updates": _some(part, "default_allowed_updates", _MOVES),
        "products": _products(draft, part) if part.has("products") else None,
        "proration_behavior": part.choice("proration_behavior", *_PRORATIONS),
        "schedule_at_period_end": {"conditions": conditions} if part.has("schedule_at_period_end") else None,
        "trial_update_behavior": part.choice("trial_update_behavior", "continue_trial", "end_trial"),
    }


def _products(draft: Draft, part: Params) -> list[Features]:
    """Each with the prices that customers may move to, all of them recurring and the product's own."""
    rows = part.rows("products")
    if len(rows) > MOST_PRODUCTS:
        raise part.refused("products", f"You can name at most {MOST_PRODUCTS} products.")
    return [_product(draft, row) for row in rows]


def _product(draft: Draft, row: Params) -> Features:
    product, prices = row.must("product"), row.needed("prices", row.texts("prices") or None)
    if product not in draft.state.products:
        raise missing("product", product, param=row.name("product"), status=400)
    for key in prices:
        price = draft.state.table(Price).get(key)
        if price is None:
            raise missing("price", key, param=row.name("prices"), status=400)
        if price.product_id != product or price.interval is None or not price.active:
            message = f"The price {key} is no active, recurring price of the product {draft.find(Product, product).id}."
            raise row.refused("prices", message)
    return {
        "adjustable_quantity": {"enabled": False, "maximum": None, "minimum": 1},
        "prices": prices,
        "product": product,
    }


def _some(part: Params, key: str, options: tuple[str, ...]) -> list[str] | None:
    found = part.texts(key)
    for each in found or ():
        if each not in options:
            raise part.refused(key, f"Invalid {part.name(key)}: must be one of {', '.join(options)}")
    return found


def _over(before: Features, sent: Features) -> Features:
    return {**before, **{name: value for name, value in sent.items() if value is not None}}
