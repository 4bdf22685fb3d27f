"""Hypothesis strategies: catalogs, and what a payment provider would really tell of an account's subscriptions.

A `History` is drawn by playing the provider, and then its facts may be told in any order.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from billing_core.domain.catalog import UNLIMITED, Catalog, Interval, Plan, Price, Trial
from billing_core.domain.money import Money
from billing_core.testing.builders import a_pack, a_plan, a_version, day
from billing_core.testing.histories import History
from billing_core.testing.money_back import MoneyBack
from billing_core.testing.provider import DAY, OPENINGS, Provider


@st.composite
def catalogs(
    draw: DrawFn,
    *,
    initials: bool = True,
    trials: bool = True,
    unlimited: bool = True,
    packs: bool = True,
    currencies: Sequence[str] = ("usd",),
) -> Catalog:
    """A free plan, two or three finite ones, perhaps an unlimited one; packs, grace, initial credits and trials.

    Dearer plans give more, as products are sold, each by the month and by the year, in every one of the currencies;
    sometimes a second version with other allotments follows. Initial credits are never fewer than the allotment. What
    is turned off is in no catalog.
    """
    n = draw(st.integers(2, 3))
    allotments = sorted(draw(st.lists(st.integers(1, 900), min_size=n, max_size=n, unique=True)))
    free = a_plan("free", rank=0, allotment=draw(st.sampled_from([10, 0, 1])))
    finite = [
        _a_paid_plan(draw, f"tier{rank}", rank, allotment, currencies, initials=initials, trials=trials)
        for rank, allotment in enumerate(allotments, start=1)
    ]
    endless = a_plan("endless", rank=n + 1, allotment=UNLIMITED, prices=_prices("endless", n + 1, currencies))
    plans = (free, *finite, *([endless] if unlimited and draw(st.booleans()) else []))
    sold = (
        a_pack(
            "boost", gives=100, lasts=draw(st.sampled_from([None, 10 * DAY])), prices=_pack_prices("boost", currencies)
        ),
        a_pack("drip", gives=50, prices=_pack_prices("drip", currencies, Interval.MONTH)),
    )
    grace = draw(st.sampled_from([3 * DAY, timedelta(0), 7 * DAY]))
    first = a_version(since=day(2023, 1, 1), plans=plans, packs=sold if packs else (), grace=grace)
    if draw(st.booleans()):
        return Catalog([first])
    later = tuple([_with_more(plan) if plan.rank else plan for plan in plans])
    return Catalog([first, evolve(first, number=2, since=day(2026, 2, 1), plans=later)])


def _with_more(plan: Plan) -> Plan:
    """The plan when it gives seven credits more, from the beginning."""
    if not isinstance(plan.allotment, int):
        return plan
    initial = None if plan.initial_credits is None else plan.initial_credits + 7
    return evolve(plan, allotment=plan.allotment + 7, initial_credits=initial)


def _a_paid_plan(
    draw: DrawFn, key: str, rank: int, allotment: int, currencies: Sequence[str], *, initials: bool, trials: bool
) -> Plan:
    initial = draw(st.sampled_from([None, allotment + 300, allotment])) if initials else None
    trial = draw(st.sampled_from([None, Trial(days=14), Trial(days=40, credits=25)])) if trials else None
    prices = _prices(key, rank, currencies)
    return a_plan(key, rank=rank, allotment=allotment, initial_credits=initial, trial=trial, prices=prices)


def _prices(key: str, rank: int, currencies: Sequence[str]) -> tuple[Price, ...]:
    """By the month and by the year, in each currency; their keys are those of the builders in the first one."""
    costs = ((Interval.MONTH, 1000 * rank), (Interval.YEAR, 10_000 * rank))
    return tuple(
        Price(f"{key}-{interval.value}{suffix}", Money(cost, currency), interval)
        for currency, suffix in _suffixed(currencies)
        for interval, cost in costs
    )


def _pack_prices(key: str, currencies: Sequence[str], interval: Interval | None = None) -> tuple[Price, ...]:
    return tuple(Price(f"{key}-price{suffix}", Money(500, cur), interval) for cur, suffix in _suffixed(currencies))


def _suffixed(currencies: Sequence[str]) -> list[tuple[str, str]]:
    return [(currency, f"-{currency}" if n else "") for n, currency in enumerate(currencies)]


@st.composite
def histories(
    draw: DrawFn,
    *,
    of: SearchStrategy[Catalog] | None = None,
    max_steps: int = 7,
    extras: bool = True,
) -> History:
    """What a provider would tell of one account: subscriptions one after another, with all that befalls them.

    `of` draws the catalog that is sold: `st.just(catalog)` for one's own, which must have a plan with a price. `extras`
    are packs, recurring or not, refunds of which some fail, disputes, and warnings of fraud.
    """
    catalog = draw(of if of is not None else catalogs())
    opened_at = draw(st.sampled_from(OPENINGS))
    provider = Provider(draw, catalog, opened_at)
    provider.now += draw(st.sampled_from([0, 1, 20])) * DAY
    back = MoneyBack(provider)
    went_back = (back.refund, back.refund, back.fail_refund, back.dispute, back.decide_dispute, back.warn)
    more = (provider.buy_pack, provider.drip_on, *went_back) if extras else ()
    while_subscribed: tuple[Callable[[], None], ...] = (
        provider.renew,
        provider.renew,
        provider.change,
        provider.change,
        provider.switch,
        provider.change_later,
        provider.cancel_later,
        provider.cancel_now,
        provider.wait,
        *more,
    )
    provider.subscribe()
    for _ in range(draw(st.integers(0, max_steps))):
        if provider.contract is None:
            draw(st.sampled_from((provider.subscribe, provider.subscribe, provider.wait, *more)))()
        else:
            draw(st.sampled_from(while_subscribed))()
    if extras:
        for _ in range(draw(st.integers(0, max_steps // 2))):  # money goes back late
            draw(st.sampled_from((provider.wait, *went_back)))()
    return History(
        catalog=catalog,
        opened_at=opened_at,
        facts=tuple(provider.facts),
        ends_at=provider.now,
        anchors=provider.anchors,
        trials=provider.trials,
    )
