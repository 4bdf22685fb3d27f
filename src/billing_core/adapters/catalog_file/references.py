"""What the tables of a catalog say about each other. Only tables that are right by themselves are compared."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product

from attrs import frozen

from billing_core.adapters.catalog_file.positions import Path
from billing_core.adapters.catalog_file.reading import Reading
from billing_core.domain.catalog import Model, Pack, Plan, Price, Rate

Wrong = Iterator[tuple[Path, str]]


@frozen(kw_only=True)
class Tables:
    """All that was read."""

    plans: tuple[Plan, ...]
    packs: tuple[Pack, ...]
    models: tuple[Model, ...]
    rates: tuple[Rate, ...]


def check(tables: Tables, reading: Reading) -> None:
    """Notes each reference that leads nowhere and each thing that may be there once and is there twice."""
    wrong: list[tuple[Path, str]] = []
    for sections, find in CHECKS:
        if reading.is_sound(*sections):
            wrong.extend(find(tables))
    for path, message in wrong:
        reading.blame(path, message)


def _ladder(tables: Tables) -> Wrong:
    if not tables.plans:
        yield ("plans",), "there must be one at least, and the one of the lowest rank is free"
        return
    by_rank = sorted(tables.plans, key=lambda plan: plan.rank)  # stable: the later of two equals is the one to blame
    free = by_rank[0]
    if free.prices:
        yield ("plans", free.key, "prices"), "the plan of the lowest rank is what everybody has: it has no price"
    for below, plan in pairwise(by_rank):
        if plan.rank == below.rank:
            yield ("plans", plan.key, "rank"), f"{below.key} has rank {plan.rank} too: which one is higher?"


def _defaults(tables: Tables) -> Wrong:
    for plan in tables.plans:
        for what, default, allowed in (
            ("model", plan.default_model, plan.models),
            ("size", plan.default_size, plan.sizes),
            ("quality", plan.default_quality, plan.qualities),
        ):
            if default not in allowed:
                yield ("plans", plan.key, f"default_{what}"), f"{default} is not among the plan's: {', '.join(allowed)}"
        if plan.initial_lasts is not None and plan.initial_credits is None:
            yield ("plans", plan.key, "initial_lasts_days"), "there are no initial_credits that it could limit"


def _for_sale(tables: Tables) -> Wrong:
    for pack in tables.packs:
        if not pack.prices:
            yield ("packs", pack.key, "prices"), "is missing: a pack is there to be bought"


def _price_keys(tables: Tables) -> Wrong:
    seen: set[str] = set()
    sold: list[tuple[str, str, Sequence[Price]]] = [("plans", plan.key, plan.prices) for plan in tables.plans]
    sold += [("packs", pack.key, pack.prices) for pack in tables.packs]
    for section, item, prices in sold:
        ways: set[tuple[object, str]] = set()
        for index, price in enumerate(prices):
            path = (section, item, "prices", index)
            if price.key in seen:
                yield (*path, "key"), f"{price.key} is the key of another price too"
            if (price.interval, price.money.currency) in ways:
                yield (*path, "currency"), f"{item} has a price in {price.money.currency} for this interval already"
            seen.add(price.key)
            ways.add((price.interval, price.money.currency))


def _old_ids(tables: Tables) -> Wrong:
    """A number is one price's among the plans, and one price's among the packs, where it is the one that is sold."""
    for section, items in (("plans", tables.plans), ("packs", tables.packs)):
        seen: dict[int, str] = {}
        for item in items:
            for index, price in enumerate(item.prices):
                path = (section, item.key, "prices", index, "old_id")
                if price.old_id is None:
                    continue
                if price.old_id in seen:
                    yield path, f"{price.old_id} is the number of {seen[price.old_id]} too"
                seen[price.old_id] = price.key
                first = next(other for other in item.prices if other.money.currency == price.money.currency)
                if section == "packs" and first is not price:
                    yield path, f"in this currency the pack is sold at {first.key}"


def _named(tables: Tables) -> Wrong:
    known = {model.key for model in tables.models}
    for plan in tables.plans:
        for index, model in enumerate(plan.models):
            if model not in known:
                yield ("plans", plan.key, "models", index), f'there is no [models."{model}"] that says who draws it'


def _rated(tables: Tables) -> Wrong:
    known = {model.key for model in tables.models}
    for model in dict.fromkeys(rate.model for rate in tables.rates):
        if model not in known:
            yield ("rates", model), f'there is no [models."{model}"] that says who draws it'


def _parametered(tables: Tables) -> Wrong:
    rated = {(rate.model, rate.quality) for rate in tables.rates}
    for model in tables.models:
        for quality in model.parameters:
            if (model.key, quality) not in rated:
                yield ("models", model.key, "qualities", quality), f"the rate card has no {quality} of {model.key}"


def _priced(tables: Tables) -> Wrong:
    rated = {(rate.model, rate.size, rate.quality) for rate in tables.rates}
    for plan in tables.plans:
        default = (plan.default_model, plan.default_size, plan.default_quality)
        combinations = set(product(plan.models, plan.sizes, plan.qualities))
        if default in combinations - rated:
            path = ("plans", plan.key, "default_model")
            yield (
                path,
                f"the rate card has no price for the default: {default[0]} at {default[1]}, quality {default[2]}",
            )
        for place, key in enumerate(("models", "sizes", "qualities")):
            for index, name in enumerate(getattr(plan, key)):
                if name not in {each[place] for each in combinations & rated}:
                    yield ("plans", plan.key, key, index), f"the rate card has no price for {name} in this plan"


# Each check, and the tables that must be right by themselves before it makes sense.
CHECKS: tuple[tuple[tuple[str, ...], Callable[[Tables], Wrong]], ...] = (
    (("plans",), _ladder),
    (("plans",), _defaults),
    (("packs",), _for_sale),
    (("plans", "packs"), _price_keys),
    (("plans", "packs"), _old_ids),
    (("plans", "models"), _named),
    (("models", "rates"), _rated),
    (("models", "rates"), _parametered),
    (("plans", "rates"), _priced),
)
