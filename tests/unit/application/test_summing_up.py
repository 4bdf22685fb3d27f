"""Reports: what they tell, of which days, and that their figures fit together."""

from datetime import date, timedelta
from typing import Any

import pytest

from billing_core.application.summing_up import COLUMNS, MOST_DAYS, Report, ReportName, days_of
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.admission import Wish
from billing_core.domain.catalog import Interval
from billing_core.domain.errors import InvalidValue
from billing_core.domain.payments import Payment
from billing_core.ports.commit import Commit
from billing_core.ports.errors import ImageRefused
from billing_core.testing.builders import NEW_YEAR
from tests.shops.use_case import A_DAY, Shop

TODAY = date(2026, 3, 10)
NAMES = list(ReportName)


def rows(report: Report) -> list[dict[str, Any]]:
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


async def told(shop: Shop, name: ReportName, **days: date) -> list[dict[str, Any]]:
    return rows(await shop.use.summing_up()(name, **days))


def test_the_last_thirty_days_are_told_unless_others_are_asked_for() -> None:
    assert days_of(None, None, TODAY) == (date(2026, 2, 9), TODAY)
    assert days_of(None, date(2026, 1, 30), TODAY) == (date(2026, 1, 1), date(2026, 1, 30))
    assert days_of(date(2026, 3, 1), None, TODAY) == (date(2026, 3, 1), TODAY)
    assert days_of(None, date(1, 1, 2), TODAY) == (date.min, date(1, 1, 2))


def test_days_ahead_are_left_out() -> None:
    assert days_of(TODAY, TODAY + 9 * A_DAY, TODAY) == (TODAY, TODAY)


def test_days_that_make_no_sense_are_refused() -> None:
    for first, last in ((TODAY + A_DAY, None), (TODAY, TODAY - A_DAY), (TODAY - MOST_DAYS * A_DAY, None)):
        with pytest.raises(InvalidValue):
            days_of(first, last, TODAY)
    assert days_of(TODAY - (MOST_DAYS - 1) * A_DAY, None, TODAY)[0] == TODAY - (MOST_DAYS - 1) * A_DAY


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.value)
async def test_an_empty_business_has_reports(name: ReportName) -> None:
    shop = Shop()
    report = await shop.use.summing_up()(name, first=NEW_YEAR.date())

    assert (report.columns, report.at, report.left_out) == (COLUMNS[name], NEW_YEAR, 0)
    assert len(report.rows) == (1 if name is ReportName.CREDITS else 0)
    assert (report.first, report.last) == ((NEW_YEAR.date(), NEW_YEAR.date()) if name.is_daily else (None, None))


async def test_credits_are_told_day_by_day_and_what_is_outstanding_follows_from_them() -> None:
    shop = Shop()
    await shop.subscribed()
    shop.clock.advance(A_DAY)
    await shop.generated(Wish(model="small"))
    await shop.use.adjusting()("ann", -9, reason="a mistake")
    shop.clock.advance(A_DAY)
    await shop.given(5, "bob")

    first, second, third = await told(shop, ReportName.CREDITS, first=NEW_YEAR.date())
    assert (first["granted_period"], first["outstanding"], first["accounts_opened"]) == (210, 210, 1)
    assert (second["spent"], second["taken"], second["images"], second["outstanding"]) == (1, 9, 1, 200)
    assert (third["granted_adjustment"], third["granted_period"], third["outstanding"]) == (5, 10, 215)
    assert [row["day"] for row in (first, second, third)] == [NEW_YEAR.date() + n * A_DAY for n in range(3)]


async def test_what_is_outstanding_counts_what_came_before_the_first_day() -> None:
    shop = Shop()
    await shop.given(5)
    shop.clock.advance(9 * A_DAY)

    last = shop.clock.now().date()
    (row,) = await told(shop, ReportName.CREDITS, first=last)
    assert (row["day"], row["granted_adjustment"], row["outstanding"]) == (last, 0, 15)


async def test_every_day_of_a_long_life_fits_the_next() -> None:
    shop = Shop()
    await shop.subscribed()
    for _ in range(4):
        await shop.later(timedelta(days=20))
        await shop.generated(Wish(model="small"))
    (payment, *_) = (await shop.kept()).payments
    await refunded(shop, payment)

    table = await told(shop, ReportName.CREDITS, first=NEW_YEAR.date())
    before = {"outstanding": 0, "debt": 0}
    for row in table:
        came = sum(amount for name, amount in row.items() if name.startswith("granted_"))
        went = sum(row[name] for name in ("spent", "expired", "revoked", "taken", "settled"))
        assert row["outstanding"] == before["outstanding"] + came - went
        paid = row["settled"] + row["forgiven"] + row["written_off"]
        assert row["debt"] == before["debt"] + row["incurred"] - paid
        before = row
    book = (await shop.kept()).book
    assert (before["outstanding"], before["debt"]) == (book.available + book.held, book.debt)


async def test_models_are_told_by_day_with_how_their_generations_ended() -> None:
    shop = Shop()
    await shop.subscribed()
    shop.painter.told = [2, ImageRefused("no", "moderation_blocked")]
    for n in (2, 1):
        await shop.generated(Wish(model="large", n=n))
    await shop.accepted(Wish(model="small"))
    held = await shop.use.holding()("ann", 3, reason="upscale")
    await shop.use.capturing()("ann", held.id)

    large, other, small = await told(shop, ReportName.MODELS)
    assert (large["model"], large["generations"], large["succeeded"], large["refused"]) == ("large", 2, 1, 1)
    assert (large["images"], large["spent"], large["covered"]) == (2, 10, 0)
    assert (other["model"], other["generations"], other["spent"]) == ("other", 0, 3)
    assert (small["model"], small["generations"], small["queued"], small["images"]) == ("small", 1, 1, 0)


async def test_plans_are_told_with_how_many_stand_there_and_what_they_pay() -> None:
    shop = Shop()
    await shop.subscribed("basic", "ann")
    await shop.subscribed("basic", "bob", interval=Interval.YEAR)
    await shop.subscribed("basic", "eve", currency="eur")
    await shop.given(1, "carol")

    assert (await shop.use.summing_up()(ReportName.PLANS)).rows == (
        ("basic", "active", "eur", 1, 900),
        ("basic", "active", "usd", 2, 1_833),
        ("free", "none", None, 1, 0),
    )
    assert (await shop.use.summing_up()(ReportName.MRR)).rows == (("eur", 1, 900), ("usd", 2, 1_833))


async def test_who_cannot_be_read_is_told() -> None:
    shop = Shop()
    await shop.given(5)
    stream = shop.memory.state.events["ann"]
    stream[0] = stream[0]._replace(event=stream[0].event._replace(type="Unheard"))

    assert (await shop.use.summing_up()(ReportName.MRR)).left_out == 1


async def refunded(shop: Shop, payment: Payment) -> None:
    def refund(account: Account) -> Commit[None]:
        held = at(account, shop.clock.now(), shop.catalog)
        return Commit(None, held.refunded(payment.id, payment.amount_minor))

    await shop.memory.accounts.change("ann", refund)


async def test_how_accounts_stood_is_told_for_each_day() -> None:
    shop = Shop()
    await shop.subscribed("basic", "ann")
    shop.clock.advance(A_DAY)
    await shop.subscribed("basic", "bob")
    shop.clock.advance(A_DAY)

    standings = await told(shop, ReportName.STANDINGS, first=NEW_YEAR.date())
    monthly = await told(shop, ReportName.MONTHLY, first=NEW_YEAR.date())
    assert [row["accounts"] for row in standings if row["status"] == "active"] == [1, 2, 2]
    assert [row["mrr_minor"] for row in monthly] == [1_000, 2_000, 2_000]


async def test_days_before_the_last_one_asked_for_are_gone_back_through() -> None:
    shop = Shop()
    await shop.subscribed("basic", "ann")
    shop.clock.advance(3 * A_DAY)
    await shop.subscribed("basic", "bob")

    asked = {"first": NEW_YEAR.date(), "last": NEW_YEAR.date() + A_DAY}
    assert [row["mrr_minor"] for row in await told(shop, ReportName.MONTHLY, **asked)] == [1_000, 1_000]
