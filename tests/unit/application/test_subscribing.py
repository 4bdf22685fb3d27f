"""Subscribing to a plan: what may be had, and by whom."""

from typing import Any

import pytest
from attrs import evolve

from billing_core.domain.catalog import Interval
from billing_core.domain.errors import AlreadySubscribed, ContactSales, CurrencyLocked, NotForSale, UnknownPlan
from billing_core.domain.subscription import LIVE, Status
from billing_core.ports.commit import Commit
from billing_core.testing.builders import NEW_YEAR, a_charge, a_payment, a_snapshot
from tests.shops.use_case import A_DAY, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def test_who_pays_has_the_plan_and_its_credits(shop: Shop) -> None:
    await shop.subscribed()

    assert await shop.plan() == "basic"
    assert await shop.available() == 210
    await shop.proven()


async def test_a_yearly_plan_gives_one_month_at_a_time(shop: Shop) -> None:
    await shop.subscribed(interval=Interval.YEAR)

    assert await shop.available() == 210
    await shop.later(31 * A_DAY)
    assert await shop.available() == 200


@pytest.mark.parametrize("status", [status for status in Status if status in LIVE])
async def test_who_has_a_live_subscription_is_told_to_change_it(shop: Shop, status: Status) -> None:
    trial: dict[str, Any] = (
        {"trial_start": NEW_YEAR, "trial_end": NEW_YEAR + 7 * A_DAY} if status is Status.TRIALING else {}
    )
    told = a_snapshot(status, **trial)
    held = await shop.held()
    await shop.accounts.change(
        "ann", lambda _: Commit(None, held.learned(snapshots=[told], payments=[a_payment(a_charge())]))
    )

    with pytest.raises(AlreadySubscribed) as refused:
        await shop.opened("pro")
    assert refused.value.status == status.value


@pytest.mark.parametrize("status", [status for status in Status if status not in LIVE])
async def test_who_has_none_that_is_live_may_subscribe(shop: Shop, status: Status) -> None:
    told = a_snapshot(status, ended_at=NEW_YEAR if status.is_terminal else None)
    held = await shop.held()
    await shop.accounts.change("ann", lambda _: Commit(None, held.learned(snapshots=[told])))

    assert (await shop.opened("pro")).url


async def test_a_recurring_pack_is_no_plan(shop: Shop) -> None:
    await shop.bought("drip")

    await shop.subscribed()

    assert await shop.plan() == "basic"


@pytest.mark.parametrize(
    ("tier", "interval", "currency"),
    [
        ("free", Interval.MONTH, "usd"),
        ("pro", Interval.MONTH, "eur"),
        ("basic", Interval.YEAR, "eur"),
        ("basic", Interval.MONTH, "jpy"),
    ],
)
async def test_what_has_no_such_price_is_not_for_sale(shop: Shop, tier: str, interval: Interval, currency: str) -> None:
    with pytest.raises(NotForSale):
        await shop.opened(tier, interval=interval, currency=currency)


async def test_an_unknown_plan_is_not_found(shop: Shop) -> None:
    with pytest.raises(UnknownPlan):
        await shop.opened("gold")


async def test_a_plan_that_people_sell_says_whom_to_ask(shop: Shop) -> None:
    with pytest.raises(ContactSales) as refused:
        await shop.opened("enterprise")
    assert refused.value.contact == "mailto:sales@shop.example"


async def test_what_goes_on_in_one_currency_keeps_others_out(shop: Shop) -> None:
    await shop.subscribed(currency="eur")

    with pytest.raises(CurrencyLocked) as refused:
        await shop.bought()
    assert refused.value.currency == "eur"


@pytest.mark.failure("E11")
async def test_a_trial_is_offered_once(shop: Shop) -> None:
    await shop.subscribed("tryout")
    assert (await shop.use.viewing().subscription("ann")).status == "trialing"
    await shop.use.canceling()("ann", at_period_end=False)
    await shop.settle()

    second = await shop.opened("tryout")

    trials = [session.selling.trial_days for session in (await shop.stripe.state()).sessions.values()]
    assert trials == [7, 0]
    assert (await shop.stripe.state()).sessions[second.session_id].amount_minor == 4000


async def test_a_plan_without_a_trial_is_paid_at_once(shop: Shop) -> None:
    started = await shop.opened("basic")

    selling = (await shop.stripe.state()).sessions[started.session_id].selling
    assert (selling.trial_days, selling.collection) == (0, "always")


async def test_what_the_catalog_says_of_checkouts_reaches_the_gateway(shop: Shop) -> None:
    versions = (evolve(v, promotion_codes=True, billing_address=True) for v in shop.catalog.versions)
    shop.wire(evolve(shop.catalog, versions=tuple(versions)))

    started = await shop.opened()

    selling = (await shop.stripe.state()).sessions[started.session_id].selling
    assert (selling.allow_promotion_codes, selling.billing_address_collection) == (True, "required")
