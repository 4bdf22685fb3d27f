"""Tokens in packs, and one plan for a month or a year: seed 002, walked over HTTP, event by event."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.journeys.walk import ASKS_THE_BANK, DECLINED, FAILS_LATER, Walk, walking
from tests.shops.visitor import text_of

BANK_ACCOUNT = "000123456789"
BANK_ACCOUNT_THAT_BOUNCES = "000222222222"
MONTHLY, YEARLY = {"tier": "full", "interval": "month"}, {"tier": "full", "interval": "year"}


@pytest.fixture
async def walk() -> AsyncIterator[Walk]:
    async with walking("token_packs") as walk:
        yield walk


async def buy(walk: Walk, pack: str = "tokens_1k", **more: str) -> str:
    """A pack that is paid for; the session."""
    session_id = await walk.checkout("/credits/checkout", pack=pack, **more)
    assert "succeeded" == (await walk.pay(session_id))["status"]
    return session_id


async def standing(walk: Walk) -> tuple[Any, ...]:
    """The tier, the status, and the tokens that can be spent."""
    subscription = await walk.get("/subscriptions")
    return subscription["tier"], subscription["status"], await walk.available()


async def amounts(walk: Walk, account: str = "ann") -> list[tuple[int, str]]:
    """What was paid, oldest first, in the smallest unit of its currency."""
    paid = (await walk.get("/payments", account))["data"]
    return [(each["amount"], each["currency"]) for each in reversed(paid)]


# Packs


async def test_the_packs_are_a_thousand_a_hundred_thousand_and_a_thousand_a_month(walk: Walk) -> None:
    packs = (await walk.get("/credits/packs", None))["packs"]

    assert [(1000, None), (100_000, None), (1000, "month")] == [
        (pack["credits"], pack["prices"][0]["interval"]) for pack in packs
    ]


async def test_a_pack_is_paid_once_and_its_tokens_stay(walk: Walk) -> None:
    await walk.hold()
    await walk.pay(await walk.checkout("/credits/checkout", pack="tokens_1k"))
    seen = {}
    for webhook in await walk.held():
        await walk.tell(webhook)
        seen[webhook.type] = await walk.available()
    await walk.simulation.release()
    after = await walk.available()
    await walk.days(70)

    assert (100, 1100) == (seen["customer.created"], seen["checkout.session.completed"])
    assert (1100, 1100) == (after, await walk.available())
    assert [(300, "usd")] == await amounts(walk)


async def test_the_largest_pack_is_bought_twice(walk: Walk) -> None:
    await buy(walk, "tokens_100k")
    await buy(walk, "tokens_100k")

    assert 200_100 == await walk.available()


async def test_a_pack_may_come_each_month_until_it_is_canceled_at_the_portal(walk: Walk) -> None:
    await buy(walk, "tokens_1k_monthly")
    first = await standing(walk)
    await walk.days(32)
    second = await standing(walk)
    opened = await walk.ask("POST", "/subscriptions/portal")
    await walk.news()
    await walk.fill("/" + opened.json()["portal_url"].split("/", 3)[3] + "/cancel")
    await walk.days(64)

    assert [("free", "none", 1100), ("free", "none", 2100)] == [first, second]
    assert ["customer.subscription.updated", "customer.subscription.deleted"] == await walk.news()
    assert ("free", "none", 2100) == await standing(walk)
    assert [(250, "usd"), (250, "usd")] == await amounts(walk)


async def test_a_pack_that_comes_each_month_is_canceled_and_kept_on_the_accounts_page(walk: Walk) -> None:
    await buy(walk, "tokens_1k_monthly")
    ann = await walk.visitor()
    page = await ann.see("/account")
    (pack,) = set(re.findall(r'name="subscription" value="(sub_\w+)"', page.text))
    ending = await ann.see((await ann.send("/account/packs/cancel", subscription=pack)).headers["location"])
    kept = await ann.see((await ann.send("/account/packs/resume", subscription=pack)).headers["location"])
    await walk.days(32)
    again = await walk.available()
    not_his = await (await walk.visitor("ben")).send("/account/packs/cancel", subscription=pack)
    await (await walk.visitor()).send("/account/packs/cancel", subscription=pack)
    await walk.days(64)

    assert "You pay nothing for it." in text_of(page)
    assert "1,000 tokens each month : 1,000 credits a month Comes again on" in text_of(page)
    assert 404 == not_his.status_code
    assert "Ends on" in text_of(ending)
    assert 'aria-label="Keep 1,000 tokens each month"' in ending.text
    assert "Comes again on" in text_of(kept)
    assert (2100, 2100) == (again, await walk.available())
    assert "tokens each month :" not in text_of(await ann.see("/account"))


async def test_a_payment_that_takes_days_brings_its_tokens_when_it_is_there(walk: Walk) -> None:
    session_id = await walk.checkout("/credits/checkout", pack="tokens_1k")
    steps = [(await walk.get(f"/checkouts/{session_id}"))["status"]]
    await walk.pay(session_id, BANK_ACCOUNT)
    steps.append((await walk.get(f"/checkouts/{session_id}"))["status"])
    meanwhile = await walk.available()
    await walk.news()
    await walk.days(5)
    done = await walk.get(f"/checkouts/{session_id}")

    assert ["open", "processing", "complete"] == [*steps, done["status"]]
    assert "checkout.session.async_payment_succeeded" in await walk.news()
    assert (100, 1000, 1100) == (meanwhile, done["credits_granted"], await walk.available())


async def test_a_payment_that_bounces_brings_nothing(walk: Walk) -> None:
    session_id = await walk.checkout("/credits/checkout", pack="tokens_1k")
    await walk.pay(session_id, BANK_ACCOUNT_THAT_BOUNCES)
    await walk.days(5)

    assert ("failed", 100) == ((await walk.get(f"/checkouts/{session_id}"))["status"], await walk.available())


async def test_a_card_is_declined_and_another_ones_bank_asks(walk: Walk) -> None:
    session_id = await walk.checkout("/credits/checkout", pack="tokens_1k")
    declined, asked = await walk.pay(session_id, DECLINED), await walk.pay(session_id, ASKS_THE_BANK)
    before = await walk.available()
    await walk.client.post(f"/dev/checkout/{session_id}/authenticate", json={"ok": True})

    assert ("declined", "requires_authentication") == (declined["status"], asked["status"])
    assert (100, 1100) == (before, await walk.available())


async def test_webhooks_that_come_backwards_and_twice_bring_the_tokens_once(walk: Walk) -> None:
    await walk.hold()
    await buy(walk)
    await walk.subscribe(tier="full")
    held = await walk.held()
    answers = {(await walk.tell(webhook)).status_code for webhook in [*reversed(held), *held]}

    assert ({200}, ("full", "active", 3100)) == (answers, await standing(walk))


async def test_who_clicks_twice_gets_one_checkout(walk: Walk) -> None:
    clicks = [
        await walk.ask("POST", "/credits/checkout", json={"pack": "tokens_1k"}, headers={"Idempotency-Key": "click"})
        for _ in range(2)
    ]

    assert [201, 201] == [click.status_code for click in clicks]
    assert clicks[0].json() == clicks[1].json()


# The plan


async def test_a_month_of_the_plan_is_paid_told_and_renewed(walk: Walk) -> None:
    await walk.hold()
    await walk.pay(await walk.checkout("/subscriptions/checkout", **MONTHLY))
    seen = {}
    for webhook in await walk.held():
        await walk.tell(webhook)
        seen[webhook.type] = await standing(walk)
    await walk.simulation.release()
    await walk.days(32)

    assert ("free", "active", 100) == seen["customer.subscription.created"]
    assert ("full", "active", 2100) == seen["invoice.paid"] == seen["checkout.session.completed"]
    assert ("full", "active", 2000) == await standing(walk)
    assert [(500, "usd"), (500, "usd")] == await amounts(walk)


async def test_a_year_is_paid_once_and_brings_tokens_month_by_month(walk: Walk) -> None:
    await walk.subscribe(**YEARLY)
    available = []
    for _ in range(3):
        hold = (await walk.ask("POST", "/credits/holds", json={"amount": 1500, "reason": "work"})).json()
        await walk.ask("POST", f"/credits/holds/{hold['id']}/capture", json={})
        await walk.days(31)
        available.append(await walk.available())
    await walk.days(280)

    assert [2000, 2000, 2000] == available
    assert [(1000, "usd"), (1000, "usd")] == await amounts(walk)
    assert ("full", "active", 2000) == await standing(walk)


async def test_from_a_month_to_a_year_at_once_and_back_at_its_end(walk: Walk) -> None:
    await walk.subscribe(**MONTHLY)
    longer = await walk.ask("POST", "/subscriptions/change", json=YEARLY)
    await walk.simulation.settle()
    between = await walk.get("/subscriptions")
    shorter = await walk.ask("POST", "/subscriptions/change", json=MONTHLY)
    after = await walk.get("/subscriptions")

    assert ("now", 500) == (longer.json()["when"], longer.json()["due_now"])
    assert ("year", True) == (between["interval"], between["days_remaining"] >= 365)
    assert ("period_end", 0) == (shorter.json()["when"], shorter.json()["due_now"])
    assert ("year", "month") == (after["interval"], after["pending_change"]["interval"])
    assert 2100 == await walk.available()


async def test_prices_come_in_three_currencies_and_an_account_stays_with_one(walk: Walk) -> None:
    for currency in ("usd", "eur", "jpy"):
        session_id = await walk.checkout("/subscriptions/checkout", currency, **YEARLY, currency=currency)
        await walk.pay(session_id)
    other = await walk.ask("POST", "/credits/checkout", "eur", json={"pack": "tokens_1k", "currency": "usd"})

    assert [(1000, "usd"), (1000, "eur"), (1500, "jpy")] == [
        *(await amounts(walk, "usd")),
        *(await amounts(walk, "eur")),
        *(await amounts(walk, "jpy")),
    ]
    assert (409, "currency_locked", "eur") == (other.status_code, other.json()["code"], other.json()["currency"])


async def test_a_promotion_code_takes_half_off_and_an_unknown_one_is_told(walk: Walk) -> None:
    coupon = await walk.by_hand("/v1/coupons", percent_off=50, duration="once")
    await walk.by_hand("/v1/promotion_codes", promotion={"type": "coupon", "coupon": coupon["id"]}, code="HALF")
    unknown = await walk.ask("POST", "/subscriptions/checkout", json={**MONTHLY, "promotion_code": "NONE"})
    by_order = await walk.checkout("/subscriptions/checkout", **MONTHLY, promotion_code="HALF")
    await walk.pay(by_order)
    by_hand = await walk.checkout("/credits/checkout", "bob", pack="tokens_1k")
    await walk.fill(f"/dev/checkout/{by_hand}/code", {"code": "HALF"})
    await walk.pay(by_hand)

    assert (422, "promotion_code") == (unknown.status_code, unknown.json()["errors"][0]["field"])
    assert ([(250, "usd")], [(150, "usd")]) == (await amounts(walk), await amounts(walk, "bob"))
    assert (2100, 1100) == (await walk.available(), await walk.available("bob"))


async def test_a_plan_that_is_not_paid_is_taken_away_and_the_packs_stay(walk: Walk) -> None:
    await walk.subscribe(**MONTHLY)
    await buy(walk)
    await walk.card(FAILS_LATER)
    await walk.renewal()
    due = await standing(walk)
    await walk.days(40)

    assert ("full", "past_due", 3000) == due
    assert ("free", "canceled", 1100) == await standing(walk)


# What a customer sees


async def test_the_account_shows_the_plan_the_days_left_and_the_balance(walk: Walk) -> None:
    visitor = await walk.visitor()
    await walk.subscribe(**MONTHLY)
    await walk.days(10)
    page = await visitor.see("/account")
    subscription = await walk.get("/subscriptions")

    assert "Full plan · Active" in text_of(page)
    assert 17 <= subscription["days_remaining"] <= 21
    assert f"in {subscription['days_remaining']} days" in text_of(page)
    assert "2,100 to spend 0 used this month (0 %)" in text_of(page)
    assert "<meter" in page.text or "<progress" in page.text


async def test_the_customer_comes_back_to_the_new_tokens(walk: Walk) -> None:
    visitor = await walk.visitor()
    session_id = await buy(walk)

    assert "1,000" in text_of(await visitor.see(f"/subscription/success?session_id={session_id}"))


async def test_who_runs_out_of_tokens_is_told_where_to_get_more(walk: Walk) -> None:
    answer = await walk.ask("POST", "/credits/holds", json={"amount": 101, "reason": "work"})

    assert (402, 101, 100) == (answer.status_code, answer.json()["required"], answer.json()["available"])
    assert {"upgrade", "buy_pack"} <= {option["action"] for option in answer.json()["options"]}


async def test_every_movement_of_tokens_is_told_and_they_add_up(walk: Walk) -> None:
    await walk.subscribe(**MONTHLY)
    await buy(walk)
    await walk.generate(quality="high")
    await walk.days(32)
    entries = (await walk.get("/credits/transactions?limit=100"))["data"]

    assert {"grant", "hold", "capture", "expire"} == {entry["type"] for entry in entries}
    assert await walk.available() == entries[0]["balance_after"] == sum(entry["amount"] for entry in entries)
