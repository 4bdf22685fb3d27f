"""What an account may do, derived at an instant from its plan in force; never stored."""

from collections.abc import Mapping

from attrs import frozen

from billing_core.domain.account_at import AccountAt
from billing_core.domain.catalog import Limit


@frozen(kw_only=True)
class Entitlements:
    """What the plan in force gives, and how much of today's images is used."""

    tier: str
    models: tuple[str, ...]
    sizes: tuple[str, ...]
    qualities: tuple[str, ...]
    max_size: str
    images_per_request: int
    images_per_day: Limit
    images_today: int
    max_concurrent: int
    default_model: str
    default_size: str
    default_quality: str
    watermark: bool
    priority: int
    extras: Mapping[str, str | int | bool]

    def allows(self, key: str) -> bool:
        """Whether an entitlement of the catalog's own is given; an unknown one is denied."""
        return bool(self.extras.get(key))


def entitlements(held: AccountAt) -> Entitlements:
    """What the account may do now."""
    plan = held.in_force.plan
    return Entitlements(
        tier=plan.key,
        models=plan.models,
        sizes=plan.sizes,
        qualities=plan.qualities,
        max_size=plan.max_size,
        images_per_request=plan.images_per_request,
        images_per_day=plan.images_per_day,
        images_today=images_today(held),
        max_concurrent=plan.max_concurrent,
        default_model=plan.default_model,
        default_size=plan.default_size,
        default_quality=plan.default_quality,
        watermark=plan.watermark,
        priority=plan.priority,
        extras=plan.entitlements,
    )


def images_today(held: AccountAt) -> int:
    """The images accepted on this UTC day."""
    usage = held.account.usage
    return usage.images_today if usage.day == held.now.date() else 0
