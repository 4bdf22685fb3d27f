"""Subscriptions over HTTP: their shapes, and each way in which they are denied."""

import pytest

from tests.shops.http import Shop

ASKS_THE_BANK = "4000 0025 0000 3155"
DECLINED = "4000 0000 0000 9995"


async def test_an_account_that_never_subscribed_is_free(shop: Shop) -> None:
    answer = await shop.get("/subscriptions")

    assert set(answer) == {
        *("tier", "status", "credits_remaining", "credits_per_month", "is_unlimited", "current_period_end"),
        *("cancel_at_period_end", "features", "interval", "currency", "days_remaining", "pending_change", "trial_end"),
    }
    assert (
        answer["tier"],
        answer["status"],
        answer["credits_remaining"],
        answer["credits_per_month"],
    ) == ("free", "none", 10, 10)


async def test_a_paid_checkout_makes_a_subscription(shop: Shop) -> None:
    started = await shop.ask("POST", "/subscriptions/checkout", json={"tier": "basic"})
    checkout = started.json()

    assert started.status_code == 201
    assert set(checkout) == {"checkout_url", "session_id", "url"}
    assert checkout["checkout_url"] == checkout["url"]
    before = await shop.get(f"/checkouts/{checkout['session_id']}")
    assert before == {"status": "open", "kind": "plan", "tier": "basic", "credits_granted": 0}

    paid = await shop.pay(checkout["session_id"])

    assert paid["status"] == "succeeded"
    assert paid["redirect_url"].endswith(f"/subscription/success?session_id={checkout['session_id']}")
    after = await shop.get(f"/checkouts/{checkout['session_id']}")
    assert after == {"status": "complete", "kind": "plan", "tier": "basic", "credits_granted": 200}
    subscription = await shop.get("/subscriptions")
    assert (
        subscription["tier"],
        subscription["status"],
        subscription["interval"],
        subscription["currency"],
    ) == ("basic", "active", "month", "usd")
    assert subscription["current_period_end"].endswith("Z")


async def test_the_same_wish_gets_its_open_session_again(shop: Shop) -> None:
    first = await shop.ask("POST", "/subscriptions/checkout", json={"tier": "basic"})
    again = await shop.ask("POST", "/subscriptions/checkout", json={"tier": "basic"})
    other = await shop.ask("POST", "/subscriptions/checkout", json={"tier": "premium"})

    assert first.json() == again.json()
    assert first.json()["session_id"] != other.json()["session_id"]
    assert (await shop.get(f"/checkouts/{first.json()['session_id']}"))["status"] == "expired"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"tier": "free"}, 422, "not_for_sale"),
        ({"tier": "gold"}, 422, "unknown_tier"),
        ({"tier": "basic", "currency": "jpy"}, 422, "not_for_sale"),
        ({"tier": "basic", "success_url": "https://evil.example/"}, 422, "redirect_not_allowed"),
        ({"tier": "basic", "interval": "week"}, 422, "validation"),
        ({"tier": "basic", "price_id": "price_1"}, 422, "validation"),
    ],
)
async def test_a_checkout_is_denied(shop: Shop, body: dict[str, str], status: int, code: str) -> None:
    answer = await shop.ask("POST", "/subscriptions/checkout", json=body)

    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) >= {"type", "title", "status", "detail", "code"}


async def test_a_subscriber_is_sent_to_the_portal(shop: Shop) -> None:
    await shop.subscribe()
    answer = await shop.ask("POST", "/subscriptions/checkout", json={"tier": "premium"})
    problem = answer.json()

    assert (answer.status_code, problem["code"]) == (409, "already_subscribed")
    assert (
        problem["tier"],
        problem["current_status"],
        problem["portal"],
    ) == ("basic", "active", "/api/v1/subscriptions/portal")


async def test_another_currency_is_locked_after_the_first_payment(shop: Shop) -> None:
    await shop.subscribe()
    answer = await shop.ask("POST", "/credits/checkout", json={"pack": "pack_1k", "currency": "eur"})

    assert (answer.status_code, answer.json()["code"], answer.json()["currency"]) == (409, "currency_locked", "usd")


async def test_the_portal_needs_a_customer(shop: Shop) -> None:
    before = await shop.ask("POST", "/subscriptions/portal")
    await shop.subscribe()
    after = await shop.ask("POST", "/subscriptions/portal", json={"return_url": "https://shop.example/account"})

    assert (before.status_code, before.json()["code"]) == (404, "no_customer")
    assert after.status_code == 201
    assert set(after.json()) == {"portal_url"}


async def test_payments_can_be_switched_off(closed_shop: Shop) -> None:
    answers = [
        await closed_shop.ask(method, path, json=body)
        for method, path, body in [
            ("POST", "/subscriptions/checkout", {"tier": "basic"}),
            ("POST", "/credits/checkout", {"pack": "pack_1k"}),
            ("POST", "/subscriptions/portal", {}),
            ("POST", "/subscriptions/change/preview", {"tier": "basic"}),
            ("POST", "/subscriptions/change", {"tier": "basic"}),
            ("DELETE", "/subscriptions/change", None),
        ]
    ]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(503, "payments_disabled")] * 6
    assert (await closed_shop.get("/subscriptions"))["tier"] == "free"


async def test_usage_counts_what_was_captured_in_the_slot(shop: Shop) -> None:
    await shop.subscribe()
    await shop.generate(model="flux-dev")
    usage = await shop.get("/subscriptions/usage")

    assert set(usage) == {
        *("tier", "credits_remaining", "credits_used", "credits_per_month", "is_unlimited", "usage_percentage"),
        "period_end",
    }
    assert usage["credits_used"] > 0
    assert 0 < usage["usage_percentage"] <= 100


async def test_an_unlimited_plan_says_minus_one(shop: Shop) -> None:
    await shop.subscribe(tier="premium")
    subscription, usage = await shop.get("/subscriptions"), await shop.get("/subscriptions/usage")

    assert (subscription["credits_per_month"], subscription["is_unlimited"]) == (-1, True)
    assert (usage["credits_per_month"], usage["is_unlimited"]) == (-1, True)


async def test_canceling_and_thinking_better_of_it(shop: Shop) -> None:
    none = await shop.ask("DELETE", "/subscriptions")
    await shop.subscribe()
    canceled = await shop.ask("DELETE", "/subscriptions")
    resumed = await shop.ask("POST", "/subscriptions/resume")
    ended = await shop.ask("DELETE", "/subscriptions?at_period_end=false&prorate=true")

    assert (none.status_code, none.json()["code"]) == (404, "no_subscription")
    assert set(canceled.json()) == {"success", "message", "cancel_at_period_end"}
    assert (
        canceled.status_code,
        canceled.json()["success"],
        canceled.json()["cancel_at_period_end"],
    ) == (200, True, True)
    assert (resumed.status_code, resumed.json()["cancel_at_period_end"]) == (200, False)
    assert (ended.status_code, ended.json()["cancel_at_period_end"]) == (200, False)
    assert (await shop.get("/subscriptions"))["tier"] == "free"


async def test_a_change_does_what_its_quote_said(shop: Shop) -> None:
    await shop.subscribe()
    wish = {"tier": "premium", "when": "now"}
    quote = (await shop.ask("POST", "/subscriptions/change/preview", json=wish)).json()
    changed = await shop.ask("POST", "/subscriptions/change", json={**wish, "quote": quote["quote"]})

    assert set(quote) == {
        *("quote", "expires_at", "when", "due_now", "next_amount", "next_at", "currency", "credits_delta", "debt"),
        *("gains", "losses"),
    }
    assert (200, "done", quote["due_now"]) == (
        changed.status_code,
        changed.json()["status"],
        changed.json()["due_now"],
    )


async def test_a_quote_that_is_not_ours_is_stale(shop: Shop) -> None:
    await shop.subscribe()
    answer = await shop.ask("POST", "/subscriptions/change", json={"tier": "premium", "quote": "bm9uc2Vuc2U="})

    assert (answer.status_code, answer.json()["code"]) == (409, "quote_stale")


async def test_a_change_at_the_end_of_the_period_can_be_dropped(shop: Shop) -> None:
    await shop.subscribe(tier="premium")
    answer = await shop.ask("POST", "/subscriptions/change", json={"tier": "basic"})
    pending = (await shop.get("/subscriptions"))["pending_change"]
    dropped = await shop.ask("DELETE", "/subscriptions/change")

    assert (answer.status_code, answer.json()["when"]) == (200, "period_end")
    assert (pending["tier"], pending["interval"]) == ("basic", "month")
    assert (dropped.status_code, dropped.json()["success"]) == (200, True)
    assert (await shop.get("/subscriptions"))["pending_change"] is None


async def test_a_bank_that_asks_makes_a_change_wait(shop: Shop) -> None:
    await shop.subscribe()
    await shop.client.post("/dev/card", json={"account": "ann", "card": ASKS_THE_BANK})
    answer = await shop.ask("POST", "/subscriptions/change", json={"tier": "premium", "when": "now"})

    assert (answer.status_code, answer.json()["status"]) == (202, "pending_authentication")
    assert answer.json()["hosted_invoice_url"].startswith("http")


async def test_a_declined_change_changes_nothing(shop: Shop) -> None:
    await shop.subscribe()
    await shop.client.post("/dev/card", json={"account": "ann", "card": "4000 0000 0000 0341"})
    answer = await shop.ask("POST", "/subscriptions/change", json={"tier": "premium", "when": "now"})

    assert (answer.status_code, answer.json()["code"]) == (402, "payment_declined")
    assert (await shop.get("/subscriptions"))["tier"] == "basic"


async def test_the_tiers_need_no_token(shop: Shop) -> None:
    tiers = {tier["tier"]: tier for tier in (await shop.get("/subscriptions/tiers", None))["tiers"]}

    assert list(tiers) == ["free", "basic", "premium"]
    assert (tiers["free"]["price_monthly"], tiers["basic"]["price_monthly"]) == (0, 9.99)
    assert (tiers["premium"]["credits_per_month"], tiers["premium"]["is_unlimited"]) == (-1, True)
    assert {"interval", "currency", "amount"} == set(tiers["basic"]["prices"][0])
    assert "contact" not in tiers["basic"]


async def test_the_tiers_can_be_asked_for_one_currency_and_interval(shop: Shop) -> None:
    tiers = await shop.get("/subscriptions/tiers?currency=EUR&interval=year", None)
    basic = next(tier for tier in tiers["tiers"] if tier["tier"] == "basic")

    assert [(price["interval"], price["currency"]) for price in basic["prices"]] == [("year", "eur")]
    assert basic["price_monthly"] == round(basic["prices"][0]["amount"] / 1200, 2)
    assert (await shop.ask("GET", "/subscriptions/tiers?currency=euros", None)).status_code == 422
