"""What customers read of a plan or a pack where it is sold, and what they may move to by themselves."""

from billing_core.domain.catalog import CatalogVersion, Pack, Plan, Price, Unlimited


def description(item: Plan | Pack) -> str:
    """What it gives, in a line."""
    if isinstance(item, Pack):
        return f"{item.credits:,} credits"
    credits = "unlimited" if isinstance(item.allotment, Unlimited) else f"{item.allotment:,}"
    return f"{credits} credits a month"


def movable(version: CatalogVersion) -> list[Price]:
    """The prices that customers may move to by themselves, lowest plan first."""
    plans = sorted(version.plans, key=lambda plan: plan.rank)
    return [price for plan in plans if plan.contact is None for price in plan.prices]
