"""Whether a generation is let in, and at what price: one pipeline for every plan, the first refusal is the answer.

In this order: not suspended; model; size and quality; images per request; concurrent generations; images today; a
price in the rate card; credits (which placing the hold checks).
"""

from datetime import UTC, datetime, time, timedelta

from attrs import frozen

from billing_core.domain.account_at import AccountAt
from billing_core.domain.catalog import Limit, Plan, within
from billing_core.domain.entitlements import images_today
from billing_core.domain.errors import (
    CostsTooMuch,
    DailyQuotaExceeded,
    InvalidValue,
    NotEntitled,
    NotPriced,
    TooManyConcurrent,
)
from billing_core.domain.options import Action, Option
from billing_core.domain.ways_out import for_entitlement, upgrades


@frozen(kw_only=True)
class Wish:
    """What was asked for; what is None takes the plan's default."""

    model: str | None = None
    size: str | None = None
    quality: str | None = None
    n: int = 1
    max_credits: int | None = None


@frozen(kw_only=True)
class Admitted:
    """A wish that may be fulfilled, and what all of it costs."""

    model: str
    size: str
    quality: str
    n: int
    credits: int


def price(held: AccountAt, wish: Wish) -> Admitted:
    """What the wish would cost, whoever may have it. Raises InvalidValue, NotPriced, CostsTooMuch."""
    if wish.n < 1:
        raise InvalidValue("n", "must be at least 1")
    plan = held.in_force.plan
    model = wish.model or plan.default_model
    size, quality = wish.size or plan.default_size, wish.quality or plan.default_quality
    cost = held.catalog.current.credits_for(model, size, quality) * wish.n
    if wish.max_credits is not None and cost > wish.max_credits:
        raise CostsTooMuch(cost, wish.max_credits)
    return Admitted(model=model, size=size, quality=quality, n=wish.n, credits=cost)


def admit(held: AccountAt, wish: Wish) -> Admitted:
    """The wish with the plan's defaults and its price, if the plan allows it.

    Raises AccountSuspended, NotEntitled, InvalidValue, TooManyConcurrent, DailyQuotaExceeded, NotPriced, CostsTooMuch.
    """
    held.ensure_not_suspended()
    plan = held.in_force.plan
    _ensure_known(held, wish)
    _ensure_given(held, "model", wish.model or plan.default_model)
    _ensure_given(held, "size", wish.size or plan.default_size)
    _ensure_given(held, "quality", wish.quality or plan.default_quality)
    _ensure_few_enough(held, wish.n)
    _ensure_not_too_many(held)
    _ensure_within_day(held, wish.n)
    return price(held, wish)


def _offered(plan: Plan, what: str) -> tuple[str, ...]:
    offered = {"model": plan.models, "size": plan.sizes, "quality": plan.qualities}
    return offered[what]


def _ensure_known(held: AccountAt, wish: Wish) -> None:
    """A model, size or quality that no plan and no rate knows is a mistake, not something to upgrade for."""
    rates = held.catalog.current.rates
    plan = held.in_force.plan
    known = {
        "model": {r.model for r in rates},
        "size": {r.size for r in rates},
        "quality": {r.quality for r in rates},
    }
    asked = {"model": wish.model, "size": wish.size, "quality": wish.quality}
    if any(value is not None and value not in known[what] for what, value in asked.items()):
        raise NotPriced(
            wish.model or plan.default_model,
            wish.size or plan.default_size,
            wish.quality or plan.default_quality,
        )


def _ensure_given(held: AccountAt, what: str, value: str) -> None:
    plan = held.in_force.plan
    if value not in _offered(plan, what):
        ways = for_entitlement(plan, held.catalog, lambda other: value in _offered(other, what))
        raise NotEntitled(what, _offered(plan, what), ways)


def _ensure_few_enough(held: AccountAt, n: int) -> None:
    if n < 1:
        raise InvalidValue("n", "must be at least 1")
    plan = held.in_force.plan
    if n > plan.images_per_request:
        ways = for_entitlement(plan, held.catalog, lambda other: n <= other.images_per_request)
        raise NotEntitled("images_per_request", (str(plan.images_per_request),), (Option(Action.REDUCE), *ways))


def _ensure_not_too_many(held: AccountAt) -> None:
    plan = held.in_force.plan
    running = sum(1 for hold in held.account.book.holds if hold.images)
    if running >= plan.max_concurrent:
        ways = upgrades(plan, held.catalog, lambda other: other.max_concurrent > plan.max_concurrent)
        raise TooManyConcurrent(plan.max_concurrent, (Option(Action.WAIT), *ways))


def _ensure_within_day(held: AccountAt, n: int) -> None:
    plan, used = held.in_force.plan, images_today(held)
    limit = plan.images_per_day
    if isinstance(limit, int) and used + n > limit:
        ways = upgrades(plan, held.catalog, lambda other: _is_more(other.images_per_day, limit))
        tomorrow = datetime.combine(held.now.date() + timedelta(days=1), time(), UTC)
        raise DailyQuotaExceeded(limit, used, (Option(Action.WAIT, available_at=tomorrow), *ways))


def _is_more(limit: Limit, than: int) -> bool:
    return within(limit, than + 1)
