"""The settings of the customer portal: what customers may change there by themselves, and when it takes effect.

They follow the same rules as our own routes: dearer is now and charged at once, cheaper or shorter at the period's end.
"""

from collections.abc import Iterator, Mapping, Sequence

from billing_core.adapters.stripe.api import Api
from billing_core.adapters.stripe.shapes import Shape, part, rows, text

CONFIGURATIONS = "/v1/billing_portal/configurations"
METADATA = {"billing_core": "default"}
_PRODUCTS = "features.subscription_update.products"
_MOST_PRODUCTS = 10  # Stripe shows no more
_REASONS = (
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
)


async def our_configuration(api: Api) -> Shape | None:
    """The configuration that we made; the merchant's own are left alone."""
    async for told in api.pages(CONFIGURATIONS, active=True, expand=[f"data.{_PRODUCTS}"]):
        if METADATA.items() <= part(told, "metadata").items():
            return told
    return None


def features(sold: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """What customers may do. `sold` are the prices that they may move to, by product, lowest plan first."""
    return {
        "customer_update": {"enabled": True, "allowed_updates": ["address", "email", "name", "phone", "tax_id"]},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {
            "enabled": True,
            "mode": "at_period_end",
            "proration_behavior": "none",
            "cancellation_reason": {"enabled": True, "options": list(_REASONS)},
        },
        "subscription_update": _moving(sold) if sold else {"enabled": False},
    }


def differences(configuration: Shape, wanted: Mapping[str, object]) -> Iterator[str]:
    """The dotted names of what is wanted otherwise than it is. What is not wanted is the merchant's."""
    yield from _differing(wanted, part(configuration, "features"), "")


def _moving(sold: Mapping[str, Sequence[str]]) -> dict[str, object]:
    return {
        "enabled": True,
        "default_allowed_updates": ["price"],
        "proration_behavior": "always_invoice",
        "products": [
            {"product": product, "prices": list(prices)} for product, prices in list(sold.items())[:_MOST_PRODUCTS]
        ],
        "schedule_at_period_end": {
            "conditions": [{"type": "decreasing_item_amount"}, {"type": "shortening_interval"}],
        },
    }


def _differing(wanted: Mapping[str, object], told: Shape, within: str) -> Iterator[str]:
    for name, value in wanted.items():
        dotted = f"{within}{name}"
        if isinstance(value, dict):
            yield from _differing(value, part(told, name), f"{dotted}.")
        elif name == "products":
            if _sold(wanted) != _sold(told):
                yield dotted
        elif name == "conditions":
            if _types(wanted) != _types(told):
                yield dotted
        elif isinstance(value, list):
            found = told.get(name)
            if not isinstance(found, list) or set(value) != set(found):
                yield dotted
        elif told.get(name) != value:
            yield dotted


def _sold(shape: Shape) -> set[tuple[str | None, frozenset[object]]]:
    return {(text(row, "product"), _set(row, "prices")) for row in rows(shape, "products")}


def _types(shape: Shape) -> set[str | None]:
    return {text(row, "type") for row in rows(shape, "conditions")}


def _set(shape: Shape, name: str) -> frozenset[object]:
    listed = shape.get(name)
    return frozenset(listed) if isinstance(listed, list) else frozenset()
