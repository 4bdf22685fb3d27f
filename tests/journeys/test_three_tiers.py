"""Three tiers with credits: seed 001, walked over HTTP, event by event."""

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from tests.journeys.walk import ASKS_THE_BANK, DECLINED, FAILS_LATER, Walk, walking

MINE = ("tier", "status", "credits_remaining")


@pytest.fixture
async def walk() -> AsyncIterator[Walk]:
    async with walking("three_tiers") as walk:
        yield walk


async def mine(walk: Walk, *names: str) -> tuple[Any, ...]:
    """What Ann's subscription says."""
    subscription = await walk.get("/subscriptions")
    return tuple(subscription[name] for name in names or MINE)


async def spend(walk: Walk, amount: int) -> None:
    """Spends credits on something that is no picture."""
    hold = await walk.ask("POST", "/credits/holds", json={"amount": amount, "reason": "an upscale"})
    assert hold.status_code == 201, hold.text
    captured = await walk.ask("POST", f"/credits/holds/{hold.json()['id']}/capture", json={})
    assert captured.status_code == 200, captured.text


async def is_marked(walk: Walk, generation: Any) -> bool:
    """Whether the picture, which is made white, carries a mark."""
    fetched = await walk.client.get(generation["images"][0]["url"])
    return Image.open(io.BytesIO(fetched.content)).convert("L").getextrema() != (255, 255)


# What is sold


async def test_the_tiers_are_told_as_the_seed_tells_them(walk: Walk) -> None:
    names = ("tier", "name", "price_monthly", "credits_per_month", "is_unlimited", "models")
    tiers = (await walk.get("/subscriptions/tiers", None))["tiers"]

    assert [
        ("free", "Free", 0.0, 10, False, ["flux-schnell"]),
        ("basic", "Basic", 9.99, 200, False, ["flux-schnell", "flux-dev"]),
        ("premium", "Premium", 29.99, -1, True, ["flux-schnell", "flux-dev", "flux-1.1-pro"]),
    ] == [tuple(tier[name] for name in names) for tier in tiers]
    assert [4, 5, 6] == [len(tier["features"]) for tier in tiers]


async def test_each_tier_gives_its_models_its_place_in_line_and_its_rights(walk: Walk) -> None:
    given = []
    for tier in ("free", "basic", "premium"):
        if tier != "free":
            await walk.subscribe(tier, tier=tier)
        told = await walk.get("/entitlements", tier)
        given.append((len(told["models"]), told["priority"], told["watermark"], told["api_access"], told["support"]))

    assert [
        (1, 0, True, False, "community"),
        (2, 10, False, False, "email"),
        (3, 20, False, True, "priority"),
    ] == given


async def test_a_model_of_a_higher_tier_is_denied_with_the_way_there(walk: Walk) -> None:
    answer = await walk.ask("POST", "/generations", json={"prompt": "a fox", "model": "flux-1.1-pro"})

    assert (403, "not_entitled", ["flux-schnell"]) == (
        answer.status_code,
        answer.json()["code"],
        answer.json()["allowed"],
    )
    assert ["premium"] == [option["tier"] for option in answer.json()["options"]]


async def test_free_pictures_are_marked_and_paid_ones_are_not(walk: Walk) -> None:
    free = await walk.generate()
    await walk.subscribe()
    paid = await walk.generate(model="flux-dev")

    assert (True, False) == (await is_marked(walk, free), await is_marked(walk, paid))


# The checkout


async def test_a_checkout_comes_back_with_its_session(walk: Walk) -> None:
    urls = {
        "success_url": "https://shop.example/subscription/success?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/subscription/cancel",
    }
    answer = await walk.ask("POST", "/subscriptions/checkout", json={"tier": "basic", **urls})
    session_id = answer.json()["session_id"]
    paid = await walk.pay(session_id)

    assert (201, True) == (answer.status_code, "checkout_url" in answer.json())
    assert f"https://shop.example/subscription/success?session_id={session_id}" == paid["redirect_url"]


async def test_each_event_of_a_checkout_does_its_part_once(walk: Walk) -> None:
    await walk.hold()
    await walk.pay(await walk.checkout("/subscriptions/checkout", tier="basic"))
    seen = {}
    for webhook in await walk.held():
        assert 200 == (await walk.tell(webhook)).status_code
        seen[webhook.type] = await mine(walk)

    assert ("free", "none", 10) == seen["customer.created"]
    assert ("free", "active", 10) == seen["customer.subscription.created"]
    assert ("basic", "active", 210) == seen["invoice.paid"]
    assert ("basic", "active", 210) == seen["checkout.session.completed"]


async def test_events_that_come_backwards_and_twice_allocate_once(walk: Walk) -> None:
    await walk.hold()
    await walk.pay(await walk.checkout("/subscriptions/checkout", tier="basic"))
    held = await walk.held()
    for webhook in [*reversed(held), *held]:
        assert 200 == (await walk.tell(webhook)).status_code

    assert ("basic", "active", 210) == await mine(walk)


async def test_a_card_that_asks_the_bank_and_one_that_is_declined(walk: Walk) -> None:
    session_id = await walk.checkout("/subscriptions/checkout", tier="basic")
    declined, asked = await walk.pay(session_id, DECLINED), await walk.pay(session_id, ASKS_THE_BANK)
    before = await mine(walk)
    await walk.client.post(f"/dev/checkout/{session_id}/authenticate", json={"ok": True})

    assert ("declined", "requires_authentication") == (declined["status"], asked["status"])
    assert (("free", "none", 10), ("basic", "active", 210)) == (before, await mine(walk))


async def test_a_session_expires_after_a_day_and_another_one_is_opened(walk: Walk) -> None:
    first = await walk.checkout("/subscriptions/checkout", tier="basic")
    await walk.days(2)
    second = await walk.checkout("/subscriptions/checkout", tier="basic")

    assert ["checkout.session.expired"] == await walk.news()
    assert ("expired", "open") == (
        (await walk.get(f"/checkouts/{first}"))["status"],
        (await walk.get(f"/checkouts/{second}"))["status"],
    )


async def test_who_has_a_subscription_is_sent_to_the_portal(walk: Walk) -> None:
    await walk.subscribe()
    answer = await walk.ask("POST", "/subscriptions/checkout", json={"tier": "premium"})
    portal = await walk.ask("POST", "/subscriptions/portal", json={"return_url": "https://shop.example/subscription"})

    assert (409, "already_subscribed") == (answer.status_code, answer.json()["code"])
    assert (201, {"portal_url"}) == (portal.status_code, set(portal.json()))


# A month


async def test_what_is_used_is_told_of_the_months_credits(walk: Walk) -> None:
    await walk.subscribe()
    await spend(walk, 50)
    usage = await walk.get("/subscriptions/usage")

    assert ("basic", 160, 50, 200, 25.0) == tuple(
        usage[name] for name in ("tier", "credits_remaining", "credits_used", "credits_per_month", "usage_percentage")
    )
    assert (await walk.get("/subscriptions"))["current_period_end"] == usage["period_end"]
    assert [("period", 150), ("period", 10)] == [
        (grant["source"], grant["remaining"]) for grant in (await walk.get("/credits"))["grants"]
    ]


async def test_a_paid_renewal_brings_the_months_credits_anew(walk: Walk) -> None:
    await walk.subscribe()
    await spend(walk, 150)
    await walk.grant("ann", 30)
    await walk.news()
    await walk.days(32)
    usage = await walk.get("/subscriptions/usage")

    assert {"customer.subscription.updated", "charge.succeeded", "invoice.paid"} == set(await walk.news())
    assert ("basic", "active", 230) == await mine(walk)
    assert (0, 0.0) == (usage["credits_used"], usage["usage_percentage"])


async def test_a_failed_renewal_is_past_due_restricted_after_grace_and_paid_in_the_end(walk: Walk) -> None:
    await walk.subscribe()
    await walk.card(FAILS_LATER)
    await walk.renewal()
    due = await mine(walk, "tier", "status")
    told = await walk.news()
    await walk.days(3)
    restricted = await mine(walk)
    await walk.card("4242 4242 4242 4242")
    await walk.days(5)

    assert "invoice.payment_failed" in told
    assert ("basic", "past_due") == due
    assert ("free", "past_due", 10) == restricted
    assert ("basic", "active", 210) == await mine(walk)


async def test_a_trial_is_free_told_three_days_before_its_end_and_paid_then(walk: Walk) -> None:
    await walk.pay(await walk.checkout("/subscriptions/checkout", tier="premium"))
    begun = await mine(walk, "tier", "status", "is_unlimited", "days_remaining")
    await walk.news()
    await walk.days(4)
    told = await walk.news()
    await walk.days(3)

    assert ("premium", "trialing", True, 7) == begun
    assert ["customer.subscription.trial_will_end"] == told
    assert ("premium", "active") == await mine(walk, "tier", "status")
    assert [2999] == [paid["amount"] for paid in (await walk.get("/payments"))["data"] if paid["amount"]]


# Changing and ending


async def test_an_upgrade_costs_the_difference_for_the_rest_of_the_month(walk: Walk) -> None:
    await walk.subscribe()
    await walk.days(15)
    await walk.news()
    wish = {"tier": "premium", "when": "now"}
    quote = (await walk.ask("POST", "/subscriptions/change/preview", json=wish)).json()
    changed = await walk.ask("POST", "/subscriptions/change", json={**wish, "quote": quote["quote"]})
    await walk.simulation.settle()
    latest, _ = (await walk.get("/payments"))["data"]

    assert (200, "done") == (changed.status_code, changed.json()["status"])
    assert 800 < quote["due_now"] == latest["amount"] < 1200
    assert ["customer.subscription.updated", "charge.succeeded", "invoice.paid"] == await walk.news()
    assert ("premium", True) == await mine(walk, "tier", "is_unlimited")


async def test_a_downgrade_comes_with_the_next_month(walk: Walk) -> None:
    await walk.subscribe(tier="premium")
    await walk.days(8)
    changed = await walk.ask("POST", "/subscriptions/change", json={"tier": "basic"})
    before = await walk.get("/subscriptions")
    await walk.days(32)

    assert ("period_end", 0) == (changed.json()["when"], changed.json()["due_now"])
    assert ("premium", "basic") == (before["tier"], before["pending_change"]["tier"])
    assert ("basic", "active", 200) == await mine(walk)


async def test_a_cancellation_ends_with_the_period_and_leaves_the_free_tier(walk: Walk) -> None:
    await walk.subscribe()
    await walk.grant("ann", 30)
    answer = await walk.ask("DELETE", "/subscriptions?at_period_end=true")
    before = await mine(walk, "tier", "status", "cancel_at_period_end")
    await walk.news()
    await walk.days(32)

    assert (200, True, True) == (answer.status_code, answer.json()["success"], answer.json()["cancel_at_period_end"])
    assert ("basic", "active", True) == before
    assert "customer.subscription.deleted" == (await walk.news())[-1]
    assert ("free", "canceled", 40) == await mine(walk)


async def test_a_cancellation_at_once_leaves_the_free_tier_at_once(walk: Walk) -> None:
    await walk.subscribe()
    answer = await walk.ask("DELETE", "/subscriptions?at_period_end=false")
    await walk.simulation.settle()

    assert (200, False) == (answer.status_code, answer.json()["cancel_at_period_end"])
    assert ("free", "canceled") == await mine(walk, "tier", "status")
