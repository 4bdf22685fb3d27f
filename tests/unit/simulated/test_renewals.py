"""Time at the simulated Stripe: renewals, trials that end, and cards that fail."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from billing_core.adapters.simulated import AfterRetries, PaymentStatus, Settings
from billing_core.domain.catalog import Catalog
from billing_core.domain.subscription import Status
from billing_core.ports.errors import GatewayRefused
from billing_core.testing.contracts.gateway import SHOP
from tests.shops.simulated import DECLINES_LATER, GOOD, START, Shop, a_change

FEBRUARY_END = datetime(2026, 2, 28, 12, tzinfo=UTC)


async def test_a_year_of_renewals_comes_at_once_and_in_order() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    await shop.to(START.replace(year=2027))
    invoices = [await shop.paid(key) for key in await shop.invoices()]
    lines = [invoice.lines[0] for invoice in invoices if invoice]
    created = [event["created"] for event in await shop.events()]

    assert [line.start.day for line in lines] == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31]
    assert [line.end for line in lines[:-1]] == [line.start for line in lines[1:]]
    assert sorted(created) == created
    assert (await shop.look(sub)).anchor == START


async def test_a_jump_of_a_year_ends_as_a_year_of_days_does() -> None:
    jump, days = Shop(), Shop()
    for shop in (jump, days):
        await shop.subscribed(card=DECLINES_LATER)
        await shop.subscribed("pro_year", trial_days=20)
    await jump.later(days=400)
    for _ in range(400):
        await days.later(days=1)

    assert await jump.became() == await days.became()


async def test_a_price_that_left_the_catalog_is_still_renewed() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    emptied = Catalog((evolve(SHOP.current, plans=SHOP.current.plans[:1], packs=()),))
    shop.stripe._engine.catalog = lambda: emptied
    await shop.later(days=31)

    assert await shop.paid("in_00000002") is not None
    with pytest.raises(GatewayRefused):
        await shop.gateway.preview_change(a_change(sub, "pro_month"))


async def test_a_leap_days_anchor_is_kept_through_the_years() -> None:
    shop = Shop()
    await shop.to(datetime(2024, 2, 29, tzinfo=UTC))
    sub = await shop.subscribed("basic_year")
    ends = []
    for _ in range(4):
        ends.append((await shop.look(sub)).period_end)
        await shop.to(ends[-1])

    assert [(end.year, end.day) for end in ends] == [(2025, 28), (2026, 28), (2027, 28), (2028, 29)]


async def test_an_update_tells_what_was_before() -> None:
    shop = Shop()
    await shop.subscribed()
    await shop.to(FEBRUARY_END)
    (event,) = await shop.events("customer.subscription.updated")
    assert {"items"} == set(event["data"]["previous_attributes"])
    before = event["data"]["previous_attributes"]["items"]["data"][0]

    assert (int(START.timestamp()), int(FEBRUARY_END.timestamp())) == (
        before["current_period_start"],
        before["current_period_end"],
    )


async def test_a_failing_card_is_tried_again_and_then_the_subscription_ends() -> None:
    shop = Shop()
    sub = await shop.subscribed(card=DECLINES_LATER)
    await shop.to(FEBRUARY_END)
    assert Status.PAST_DUE is (await shop.look(sub)).status
    assert await shop.paid("in_00000002") is None
    await shop.later(days=30)
    ended = await shop.look(sub)
    failures = [e["created"] for e in await shop.events("invoice.payment_failed")]

    assert [(at - int(FEBRUARY_END.timestamp())) // 86400 for at in failures] == [0, 3, 5, 7]
    assert (Status.CANCELED, FEBRUARY_END + timedelta(days=7)) == (ended.status, ended.ended_at)


async def test_nobody_is_asked_to_pay_after_the_end() -> None:
    shop = Shop()
    sub = await shop.subscribed(card=DECLINES_LATER)
    await shop.to(FEBRUARY_END)
    await shop.gateway.cancel(sub, at_period_end=False, prorate=False, idempotency_key="k")
    await shop.replaced(GOOD)
    await shop.later(days=30)

    assert await shop.paid("in_00000002") is None


async def test_a_merchant_may_leave_it_unpaid_and_a_late_payment_revives_it() -> None:
    shop = Shop(settings=Settings(after_retries=AfterRetries.UNPAID))
    sub = await shop.subscribed(card=DECLINES_LATER)
    await shop.to(FEBRUARY_END + timedelta(days=40))
    assert Status.UNPAID is (await shop.look(sub)).status
    await shop.replaced(GOOD)

    assert PaymentStatus.SUCCEEDED is (await shop.stripe.retry_invoice("in_00000002")).status
    assert Status.ACTIVE is (await shop.look(sub)).status


async def test_a_new_card_pays_at_the_next_retry() -> None:
    shop = Shop()
    sub = await shop.subscribed(card=DECLINES_LATER)
    await shop.to(FEBRUARY_END)
    await shop.replaced(GOOD)
    assert Status.PAST_DUE is (await shop.look(sub)).status
    await shop.later(days=3)
    invoice = await shop.paid("in_00000002")

    assert invoice is not None
    assert (Status.ACTIVE, shop.clock.at) == ((await shop.look(sub)).status, invoice.paid_at)


async def test_a_new_card_pays_at_once_where_asked_to() -> None:
    shop = Shop()
    sub = await shop.subscribed(card=DECLINES_LATER)
    await shop.to(FEBRUARY_END)
    assert PaymentStatus.DECLINED is (await shop.stripe.retry_invoice("in_00000002")).status
    await shop.replaced(GOOD)
    await shop.stripe.retry_invoice("in_00000002")

    assert Status.ACTIVE is (await shop.look(sub)).status


async def test_an_impatient_retry_does_not_move_the_schedule() -> None:
    shop = Shop()
    sub = await shop.subscribed(card=DECLINES_LATER)
    await shop.to(FEBRUARY_END)
    for _ in range(5):
        await shop.stripe.retry_invoice("in_00000002")

    assert Status.PAST_DUE is (await shop.look(sub)).status
    assert FEBRUARY_END + timedelta(days=3) == (await shop.stripe.state()).invoices["in_00000002"].next_attempt_at


async def test_a_renewal_invoice_may_be_a_draft_for_a_while() -> None:
    shop = Shop(settings=Settings(draft_for=timedelta(hours=1)))
    sub = await shop.subscribed()
    await shop.to(FEBRUARY_END)
    assert ((await shop.look(sub)).period_start, await shop.paid("in_00000002")) == (FEBRUARY_END, None)
    await shop.later(hours=1)

    assert await shop.paid("in_00000002") is not None


async def test_a_trial_ends_in_a_real_invoice_and_is_announced() -> None:
    shop = Shop()
    sub = await shop.subscribed(trial_days=14)
    await shop.later(days=14)
    invoice = await shop.paid("in_00000002")
    (notice,) = await shop.events("customer.subscription.trial_will_end")
    now = await shop.look(sub)

    assert invoice is not None
    assert (1000, Status.ACTIVE, now.trial_end) == (invoice.amount_minor, now.status, now.anchor)
    assert int((START + timedelta(days=11)).timestamp()) == notice["created"]


async def test_a_short_trial_is_announced_at_once() -> None:
    shop = Shop()
    await shop.subscribed(trial_days=2)
    await shop.stripe.advance()

    assert len(await shop.events("customer.subscription.trial_will_end")) == 1


async def test_a_trial_without_a_card_ends_the_subscription() -> None:
    shop = Shop()
    sub = await shop.subscribed(card=None, trial_days=14, trial_needs_card=False)
    await shop.later(days=15)
    ended = await shop.look(sub)

    assert (Status.CANCELED, ended.trial_end) == (ended.status, ended.ended_at)
    assert len(await shop.invoices()) == 1


async def test_a_card_given_during_the_trial_saves_it() -> None:
    shop = Shop()
    sub = await shop.subscribed(card=None, trial_days=14, trial_needs_card=False)
    await shop.replaced(GOOD)
    await shop.later(days=15)

    assert Status.ACTIVE is (await shop.look(sub)).status


@pytest.mark.parametrize("hours", [1, 24 * 29])
async def test_a_read_sees_what_has_come_due(hours: int) -> None:
    shop = Shop()
    sub = await shop.subscribed()
    shop.clock.at += timedelta(hours=hours)

    assert (await shop.look(sub)).period_start <= shop.clock.at < (await shop.look(sub)).period_end
