"""What can be chosen for a picture: what the plan gives, which plan gives the rest, and what each costs."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from attrs import frozen

from billing_core.domain.account_at import AccountAt
from billing_core.domain.catalog import Catalog, Plan, Rate
from billing_core.domain.ways_out import upgrades

MOST_AT_ONCE: Final = 100
"""More than the request for pictures takes, no plan can give."""


@frozen
class Choice:
    """A model, size or quality. `plan` is the lowest one that gives it, where the customer's does not."""

    key: str
    is_chosen: bool
    plan: Plan | None


@frozen(kw_only=True)
class Chooser:
    """All choices, how many pictures may be asked for at once, and what one of them costs.

    `credits` is the price of what is chosen, of all `n` pictures; None where the rate card has none for it.
    """

    models: tuple[Choice, ...]
    qualities: tuple[Choice, ...]
    sizes: tuple[Choice, ...]
    n: int
    most: int
    rates: tuple[Rate, ...]
    credits: int | None


def chooser(held: AccountAt, filled: Mapping[str, str]) -> Chooser:
    """What is filled in is chosen, and the plan's defaults where nothing is."""
    plan = held.in_force.plan
    rates = offered(held.catalog, plan)
    model = filled.get("model", plan.default_model)
    quality = filled.get("quality", plan.default_quality)
    size = filled.get("size", plan.default_size)
    most = min(plan.images_per_request, MOST_AT_ONCE)
    n = number_of(filled.get("n", ""), most)
    prices = {(rate.model, rate.size, rate.quality): rate.credits for rate in rates}
    each = prices.get((model, size, quality))

    def choices(keys: Iterable[str], chosen: str, given: Callable[[Plan], tuple[str, ...]]) -> tuple[Choice, ...]:
        return tuple(Choice(key, key == chosen, giver(held, key, given)) for key in dict.fromkeys(keys))

    return Chooser(
        models=choices((rate.model for rate in rates), model, lambda other: other.models),
        qualities=choices((rate.quality for rate in rates), quality, lambda other: other.qualities),
        sizes=choices((rate.size for rate in rates), size, lambda other: other.sizes),
        n=n,
        most=most,
        rates=rates,
        credits=None if each is None else each * n,
    )


def offered(catalog: Catalog, plan: Plan) -> tuple[Rate, ...]:
    """The rates of what the plan or any other gives, which is less than what there are rates for."""
    plans = (plan, *catalog.current.plans)
    return tuple(rate for rate in catalog.current.rates if any(gives(other, rate) for other in plans))


def gives(plan: Plan, rate: Rate) -> bool:
    """Whether such pictures can be had with the plan."""
    return rate.model in plan.models and rate.size in plan.sizes and rate.quality in plan.qualities


def giver(held: AccountAt, key: str, given: Callable[[Plan], tuple[str, ...]]) -> Plan | None:
    """The lowest plan that gives it, where the account's own does not."""
    plan = held.in_force.plan
    return None if key in given(plan) else higher(held, lambda other: key in given(other))


def higher(held: AccountAt, is_so: Callable[[Plan], bool]) -> Plan | None:
    """The lowest plan above the account's own of which that is so."""
    ways = upgrades(held.in_force.plan, held.catalog, is_so)
    return next((held.catalog.current.plan(way.tier) for way in ways if way.tier is not None), None)


def number_of(text: str, most: int) -> int:
    """How many pictures that says, as far as there may be so many."""
    return min(max(int(text), 1), most) if text.isdecimal() and len(text) < 10 else 1
