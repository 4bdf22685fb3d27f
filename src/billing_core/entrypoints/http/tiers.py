"""What is sold: the tiers, the packs, the rate card. Anyone may look."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, get
from litestar.params import FromQuery, QueryParameter

from billing_core.domain.catalog import Interval, Plan, Price, Rate
from billing_core.domain.money import exponent
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import AUTH, NONE, OPTIONAL, SCOPE, Caller
from billing_core.entrypoints.http.shapes import PriceShape, number, prices_of, problems
from billing_core.ports.api_keys import Scope

Currency = Annotated[str | None, QueryParameter(max_length=3, pattern="^[A-Za-z]{3}$")]


class TierShape(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A tier. `price_monthly` is in major units, as people say it; null where it has no price in that currency."""

    tier: str
    name: str
    price_monthly: float | None
    credits_per_month: int
    is_unlimited: bool
    models: list[str]
    features: list[str]
    entitlements: dict[str, str | int | bool]
    prices: list[PriceShape]
    contact: str | None = None


class TiersShape(msgspec.Struct, kw_only=True):
    """The tiers, lowest first."""

    tiers: list[TierShape]


class PackShape(msgspec.Struct, kw_only=True):
    """Credits to buy; `lasts_days` null: they stay for ever."""

    pack: str
    name: str
    credits: int
    lasts_days: int | None
    prices: list[PriceShape]


class PacksShape(msgspec.Struct, kw_only=True):
    """The packs."""

    packs: list[PackShape]


class RateShape(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What one such image costs. `allowed`: whether the plan of who asks has it; left out where nobody says who."""

    model: str
    size: str
    quality: str
    credits: int
    allowed: bool | None = None


class RatesShape(msgspec.Struct, kw_only=True):
    """The rate card."""

    data: list[RateShape]


class Tiers(Controller):
    """What is sold, without a token."""

    path = "/"
    opt = {AUTH: NONE}  # noqa: RUF012 (the framework's own class attribute)
    tags = ("Catalog",)

    @get("/subscriptions/tiers", responses=problems(422))
    async def tiers(
        self,
        catalog: given.Catalog,
        settings: given.Settings,
        currency: Currency = None,
        interval: FromQuery[Literal["month", "year"] | None] = None,
    ) -> TiersShape:
        """Every tier; `currency` and `interval` leave out the other prices."""
        wanted_currency = (currency or settings.currency).lower()
        wanted_interval = Interval(interval or "month")
        plans = sorted(catalog.current.plans, key=lambda plan: plan.rank)
        return TiersShape(
            tiers=[
                TierShape(
                    tier=plan.key,
                    name=plan.name,
                    price_monthly=price_monthly(plan, wanted_currency, wanted_interval, is_free=plan is plans[0]),
                    credits_per_month=number(plan.allotment),
                    is_unlimited=plan.is_unlimited,
                    models=list(plan.models),
                    features=list(plan.features),
                    entitlements=_entitlements(plan),
                    contact=plan.contact,
                    prices=prices_of(_chosen(plan.prices, currency and currency.lower(), interval)),
                )
                for plan in plans
            ]
        )

    @get("/credits/packs", responses=problems(422))
    async def packs(self, catalog: given.Catalog, currency: Currency = None) -> PacksShape:
        """Every pack of credits."""
        return PacksShape(
            packs=[
                PackShape(
                    pack=pack.key,
                    name=pack.name,
                    credits=pack.credits,
                    lasts_days=pack.lasts.days if pack.lasts else None,
                    prices=prices_of(_chosen(pack.prices, currency and currency.lower(), None)),
                )
                for pack in catalog.current.packs
            ]
        )

    @get("/generations/prices", opt={AUTH: OPTIONAL, SCOPE: Scope.READ}, responses=problems(401))
    async def rates(
        self, request: Request[Any, Any, Any], catalog: given.Catalog, viewing: given.Viewing
    ) -> RatesShape:
        """What one image costs, by model, size and quality; to who sends a token, also what their plan has."""
        caller = request.user
        plan = (await viewing(caller.account_id)).in_force.plan if isinstance(caller, Caller) else None
        return RatesShape(
            data=[
                RateShape(
                    model=rate.model,
                    size=rate.size,
                    quality=rate.quality,
                    credits=rate.credits,
                    allowed=None if plan is None else _offers(plan, rate),
                )
                for rate in catalog.current.rates
            ]
        )


def price_monthly(plan: Plan, currency: str, interval: Interval, *, is_free: bool) -> float | None:
    """What a month costs where it is paid so, in major units, rounded as the currency is; the free plan costs 0."""
    if is_free:
        return 0.0
    for price in _chosen(plan.prices, currency, interval.value):
        month = price.money.major / interval.months
        return float(month.quantize(Decimal(1).scaleb(-exponent(currency))))
    return None


def _chosen(prices: Iterable[Price], currency: str | None, interval: str | None) -> list[Price]:
    return [
        price
        for price in prices
        if (currency is None or price.money.currency == currency)
        and (interval is None or (price.interval is not None and price.interval.value == interval))
    ]


def _offers(plan: Plan, rate: Rate) -> bool:
    return rate.model in plan.models and rate.size in plan.sizes and rate.quality in plan.qualities


def _entitlements(plan: Plan) -> dict[str, str | int | bool]:
    return {
        "max_size": plan.max_size,
        "images_per_request": plan.images_per_request,
        "images_per_day": number(plan.images_per_day),
        "max_concurrent": plan.max_concurrent,
        "watermark": plan.watermark,
        "priority": plan.priority,
        **plan.entitlements,
    }
