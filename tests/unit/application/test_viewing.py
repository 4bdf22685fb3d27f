"""What an account looks like in each of its states."""

import json
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from billing_core.application.changing import ChangeWish
from billing_core.application.errors import CheckoutNotFound
from billing_core.application.viewing import (
    CheckoutView,
    CreditsView,
    PendingChangeView,
    SubscriptionView,
    UsageView,
    days_until,
)
from billing_core.domain.catalog import UNLIMITED, Interval, Kind
from billing_core.domain.checkouts import CheckoutStatus
from billing_core.domain.credits import Source
from billing_core.domain.subscription import Status
from billing_core.ports.commit import Commit
from billing_core.ports.gateway import When
from billing_core.testing.builders import NEW_YEAR, a_snapshot
from tests.shops.use_case import A_DAY, BACK, BASIC, DECLINES_LATER, GOOD, PRO, Shop, a_customer, the_catalog

MONTH_END = NEW_YEAR + 31 * A_DAY
FREE = SubscriptionView(
    tier="free",
    status="none",
    credits_remaining=10,
    credits_per_month=10,
    features=(),
    current_period_end=None,
    cancel_at_period_end=False,
    interval=None,
    currency=None,
    days_remaining=None,
    pending_change=None,
    trial_end=None,
)
SUBSCRIBED = SubscriptionView(
    tier="basic",
    status="active",
    credits_remaining=210,
    credits_per_month=200,
    features=("200 credits", "e-mail support"),
    current_period_end=MONTH_END,
    cancel_at_period_end=False,
    interval=Interval.MONTH,
    currency="usd",
    days_remaining=31,
    pending_change=None,
    trial_end=None,
)


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def subscription(shop: Shop) -> SubscriptionView:
    return await shop.use.viewing().subscription("ann")


async def usage(shop: Shop) -> UsageView:
    return await shop.use.viewing().usage("ann")


async def test_reading_writes_nothing(shop: Shop) -> None:
    await subscription(shop)
    await usage(shop)
    await shop.use.viewing().credits("ann")

    assert (await shop.kept()).version == 0


# The subscription


async def test_who_never_subscribed_is_free(shop: Shop) -> None:
    assert await subscription(shop) == FREE


async def test_who_pays_is_active(shop: Shop) -> None:
    await shop.subscribed()

    assert await subscription(shop) == SUBSCRIBED


async def test_a_yearly_subscription_ends_in_a_year_and_gives_by_the_month(shop: Shop) -> None:
    await shop.subscribed(interval=Interval.YEAR)

    a_year_on = NEW_YEAR + 365 * A_DAY
    yearly = evolve(SUBSCRIBED, interval=Interval.YEAR, current_period_end=a_year_on, days_remaining=365)
    assert await subscription(shop) == yearly


async def test_a_trial_says_when_it_ends(shop: Shop) -> None:
    await shop.subscribed("tryout")

    view = await subscription(shop)
    ends = NEW_YEAR + 7 * A_DAY
    assert (view.tier, view.status, view.trial_end, view.current_period_end) == ("tryout", "trialing", ends, ends)
    assert view.days_remaining == 7


async def test_an_unlimited_plan_says_so(shop: Shop) -> None:
    await shop.subscribed("premium")

    assert (await subscription(shop)).credits_per_month is UNLIMITED
    assert (await shop.use.viewing().credits("ann")).is_unlimited


async def test_a_cancellation_shows_until_its_end_and_after_it(shop: Shop) -> None:
    await shop.subscribed()
    await shop.use.canceling()("ann", at_period_end=True)

    assert await subscription(shop) == evolve(SUBSCRIBED, cancel_at_period_end=True)
    shop.clock.set(MONTH_END)
    assert await subscription(shop) == evolve(FREE, status="canceled", currency="usd")


async def test_one_that_ended_at_once_is_canceled(shop: Shop) -> None:
    await shop.subscribed()
    await shop.use.canceling()("ann", at_period_end=False)

    view = await subscription(shop)
    assert (view.tier, view.status, view.current_period_end) == ("free", "canceled", None)


async def test_while_a_renewal_is_retried_grace_keeps_the_plan(shop: Shop) -> None:
    await shop.subscribed(card=DECLINES_LATER)

    await shop.later(31 * A_DAY)
    assert ((await subscription(shop)).tier, (await subscription(shop)).status) == ("basic", "past_due")
    await shop.later(timedelta(days=3) - timedelta(seconds=1))
    assert (await subscription(shop)).tier == "basic"
    shop.clock.advance(timedelta(seconds=1))
    assert ((await subscription(shop)).tier, (await subscription(shop)).status) == ("free", "past_due")


async def test_a_change_that_is_to_come_shows(shop: Shop) -> None:
    await shop.subscribed()
    await shop.changed(ChangeWish(tier="pro", interval=Interval.YEAR, when=When.PERIOD_END))

    pending = PendingChangeView(tier="pro", interval=Interval.YEAR, at=MONTH_END)
    assert await subscription(shop) == evolve(SUBSCRIBED, pending_change=pending)


async def test_a_price_that_the_catalog_forgot_shows_no_interval(shop: Shop) -> None:
    await shop.subscribed()
    shop.wire(the_catalog(evolve(BASIC, prices=BASIC.prices[1:]), PRO))

    view = await subscription(shop)
    assert (view.tier, view.interval, view.currency) == ("basic", None, "usd")


async def test_who_only_has_a_recurring_pack_never_subscribed(shop: Shop) -> None:
    await shop.bought("drip")

    view = await subscription(shop)
    assert (view.tier, view.status, view.currency) == ("free", "none", "usd")


@pytest.mark.parametrize(
    ("told", "shown"),
    [(Status.INCOMPLETE, "none"), (Status.INCOMPLETE_EXPIRED, "none"), (Status.CANCELED, "canceled")],
)
async def test_one_that_was_never_paid_is_no_subscription(shop: Shop, told: Status, shown: str) -> None:
    held = await shop.held()
    ended_at = NEW_YEAR if told.is_terminal else None
    snapshot = a_snapshot(told, ended_at=ended_at)
    await shop.accounts.change("ann", lambda _: Commit(None, held.learned(snapshots=[snapshot])))

    assert (await subscription(shop)).status == shown


@pytest.mark.parametrize(
    ("left", "days"),
    [(timedelta(days=2), 2), (timedelta(days=1, seconds=1), 2), (timedelta(0), 0), (-timedelta(days=3), 0)],
)
def test_a_day_that_has_begun_counts(left: timedelta, days: int) -> None:
    assert days_until(NEW_YEAR + left, NEW_YEAR) == days


# Usage


async def test_usage_of_the_free_plan_counts_in_its_slot(shop: Shop) -> None:
    await shop.generated()

    assert await usage(shop) == UsageView(
        tier="free",
        credits_remaining=9,
        credits_used=1,
        credits_per_month=10,
        usage_percentage=10.0,
        period_end=MONTH_END,
    )
    shop.clock.set(MONTH_END)
    assert (await usage(shop)).credits_used == 0


async def test_usage_of_a_paid_plan_counts_in_its_month(shop: Shop) -> None:
    await shop.subscribed(interval=Interval.YEAR)
    await shop.generated()
    await shop.later(40 * A_DAY)
    await shop.generated()

    view = await usage(shop)
    assert (view.credits_used, view.usage_percentage) == (1, 0.5)
    assert view.period_end == NEW_YEAR + 59 * A_DAY


async def test_usage_never_shows_more_than_everything(shop: Shop) -> None:
    await shop.given(100)
    hold = await shop.use.holding()("ann", 50, reason="a lot")
    await shop.use.capturing()("ann", hold.id)

    view = await usage(shop)
    assert (view.credits_used, view.usage_percentage) == (50, 100.0)


async def test_usage_of_an_unlimited_plan_has_no_percentage(shop: Shop) -> None:
    await shop.subscribed("premium")
    await shop.generated()

    view = await usage(shop)
    assert (view.credits_used, view.usage_percentage, view.credits_per_month) == (1, 0.0, UNLIMITED)


async def test_who_fell_back_to_the_free_plan_uses_its_slot(shop: Shop) -> None:
    await shop.subscribed()
    await shop.later(10 * A_DAY)
    await shop.use.canceling()("ann", at_period_end=False)

    view = await usage(shop)
    assert (view.tier, view.credits_per_month, view.period_end) == ("free", 10, MONTH_END)


async def test_while_a_renewal_is_under_way_no_slot_is_in_progress(shop: Shop) -> None:
    await shop.subscribed(card=DECLINES_LATER)
    await shop.later(31 * A_DAY)

    view = await usage(shop)
    assert (view.tier, view.credits_used, view.period_end) == ("basic", 0, None)


async def test_without_a_free_slot_in_progress_there_is_none(shop: Shop) -> None:
    """Grace lasted into the next free slot, which comes when it ends."""
    free = evolve(shop.catalog.current.free, allotment=UNLIMITED)
    version = evolve(shop.catalog.current, plans=(free, BASIC))
    shop.wire(evolve(shop.catalog, versions=(version,)))

    view = await usage(shop)

    assert (view.credits_used, view.usage_percentage) == (0, 0.0)


# Credits


async def test_credits_are_what_is_available_held_and_owed(shop: Shop) -> None:
    await shop.subscribed()
    await shop.given(5)
    await shop.use.holding()("ann", 4, reason="an essay")

    view = await shop.use.viewing().credits("ann")

    assert (view.available, view.held, view.debt, view.is_unlimited) == (211, 4, 0, False)
    assert [grant.source for grant in view.grants] == [Source.PERIOD, Source.PERIOD, Source.ADJUSTMENT]
    assert [grant.burn_order for grant in view.grants] == sorted(grant.burn_order for grant in view.grants)


async def test_debt_shows_and_leaves_nothing_available(shop: Shop) -> None:
    await shop.subscribed("pro")
    await shop.given(-510)
    await shop.later(15 * A_DAY)
    await shop.changed(ChangeWish(tier="basic", when=When.NOW))

    view = await shop.use.viewing().credits("ann")
    assert (view.available, view.debt) == (0, 155)
    assert isinstance(view, CreditsView)


# Checkouts


async def checkout(shop: Shop, session_id: str) -> CheckoutView:
    return await shop.use.viewing().checkout("ann", session_id)


async def test_a_checkout_is_open_until_it_runs_out(shop: Shop) -> None:
    started = await shop.opened()

    view = CheckoutView(status=CheckoutStatus.OPEN, kind=Kind.PLAN, item="basic", credits_granted=0)
    assert await checkout(shop, started.session_id) == view
    shop.clock.advance(A_DAY)
    assert (await checkout(shop, started.session_id)).status is CheckoutStatus.EXPIRED


async def test_a_paid_plan_is_complete_once_the_books_have_followed(shop: Shop) -> None:
    started = await shop.opened()
    await shop.stripe.pay(started.session_id, GOOD)

    (completed,) = await shop.sent("checkout.session.completed")
    await shop.receive(completed)
    assert await checkout(shop, started.session_id) == CheckoutView(
        status=CheckoutStatus.PAID, kind=Kind.PLAN, item="basic", credits_granted=0
    )
    await shop.settle()
    assert await checkout(shop, started.session_id) == CheckoutView(
        status=CheckoutStatus.COMPLETE, kind=Kind.PLAN, item="basic", credits_granted=200
    )


async def test_an_unlimited_plan_is_complete_though_it_brings_no_credits(shop: Shop) -> None:
    started = await shop.opened("premium")
    await shop.paid(started)

    view = await checkout(shop, started.session_id)
    assert (view.status, view.credits_granted) == (CheckoutStatus.COMPLETE, 0)


async def test_a_paid_pack_is_complete_at_once(shop: Shop) -> None:
    started = await shop.bought()

    assert await checkout(shop, started.session_id) == CheckoutView(
        status=CheckoutStatus.COMPLETE, kind=Kind.PACK, item="boost", credits_granted=100
    )


@pytest.mark.parametrize(
    ("kind", "payment_status", "status"),
    [
        ("completed", "unpaid", CheckoutStatus.PROCESSING),
        ("async_payment_failed", "unpaid", CheckoutStatus.FAILED),
        ("async_payment_succeeded", "paid", CheckoutStatus.COMPLETE),
        ("expired", "unpaid", CheckoutStatus.EXPIRED),
    ],
)
async def test_money_that_takes_days_brings_credits_when_it_is_there(
    shop: Shop, kind: str, payment_status: str, status: CheckoutStatus
) -> None:
    started = await shop.use.buying()(a_customer(), "boost", "usd", BACK)
    await shop.stripe.pay(started.session_id, GOOD)
    event: dict[str, Any] = json.loads((await shop.sent("checkout.session.completed"))[0])
    event["data"]["object"]["payment_status"] = payment_status

    await shop.receive_event(event | {"type": f"checkout.session.{kind}"})

    assert (await checkout(shop, started.session_id)).status is status
    assert await shop.available() == (110 if status is CheckoutStatus.COMPLETE else 10)


async def test_anothers_checkout_is_not_found(shop: Shop) -> None:
    started = await shop.opened()

    with pytest.raises(CheckoutNotFound):
        await shop.use.viewing().checkout("bob", started.session_id)
