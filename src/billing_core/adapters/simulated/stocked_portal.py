"""The portal of a stocked shop: what customers may change by themselves, by the same rules as everywhere."""

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.goods import Price
from billing_core.adapters.simulated.rest.portal_features import MOST_PRODUCTS, NOTHING, REASONS
from billing_core.adapters.simulated.visits import PortalConfiguration

MARK = {"billing_core": "default"}


def ensure_portal(draft: Draft, movable: Sequence[Price]) -> None:
    """The merchant's default settings are ours, in step with the catalog. `movable` are the prices that customers may
    move to, lowest plan first."""
    known, at, features = draft.state.portal_configurations.get("bpc_default"), draft.now, _features(movable)
    if known is None:
        made = PortalConfiguration(
            id="bpc_default", features=features, created_at=at, updated_at=at, is_default=True, metadata=MARK
        )
        draft.put(made)
    elif known.features != features and known.metadata.items() >= MARK.items():
        draft.put(evolve(known, features=features, updated_at=at))


def _features(movable: Sequence[Price]) -> dict[str, Any]:
    sold: dict[str, list[str]] = {}
    for price in movable:
        sold.setdefault(price.product_id, []).append(price.id)
    canceling = {"enabled": True, "cancellation_reason": {"enabled": True, "options": list(REASONS)}}
    wanted: dict[str, dict[str, Any]] = {
        "customer_update": {"enabled": True, "allowed_updates": ["address", "email", "name", "phone", "tax_id"]},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": canceling,
        "subscription_update": _moving(sold) if sold else {},
    }
    return {name: {**nothing, **wanted[name]} for name, nothing in NOTHING.items()}


def _moving(sold: dict[str, list[str]]) -> dict[str, Any]:
    adjustable = {"enabled": False, "maximum": None, "minimum": 1}
    offered = [*sold.items()][:MOST_PRODUCTS]
    return {
        "enabled": True,
        "default_allowed_updates": ["price"],
        "products": [{"adjustable_quantity": adjustable, "prices": ids, "product": key} for key, ids in offered],
        "proration_behavior": "always_invoice",
        "schedule_at_period_end": {
            "conditions": [{"type": "decreasing_item_amount"}, {"type": "shortening_interval"}],
        },
    }
