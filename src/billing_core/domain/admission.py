"""Whether a generation is let in, and at what price: one pipeline for every plan, the first refusal is the answer.

Its order is that of `CHECKS`. The last one, that there are credits, is made by placing the hold.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from enum import Enum

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
    RuleViolation,
    TooManyConcurrent,
)
from billing_core.domain.given import ensure_whole
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
    _ensure_some(wish.n)
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
    for ensure in _BEFORE_THE_PRICE:
        ensure(held, wish)
    return price(held, wish)


class Check(Enum):
    """What is asked of a wish."""

    SUSPENSION = "suspension"
    NAMES = "names"
    MODEL = "model"
    SIZE = "size"
    QUALITY = "quality"
    IMAGES_AT_ONCE = "images_at_once"
    CONCURRENT = "concurrent"
    IMAGES_TODAY = "images_today"
    PRICE = "price"
    CREDITS = "credits"


@frozen
class Checked:
    """What came of one check of a wish: None where it passes."""

    check: Check
    denial: RuleViolation | None


def checked(held: AccountAt, wish: Wish) -> Iterator[Checked]:
    """Every check of the wish in their order, also those behind the first refusal. Without a price none of credits."""
    is_priced = True
    for check, ensure in CHECKS.items():
        if check is Check.CREDITS and not is_priced:
            return
        try:
            ensure(held, wish)
        except RuleViolation as denial:
            is_priced = is_priced and check is not Check.PRICE
            yield Checked(check, denial)
        else:
            yield Checked(check, None)


def _ensure_credits(held: AccountAt, wish: Wish) -> None:
    """As if nothing suspended the account, which is a check of its own."""
    held.ensure_credits(price(held, wish).credits)


def _offered(plan: Plan, what: str) -> tuple[str, ...]:
    offered = {"model": plan.models, "size": plan.sizes, "quality": plan.qualities}
    return offered[what]


def _ensure_known(held: AccountAt, wish: Wish) -> None:
    """A model, size or quality that no plan and no rate knows is a mistake, not something to upgrade for."""
    rates, plan = held.catalog.current.rates, held.in_force.plan
    asked = {"model": wish.model, "size": wish.size, "quality": wish.quality}
    named = {what: value for what, value in asked.items() if value is not None}
    if any(all(getattr(rate, what) != value for rate in rates) for what, value in named.items()):
        raise NotPriced(
            wish.model or plan.default_model,
            wish.size or plan.default_size,
            wish.quality or plan.default_quality,
        )


def _ensure_model(held: AccountAt, wish: Wish) -> None:
    _ensure_given(held, "model", wish.model or held.in_force.plan.default_model)


def _ensure_size(held: AccountAt, wish: Wish) -> None:
    _ensure_given(held, "size", wish.size or held.in_force.plan.default_size)


def _ensure_quality(held: AccountAt, wish: Wish) -> None:
    _ensure_given(held, "quality", wish.quality or held.in_force.plan.default_quality)


def _ensure_given(held: AccountAt, what: str, value: str) -> None:
    plan = held.in_force.plan
    if value not in _offered(plan, what):
        ways = for_entitlement(plan, held.catalog, lambda other: value in _offered(other, what))
        raise NotEntitled(what, _offered(plan, what), ways)


def _ensure_few_enough(held: AccountAt, wish: Wish) -> None:
    n = wish.n
    _ensure_some(n)
    plan = held.in_force.plan
    if n > plan.images_per_request:
        ways = for_entitlement(plan, held.catalog, lambda other: n <= other.images_per_request)
        raise NotEntitled("images_per_request", (str(plan.images_per_request),), (Option(Action.REDUCE), *ways))


def _ensure_some(n: int) -> None:
    ensure_whole("n", n)
    if n < 1:
        raise InvalidValue("n", "must be at least 1")


def running(held: AccountAt) -> int:
    """How many generations are queued or being made."""
    return sum(1 for hold in held.account.book.holds if hold.images)


def _ensure_not_too_many(held: AccountAt, _wish: Wish) -> None:
    plan = held.in_force.plan
    if running(held) >= plan.max_concurrent:
        ways = upgrades(plan, held.catalog, lambda other: other.max_concurrent > plan.max_concurrent)
        raise TooManyConcurrent(plan.max_concurrent, (Option(Action.WAIT), *ways))


def _ensure_within_day(held: AccountAt, wish: Wish) -> None:
    n, plan, used = wish.n, held.in_force.plan, images_today(held)
    limit = plan.images_per_day
    if isinstance(limit, int) and used + n > limit:
        ways = upgrades(plan, held.catalog, lambda other: _is_more(other.images_per_day, limit))
        tomorrow = datetime.combine(held.now.date() + timedelta(days=1), time(), UTC)
        raise DailyQuotaExceeded(limit, used, (Option(Action.WAIT, available_at=tomorrow), *ways))


def _is_more(limit: Limit, than: int) -> bool:
    return within(limit, than + 1)


CHECKS: Mapping[Check, Callable[[AccountAt, Wish], object]] = {
    Check.SUSPENSION: lambda held, _wish: held.ensure_not_suspended(),
    Check.NAMES: _ensure_known,
    Check.MODEL: _ensure_model,
    Check.SIZE: _ensure_size,
    Check.QUALITY: _ensure_quality,
    Check.IMAGES_AT_ONCE: _ensure_few_enough,
    Check.CONCURRENT: _ensure_not_too_many,
    Check.IMAGES_TODAY: _ensure_within_day,
    Check.PRICE: price,
    Check.CREDITS: _ensure_credits,
}
"""Each raises what denies the wish."""

_BEFORE_THE_PRICE = tuple(CHECKS.values())[:-2]
