"""The plans and packs as a customer sees them: what each costs so, and the one thing that can be done about it."""

from collections.abc import Iterable
from enum import Enum
from typing import Final

from attrs import frozen

from billing_core.domain.catalog import CatalogVersion, Interval, Pack, Plan, Price
from billing_core.domain.money import Money
from billing_core.entrypoints.web.standing import Standing


class Step(Enum):
    """What the button of a plan does."""

    START = "start"
    HAVE = "have"
    SUBSCRIBE = "subscribe"
    TRY = "try"
    CHANGE = "change"
    SWITCH_INTERVAL = "switch_interval"
    DROP = "drop"
    CANCEL = "cancel"
    RESUME = "resume"
    SETTLE = "settle"
    ASK = "ask"
    NOTHING = "nothing"


INTERVALS: Final = {Interval.MONTH: "Monthly", Interval.YEAR: "Yearly"}


@frozen(kw_only=True)
class PlanCard:
    """A plan at its price (None: it has none so). `months_free` is what a year saves against twelve months."""

    plan: Plan
    price: Price | None
    months_free: int
    is_current: bool
    step: Step

    @property
    def a_month(self) -> Money | None:
        """What a month of it comes to, where it is paid by the year; cut down to the smallest unit."""
        if self.price is None or self.price.interval is not Interval.YEAR:
            return None
        return Money(self.price.money.amount_minor // Interval.YEAR.months, self.price.money.currency)


@frozen
class PackCard:
    """A pack at its price in one currency."""

    pack: Pack
    price: Price


def currencies_of(version: CatalogVersion, default: str) -> tuple[str, ...]:
    """Every currency in which something is sold; the operator's own first."""
    priced = (*(plan.prices for plan in version.plans), *(pack.prices for pack in version.packs))
    found = {price.money.currency for prices in priced for price in prices}
    return tuple(sorted(found, key=lambda currency: (currency != default, currency)))


def intervals_of(version: CatalogVersion) -> tuple[Interval, ...]:
    """Every interval by which a plan is paid."""
    found = {price.interval for plan in version.plans for price in plan.prices}
    return tuple(interval for interval in INTERVALS if interval in found)


def plan_cards(
    version: CatalogVersion, interval: Interval, currency: str, standing: Standing | None
) -> tuple[PlanCard, ...]:
    """Every plan, lowest first."""
    plans = sorted(version.plans, key=lambda plan: plan.rank)
    return tuple(card_of(version, plan, interval, currency, standing) for plan in plans)


def card_of(
    version: CatalogVersion, plan: Plan, interval: Interval, currency: str, standing: Standing | None
) -> PlanCard:
    price = price_of(plan.prices, interval, currency)
    return PlanCard(
        plan=plan,
        price=price,
        months_free=_months_free(plan, price, currency),
        is_current=standing is not None and standing.plan.key == plan.key,
        step=step_of(plan, price, standing, is_free=plan is version.free),
    )


def pack_cards(version: CatalogVersion, currency: str) -> tuple[PackCard, ...]:
    """The packs that are sold in that currency."""
    priced = ((pack, price_of(pack.prices, None, currency, recurring=True)) for pack in version.packs)
    return tuple(PackCard(pack, price) for pack, price in priced if price is not None)


def price_of(
    prices: Iterable[Price], interval: Interval | None, currency: str, *, recurring: bool = False
) -> Price | None:
    """The price by that interval in that currency; with `recurring`, by any."""
    fitting = (price for price in prices if price.money.currency == currency)
    return next((price for price in fitting if recurring or price.interval is interval), None)


def step_of(plan: Plan, price: Price | None, standing: Standing | None, *, is_free: bool) -> Step:
    """What somebody who stands so can do about the plan."""
    if standing is None or standing.subscription is None:
        return _first_step(plan, price, standing, is_free=is_free)
    if is_free:
        return Step.NOTHING if standing.view.cancel_at_period_end else Step.CANCEL
    if standing.is_billed(plan, price.interval if price else None):
        return Step.RESUME if standing.view.cancel_at_period_end else _kept(standing)
    if price is not None and standing.is_coming(plan, price.interval):
        return Step.DROP
    if plan.contact is not None:
        return Step.ASK
    if price is None:
        return Step.NOTHING
    return _move(plan, standing)


def _first_step(plan: Plan, price: Price | None, standing: Standing | None, *, is_free: bool) -> Step:
    if is_free:
        return Step.START if standing is None else Step.HAVE
    if plan.contact is not None:
        return Step.ASK
    if price is None:
        return Step.NOTHING
    has_trial = plan.trial is not None and not (standing and standing.had_trial)
    return Step.TRY if has_trial else Step.SUBSCRIBE


def _kept(standing: Standing) -> Step:
    return Step.HAVE if standing.may_change else Step.SETTLE


def _move(plan: Plan, standing: Standing) -> Step:
    if not standing.may_change:
        return Step.SETTLE
    billed = standing.billed
    return Step.SWITCH_INTERVAL if billed is not None and billed.item == plan.key else Step.CHANGE


def _months_free(plan: Plan, price: Price | None, currency: str) -> int:
    monthly = price_of(plan.prices, Interval.MONTH, currency)
    if price is None or price.interval is not Interval.YEAR or monthly is None:
        return 0
    saved = Interval.YEAR.months * monthly.money.amount_minor - price.money.amount_minor
    return max(0, saved // monthly.money.amount_minor)
