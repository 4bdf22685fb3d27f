"""What is sold: plans, packs, prices and the rate card, in numbered versions that are never edited.

A subscription is pinned to the version in force when it was created; a change of the catalog makes a new version, so
nothing that somebody bought changes under them, and a retired price is still understood.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property

from attrs import define, field, frozen
from attrs.validators import ge, instance_of, min_len, optional

from billing_core.domain.calendar import instant
from billing_core.domain.checkout_page import Branding, CustomField
from billing_core.domain.errors import NotPriced, UnknownPack, UnknownPlan
from billing_core.domain.money import Money


class Interval(Enum):
    """How often a price is paid."""

    MONTH = "month"
    YEAR = "year"

    @property
    def months(self) -> int:
        return 12 if self is Interval.YEAR else 1


class Unlimited(Enum):
    """As many as one likes. A type of its own, so that no number can be mistaken for it."""

    UNLIMITED = "unlimited"


UNLIMITED = Unlimited.UNLIMITED
Limit = int | Unlimited


def within(limit: Limit, n: int) -> bool:
    """Whether n is allowed by the limit (the limit itself is)."""
    return isinstance(limit, Unlimited) or n <= limit


class Kind(Enum):
    """What a price buys."""

    PLAN = "plan"
    PACK = "pack"


@frozen
class Price:
    """What an item costs. `key` is the lookup key that the gateway knows it by; `interval` None is a one-time price.

    `old_id` is the number that old URLs call it by. It is no part of what is bought, so its repr, by which two wishes
    are told apart, leaves it out.
    """

    key: str = field(validator=min_len(1))
    money: Money
    interval: Interval | None = None
    old_id: int | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Trial:
    """A free first stretch. `credits` replaces the plan's allotment in each of its slots, where set."""

    days: int = field(validator=ge(1))
    credits: int | None = field(default=None, validator=optional(ge(0)))
    needs_card: bool = True


@frozen(kw_only=True)
class Plan:
    """A tier: what it costs and gives. `rank` orders plans from lowest to highest; the lowest is free."""

    key: str = field(validator=min_len(1))
    name: str
    rank: int
    allotment: Limit
    prices: tuple[Price, ...] = ()
    features: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    qualities: tuple[str, ...] = ()
    default_model: str
    default_size: str
    default_quality: str
    images_per_request: int = field(default=1, validator=ge(1))
    images_per_day: Limit = UNLIMITED
    max_concurrent: int = field(default=1, validator=ge(1))
    max_holds: int = field(default=20, validator=ge(1))
    queue_timeout: timedelta = timedelta(minutes=30)
    priority: int = 0
    watermark: bool = False
    entitlements: Mapping[str, str | int | bool] = field(factory=dict)
    initial_credits: int | None = field(default=None, validator=optional(ge(1)))
    initial_lasts: timedelta | None = None
    trial: Trial | None = None
    contact: str | None = None

    @property
    def is_unlimited(self) -> bool:
        return isinstance(self.allotment, Unlimited)

    @property
    def max_size(self) -> str:
        """The size with the most pixels that the plan allows."""
        return max(self.sizes, key=pixels)


@frozen(kw_only=True)
class Pack:
    """Credits to buy once or again and again. `lasts` is how long they stay; None is for ever."""

    key: str = field(validator=min_len(1))
    name: str
    credits: int = field(validator=ge(1))
    prices: tuple[Price, ...]
    lasts: timedelta | None = None


@frozen
class Rate:
    """The credits that one image of this model, size and quality costs."""

    model: str
    size: str
    quality: str
    credits: int = field(validator=ge(0))


Parameter = str | int | float | bool


@frozen
class Model:
    """Our name for a model, and what its provider calls it.

    `parameters` are by quality: what its provider is told beside the request itself, in the provider's own words.
    """

    key: str
    provider: str
    name: str
    parameters: Mapping[str, Mapping[str, Parameter]] = field(factory=dict)


def pixels(size: str) -> int:
    """How many pixels a size such as `1024x1536` has."""
    width, _, height = size.partition("x")
    return int(width) * int(height)


@frozen
class Offer:
    """What a price buys: an item of the catalog, under a version."""

    kind: Kind
    item: str
    price: Price


@define(frozen=True, slots=False, kw_only=True)
class CatalogVersion:
    """One version of the catalog, in force from `since` until the next one."""

    number: int = field(validator=ge(1))
    since: datetime = field(validator=instant)
    plans: tuple[Plan, ...] = field(validator=min_len(1))
    packs: tuple[Pack, ...] = ()
    rates: tuple[Rate, ...] = ()
    models: tuple[Model, ...] = ()
    grace: timedelta = field(default=timedelta(days=3), validator=instance_of(timedelta))
    promotion_codes: bool = False
    billing_address: bool = False
    automatic_tax: bool = False
    custom_fields: tuple[CustomField, ...] = ()
    branding: Branding | None = None

    @cached_property
    def free(self) -> Plan:
        """The plan of an account that pays for none."""
        return min(self.plans, key=lambda plan: plan.rank)

    @cached_property
    def offers(self) -> Mapping[str, Offer]:
        """What each price key buys."""
        plans = ((price, Kind.PLAN, plan.key) for plan in self.plans for price in plan.prices)
        packs = ((price, Kind.PACK, pack.key) for pack in self.packs for price in pack.prices)
        return {price.key: Offer(kind, item, price) for sold in (plans, packs) for price, kind, item in sold}

    @cached_property
    def _plans(self) -> Mapping[str, Plan]:
        return {plan.key: plan for plan in self.plans}

    @cached_property
    def _packs(self) -> Mapping[str, Pack]:
        return {pack.key: pack for pack in self.packs}

    @cached_property
    def _rates(self) -> Mapping[tuple[str, str, str], int]:
        return {(rate.model, rate.size, rate.quality): rate.credits for rate in self.rates}

    def plan(self, key: str) -> Plan:
        """Raises UnknownPlan."""
        try:
            return self._plans[key]
        except KeyError:
            raise UnknownPlan(key) from None

    def pack(self, key: str) -> Pack:
        """Raises UnknownPack."""
        try:
            return self._packs[key]
        except KeyError:
            raise UnknownPack(key) from None

    def credits_for(self, model: str, size: str, quality: str) -> int:
        """What one such image costs. Raises NotPriced."""
        try:
            return self._rates[model, size, quality]
        except KeyError:
            raise NotPriced(model, size, quality) from None


def _in_order(versions: Iterable[CatalogVersion]) -> tuple[CatalogVersion, ...]:
    return tuple(versions)


@define(frozen=True, slots=False)
class Catalog:
    """All versions, oldest first. Reads of what is sold today go to `current`."""

    versions: tuple[CatalogVersion, ...] = field(converter=_in_order, validator=min_len(1))

    @cached_property
    def current(self) -> CatalogVersion:
        return self.versions[-1]

    @cached_property
    def _by_number(self) -> Mapping[int, CatalogVersion]:
        return {version.number: version for version in self.versions}

    @cached_property
    def allotments(self) -> frozenset[int]:
        """How many credits plans give in a slot, those of any version; unlimited ones aside."""
        limits = [plan.allotment for version in self.versions for plan in version.plans]
        return frozenset([limit for limit in limits if not isinstance(limit, Unlimited)])

    def version(self, number: int) -> CatalogVersion:
        """The version of that number; numbers are never reused, so one that was recorded is there."""
        return self._by_number[number]

    def in_force_at(self, at: datetime) -> CatalogVersion:
        """The version that was sold at that moment; before the first one, the first."""
        return next((v for v in reversed(self.versions) if v.since <= at), self.versions[0])

    def oldest_that_knows(self, price: str) -> CatalogVersion | None:
        """The first version that sold something at that price; None if none did."""
        return next((version for version in self.versions if price in version.offers), None)

    def offer(self, price: str, *, pinned: int) -> Offer | None:
        """What the price buys: by the pinned version, else by the oldest one that knows it; None if none does."""
        known = self._by_number[pinned].offers.get(price)
        if known is None and (oldest := self.oldest_that_knows(price)) is not None:
            return oldest.offers[price]
        return known

    def plan(self, key: str, *, pinned: int) -> Plan:
        """The plan as the pinned version has it, else as the oldest one that knows it. Raises UnknownPlan."""
        for version in (self._by_number[pinned], *self.versions):
            if key in version._plans:
                return version._plans[key]
        raise UnknownPlan(key)

    def pack(self, key: str, *, pinned: int) -> Pack:
        """The pack as the pinned version has it, else as the oldest one that knows it. Raises UnknownPack."""
        for version in (self.version(pinned), *self.versions):
            if key in version._packs:
                return version._packs[key]
        raise UnknownPack(key)
