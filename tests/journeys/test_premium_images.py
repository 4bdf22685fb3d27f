"""One premium plan, no credits: seed 000, walked over HTTP, event by event."""

import io
import json
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from tests.journeys.walk import ASKS_THE_BANK, DECLINED, FAILS_LATER, PAINTER, WEBHOOK, Walk, walking
from tests.shops.visitor import paths_in, text_of

NEWS_OF_A_PURCHASE = [
    *("customer.subscription.created", "charge.succeeded", "invoice.paid", "checkout.session.completed"),
]
PREMIUM = "AI Image Generator Premium"


@pytest.fixture
async def walk() -> AsyncIterator[Walk]:
    async with walking("premium_images") as walk:
        yield walk


# What everybody has, and what is sold


async def test_everybody_has_the_free_plan_without_subscribing(walk: Walk) -> None:
    subscription, account = await walk.get("/subscriptions"), await walk.get("/account")
    mine = await walk.get("/entitlements")

    assert ("free", "none", None) == tuple(subscription[name] for name in ("tier", "status", "current_period_end"))
    assert ("Ann", "ann@shop.example", 0) == tuple(account[name] for name in ("name", "email", "images_total"))
    assert ("gpt-image-2", "512x512", 5, False, 0) == tuple(
        mine[name] for name in ("default_model", "max_size", "images_per_day", "private_history", "priority")
    )


async def test_the_page_of_plans_tells_what_premium_costs_and_gives(walk: Walk) -> None:
    _, premium = (await walk.get("/subscriptions/tiers", None))["tiers"]
    page = text_of(await walk.client.get("/"))

    assert (PREMIUM, 9.99, True) == (premium["name"], premium["price_monthly"], premium["is_unlimited"])
    assert f"{PREMIUM} 9.99 USD a month" in page
    assert 5 == len(premium["features"])
    assert [] == [feature for feature in premium["features"] if feature not in page]
    assert ("a plan says which pictures it makes" in page, "costs credits" in page) == (True, False)


# The checkout


async def test_a_checkout_becomes_the_premium_plan_event_by_event(walk: Walk) -> None:
    await walk.hold()
    session_id = await walk.checkout("/subscriptions/checkout", tier="premium")
    assert "succeeded" == (await walk.pay(session_id))["status"]
    seen = []
    for webhook in await walk.held():
        assert 200 == (await walk.tell(webhook)).status_code
        subscription = await walk.get("/subscriptions")
        seen.append((webhook.type, subscription["tier"], subscription["status"]))

    assert [
        ("customer.subscription.created", "free", "active"),
        ("charge.succeeded", "free", "active"),
        ("invoice.paid", "premium", "active"),
        ("checkout.session.completed", "premium", "active"),
    ] == [each for each in seen if each[0] in NEWS_OF_A_PURCHASE]
    assert NEWS_OF_A_PURCHASE == await walk.news()
    assert "complete" == (await walk.get(f"/checkouts/{session_id}"))["status"]


async def test_webhooks_that_come_backwards_and_twice_make_the_same_plan(walk: Walk) -> None:
    await walk.hold()
    await walk.pay(await walk.checkout("/subscriptions/checkout", tier="premium"))
    held = await walk.held()
    answers = [(await walk.tell(webhook)).status_code for webhook in [*reversed(held), *held]]
    subscription = await walk.get("/subscriptions")

    assert {200} == set(answers)
    assert ("premium", "active") == (subscription["tier"], subscription["status"])
    assert 1 == len((await walk.get("/payments"))["data"])


async def test_a_customer_of_stripe_is_made_once_and_knows_name_and_address(walk: Walk) -> None:
    await walk.hold()
    first = await walk.checkout("/subscriptions/checkout", tier="premium")
    again = await walk.checkout("/subscriptions/checkout", tier="premium")
    held = await walk.held()
    told = [json.loads(webhook.body)["data"]["object"] for webhook in held]

    assert first == again
    assert ["customer.created", "customer.updated"] == [webhook.type for webhook in held]
    assert {("ann", told[0]["id"])} == {(each["metadata"]["billing_core_account"], each["id"]) for each in told}
    assert ("Ann", "ann@shop.example") == (told[-1]["name"], told[-1]["email"])


async def test_who_leaves_the_checkout_is_told_that_nothing_was_bought(walk: Walk) -> None:
    visitor = await walk.visitor()
    session_id = await walk.checkout("/subscriptions/checkout", tier="premium")
    page = await visitor.see(f"/dev/checkout/{session_id}")
    (back,) = paths_in(page, '[^"]*/subscription/cancel')

    assert "Nothing was bought" in text_of(await visitor.see("/" + back.split("/", 3)[3]))
    assert "free" == (await walk.get("/subscriptions"))["tier"]


async def test_a_declined_card_buys_nothing_and_another_one_may_follow(walk: Walk) -> None:
    session_id = await walk.checkout("/subscriptions/checkout", tier="premium")
    declined = await walk.pay(session_id, DECLINED)
    between = (await walk.get("/subscriptions"))["tier"]
    asked = await walk.pay(session_id, ASKS_THE_BANK)
    answer = await walk.client.post(f"/dev/checkout/{session_id}/authenticate", json={"ok": True})

    assert ("declined", "insufficient_funds") == (declined["status"], declined["decline_code"])
    assert ("free", "requires_authentication") == (between, asked["status"])
    assert "succeeded" == answer.json()["status"]
    assert "premium" == (await walk.get("/subscriptions"))["tier"]


async def test_the_customer_comes_back_to_a_page_that_tells_what_they_have_now(walk: Walk) -> None:
    visitor = await walk.visitor()
    session_id = await walk.checkout("/subscriptions/checkout", tier="premium")
    paid = await walk.pay(session_id)
    page = text_of(await visitor.see("/" + paid["redirect_url"].split("/", 3)[3]))

    assert f"Welcome to {PREMIUM}" in page
    assert "Generate up to 100 images per day" in page


# A member


async def test_a_member_is_not_sold_the_plan_again(walk: Walk) -> None:
    await walk.subscribe(tier="premium")
    visitor = await walk.visitor()
    answer = await walk.ask("POST", "/subscriptions/checkout", json={"tier": "premium"})
    account = text_of(await visitor.see("/account"))

    assert (409, "already_subscribed") == (answer.status_code, answer.json()["code"])
    assert "/api/v1/subscriptions/portal" == answer.json()["portal"]
    assert f"{PREMIUM} · Active" in account
    assert "Cards and invoices" in account
    assert f"Subscribe to {PREMIUM}" not in text_of(await visitor.see("/"))


async def test_a_member_gets_larger_pictures_by_the_better_model(walk: Walk) -> None:
    small = await walk.generate()
    await walk.subscribe(tier="premium")
    large = await walk.generate()
    shown = await walk.client.get(large["images"][0]["url"])

    assert ("gpt-image-2", "512x512") == (small["model"], small["size"])
    assert ("gpt-image-2.5-sunburst", "1024x1024") == (large["model"], large["size"])
    assert ["512x512", "1024x1024"] == [request.size for request in PAINTER.requests]
    assert (1024, 1024) == Image.open(io.BytesIO(shown.content)).size


@pytest.mark.parametrize("wish", [{"size": "1024x1024"}, {"model": "gpt-image-2.5-sunburst"}, {"private": True}])
async def test_who_pays_nothing_is_told_what_premium_would_give(walk: Walk, wish: dict[str, object]) -> None:
    answer = await walk.ask("POST", "/generations", json={"prompt": "a fox", **wish})

    assert (403, "not_entitled") == (answer.status_code, answer.json()["code"])
    assert {"action": "upgrade", "tier": "premium"}.items() <= answer.json()["options"][0].items()


async def test_a_day_has_five_pictures_and_for_a_member_a_hundred(walk: Walk) -> None:
    for _ in range(5):
        await walk.generate()
    tired = await walk.ask("POST", "/generations", json={"prompt": "a fox"})
    await walk.subscribe(tier="premium")
    await walk.generate(n=5)
    for _ in range(9):
        await walk.generate(n=10)
    full = await walk.ask("POST", "/generations", json={"prompt": "a fox"})
    await walk.days(1)

    assert (429, "daily_quota_exceeded", 5) == (tired.status_code, tired.json()["code"], tired.json()["limit"])
    assert ["wait", "upgrade"] == [option["action"] for option in tired.json()["options"]]
    assert (429, 100, 100) == (full.status_code, full.json()["limit"], full.json()["used"])
    assert 100 == (await walk.get("/account"))["images_total"]
    assert "succeeded" == (await walk.generate())["status"]


async def test_a_members_pictures_can_be_private(walk: Walk) -> None:
    await walk.generate(prompt="for all to see")
    await walk.subscribe(tier="premium")
    hidden = await walk.generate(prompt="for me alone", private=True)
    image_id = hidden["images"][0]["id"]
    shown = (await walk.get("/gallery", None))["data"]
    others = await walk.ask("GET", f"/images/{image_id}", "bob")

    assert 1 == len(shown)
    assert image_id not in {image["id"] for image in shown}
    assert 404 == others.status_code
    assert 200 == (await walk.ask("GET", f"/images/{image_id}")).status_code
    assert {hidden["id"]} < {each["id"] for each in (await walk.get("/generations"))["data"]}


async def test_a_member_comes_first(walk: Walk) -> None:
    before = (await walk.get("/entitlements"))["priority"]
    await walk.subscribe(tier="premium")

    assert (0, 20) == (before, (await walk.get("/entitlements"))["priority"])


async def test_a_picture_that_fails_is_not_counted_as_made(walk: Walk) -> None:
    PAINTER.refuse(times=1)
    failed = await walk.generate()

    assert ("refused", 0) == (failed["status"], failed["credits_charged"])
    assert [] == failed["images"]
    assert 0 == (await walk.get("/account"))["images_total"]


# How it goes on, and how it ends


async def test_the_portal_leads_back_and_ends_the_plan_with_its_period(walk: Walk) -> None:
    nobody = await walk.ask("POST", "/subscriptions/portal")
    await walk.subscribe(tier="premium")
    await walk.news()
    opened = await walk.ask("POST", "/subscriptions/portal", json={"return_url": "https://shop.example/profile"})
    portal = "/" + opened.json()["portal_url"].split("/", 3)[3]
    page = await walk.client.get(portal)
    await walk.fill(f"{portal}/cancel")
    canceled, told = await walk.get("/subscriptions"), await walk.news()
    await walk.days(32)
    ended = await walk.get("/subscriptions")

    assert (404, "no_customer") == (nobody.status_code, nobody.json()["code"])
    assert 'href="https://shop.example/profile"' in page.text
    assert ("premium", "active", True) == (canceled["tier"], canceled["status"], canceled["cancel_at_period_end"])
    assert (["customer.subscription.updated"], ["customer.subscription.deleted"]) == (told, await walk.news())
    assert ("free", "canceled") == (ended["tier"], ended["status"])


async def test_the_plan_renews_each_month(walk: Walk) -> None:
    await walk.subscribe(tier="premium")
    await walk.news()
    await walk.days(32)

    assert {"customer.subscription.updated", "charge.succeeded", "invoice.paid"} == set(await walk.news())
    assert "premium" == (await walk.get("/subscriptions"))["tier"]
    assert [999, 999] == [paid["amount"] for paid in (await walk.get("/payments"))["data"]]


async def test_an_unpaid_renewal_keeps_the_plan_for_three_days_and_then_ends_it(walk: Walk) -> None:
    await walk.subscribe(tier="premium")
    await walk.card(FAILS_LATER)
    await walk.renewal()
    overdue = await walk.get("/subscriptions")
    await walk.days(3)
    late = await walk.get("/subscriptions")
    await walk.news()
    await walk.days(30)
    ended = await walk.get("/subscriptions")

    assert ("premium", "past_due") == (overdue["tier"], overdue["status"])
    assert ("free", "past_due") == (late["tier"], late["status"])
    assert ("free", "canceled") == (ended["tier"], ended["status"])
    assert "customer.subscription.deleted" == (await walk.news())[-1]


# Who is let in


async def test_billing_needs_a_token_and_a_webhook_needs_a_signature_instead(walk: Walk) -> None:
    stranger = await walk.ask("POST", "/subscriptions/checkout", None, json={"tier": "premium"})
    page = await walk.client.get("/account", follow_redirects=False)
    unsigned = await walk.client.post(WEBHOOK, json={"type": "invoice.paid"})
    forged = await walk.client.post(WEBHOOK, json={}, headers={"Stripe-Signature": "t=1,v1=0"})

    assert 401 == stranger.status_code
    assert (303, "/signin?next=/account") == (page.status_code, page.headers["location"])
    assert [400, 400] == [unsigned.status_code, forged.status_code]
