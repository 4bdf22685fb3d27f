"""Three memberships and the switch between them: seed 004, walked over HTTP, event by event."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from billing_core.testing.webhooks import webhook
from tests.journeys.walk import ASKS_THE_BANK, FAILS_LATER, WEBHOOK, Walk, walking
from tests.shops.visitor import text_of


@pytest.fixture
async def walk() -> AsyncIterator[Walk]:
    async with walking("memberships") as walk:
        yield walk


async def subscriptions(walk: Walk, account: str = "ann") -> list[tuple[str, str]]:
    """Price and status of everything that Stripe ever told of the account."""
    answer = await walk.ask("GET", f"/admin/accounts/{account}", "root", admin=True)
    return [(one["price"], one["status"]) for one in answer.json()["subscriptions"]]


async def change(walk: Walk, tier: str, **more: Any) -> Any:
    """A switch that was made, with all that came of it."""
    answer = await walk.ask("POST", "/subscriptions/change", json={"tier": tier, **more})
    assert answer.status_code == 200, answer.text
    await walk.simulation.settle()
    return answer.json()


# Becoming a member


async def test_a_checkout_becomes_a_membership_event_by_event(walk: Walk) -> None:
    await walk.hold()
    session_id = await walk.checkout("/subscriptions/checkout", tier="pro")
    await walk.pay(session_id)
    held = await walk.held()
    seen = []
    for event in held:
        assert 200 == (await walk.tell(event)).status_code
        seen.append((event.type, (await walk.get("/subscriptions"))["tier"]))
    (completed,) = [event.body.replace(" ", "") for event in held if event.type == "checkout.session.completed"]

    assert [("invoice.paid", "pro"), ("checkout.session.completed", "pro")] == [
        each for each in seen if each[0] in {"invoice.paid", "checkout.session.completed"}
    ]
    assert ('"client_reference_id":"ann"' in completed, '"allow_promotion_codes":true' in completed) == (True, True)
    assert [("pro_month_usd", "active")] == await subscriptions(walk)
    assert 210 == await walk.available()


async def test_there_are_three_memberships_and_two_can_be_bought(walk: Walk) -> None:
    tiers = (await walk.get("/subscriptions/tiers", None))["tiers"]
    bought = {tier: await walk.ask("POST", "/subscriptions/checkout", json={"tier": tier}) for tier in ("free", "ent")}

    assert [("free", "Free"), ("pro", "Professional"), ("ent", "Enterprise")] == [
        (tier["tier"], tier["name"]) for tier in tiers
    ]
    assert [(422, "not_for_sale"), (201, None)] == [
        (answer.status_code, answer.json().get("code")) for answer in bought.values()
    ]


async def test_the_pages_after_the_checkout_tell_how_it_went(walk: Walk) -> None:
    visitor = await walk.visitor()
    session_id = await walk.checkout("/subscriptions/checkout", tier="pro")
    paid = await walk.pay(session_id)
    there = "/" + paid["redirect_url"].split("/", 3)[3]

    assert f"/subscription/success?session_id={session_id}" == there
    assert "Welcome to Professional" in text_of(await visitor.see(there))
    assert "Nothing was bought" in text_of(await visitor.see("/subscription/cancel"))


async def test_who_is_not_signed_in_is_sold_nothing(walk: Walk) -> None:
    answers = [
        await walk.ask(method, path, None, json=body)
        for method, path, body in [
            ("POST", "/subscriptions/checkout", {"tier": "pro"}),
            ("POST", "/subscriptions/change", {"tier": "ent"}),
            ("DELETE", "/subscriptions", None),
        ]
    ]
    page = await walk.client.get("/account/cancel", follow_redirects=False)

    assert [401] * 3 == [answer.status_code for answer in answers]
    assert (303, "/signin?next=/account/cancel") == (page.status_code, page.headers["location"])


async def test_a_checkout_that_is_told_of_again_ends_nothing(walk: Walk) -> None:
    await walk.hold()
    await walk.pay(await walk.checkout("/subscriptions/checkout", tier="pro"))
    for event in [*await walk.held()] * 2:
        assert 200 == (await walk.tell(event)).status_code

    assert [("pro_month_usd", "active")] == await subscriptions(walk)


async def test_a_checkout_of_nobody_is_taken_in_and_shown_to_an_operator(walk: Walk) -> None:
    of_nobody: dict[str, Any] = {"client_reference_id": None, "customer": "cus_of_nobody", "mode": "subscription"}
    of_nobody |= {"payment_status": "paid", "status": "complete", "metadata": {}}
    body, signature = webhook("checkout.session.completed", secret=walk.settings.webhook_secrets[0], **of_nobody)
    answer = await walk.client.post(WEBHOOK, content=body, headers={"Stripe-Signature": signature})
    forged = await walk.client.post(WEBHOOK, content=body, headers={"Stripe-Signature": signature[:-1]})
    await walk.days(1)
    incidents = (await walk.ask("GET", "/admin/incidents", "root", admin=True)).json()["data"]

    assert (200, 400) == (answer.status_code, forged.status_code)
    assert ["orphan_payment"] == [incident["kind"] for incident in incidents]


# Switching


async def test_a_higher_membership_comes_at_once_and_costs_the_rest_of_the_month(walk: Walk) -> None:
    await walk.subscribe(tier="pro")
    await walk.days(15)
    await walk.news()
    quote = (await walk.ask("POST", "/subscriptions/change/preview", json={"tier": "ent"})).json()
    changed = await change(walk, "ent", quote=quote["quote"])
    after = await walk.get("/subscriptions")
    newest, oldest = (await walk.get("/payments"))["data"]

    assert ("now", "done", False) == (quote["when"], changed["status"], after["cancel_at_period_end"])
    assert ("ent", "active") == (after["tier"], after["status"])
    assert [("ent_month_usd", "active")] == await subscriptions(walk)
    assert (quote["due_now"], 2000) == (newest["amount"], oldest["amount"])
    assert 1857 <= quote["due_now"] <= 2065  # 40.00 a month more, for what is left of it after 15 days
    assert 210 + quote["credits_delta"] == await walk.available()
    assert {"customer.subscription.updated", "invoice.paid"} <= set(await walk.news())


async def test_a_lower_membership_comes_with_the_next_period_and_takes_nothing_early(walk: Walk) -> None:
    await walk.subscribe(tier="ent")
    quote = await change(walk, "pro")
    waiting = await walk.get("/subscriptions")
    await walk.days(32)
    after = await walk.get("/subscriptions")

    assert ("period_end", 0, 2000) == (quote["when"], quote["due_now"], quote["next_amount"])
    assert ("ent", "pro", False) == (
        waiting["tier"],
        waiting["pending_change"]["tier"],
        waiting["cancel_at_period_end"],
    )
    assert ("pro", "active", None) == (after["tier"], after["status"], after["pending_change"])
    assert [2000, 6000] == [paid["amount"] for paid in (await walk.get("/payments"))["data"]]


async def test_a_switch_that_was_to_come_is_dropped_again(walk: Walk) -> None:
    await walk.subscribe(tier="ent")
    await change(walk, "pro")
    await walk.ask("DELETE", "/subscriptions/change")
    await walk.days(32)

    assert "ent" == (await walk.get("/subscriptions"))["tier"]


async def test_to_switch_to_and_fro_mints_no_credits_and_costs_nothing_twice(walk: Walk) -> None:
    await walk.subscribe(tier="pro")
    balances = []
    for tier in ("ent", "pro", "ent", "pro"):
        await change(walk, tier, when="now")
        balances.append(await walk.available())

    # A credit may be gone with each second that passes between, and none may come.
    assert all(
        least <= now <= most for now, (least, most) in zip(balances, [(1_000, 1_010), (200, 210)] * 2, strict=True)
    )
    assert all(before >= after for before, after in zip(balances[:2], balances[2:], strict=True))
    assert [("pro_month_usd", "active")] == await subscriptions(walk)


@pytest.mark.parametrize(
    ("card", "status", "code"), [(FAILS_LATER, 402, "payment_declined"), (ASKS_THE_BANK, 202, None)]
)
async def test_a_switch_that_is_not_paid_gives_nothing(walk: Walk, card: str, status: int, code: str | None) -> None:
    await walk.subscribe(tier="pro")
    await walk.card(card)
    answer = await walk.ask("POST", "/subscriptions/change", json={"tier": "ent"})

    assert (status, code) == (answer.status_code, answer.json().get("code"))
    assert ("pro", 210) == ((await walk.get("/subscriptions"))["tier"], await walk.available())


async def test_a_member_cannot_buy_a_second_membership_and_switches_at_the_portal_instead(walk: Walk) -> None:
    await walk.subscribe(tier="pro")
    answer = await walk.ask("POST", "/subscriptions/checkout", json={"tier": "ent"})
    opened = await walk.ask("POST", answer.json()["portal"].removeprefix("/api/v1"))
    portal = "/" + opened.json()["portal_url"].split("/", 3)[3]
    page = await walk.client.get(portal)
    price = re.findall(r'value="(price_\w+)"', page.text)[0]
    await walk.fill(f"{portal}/switch", {"price": price})

    assert (409, "already_subscribed") == (answer.status_code, answer.json()["code"])
    assert [("ent_month_usd", "active")] == await subscriptions(walk)


# Leaving


async def test_a_membership_that_is_canceled_lasts_until_its_end_and_can_be_resumed(walk: Walk) -> None:
    await walk.subscribe(tier="pro")
    canceled = (await walk.ask("DELETE", "/subscriptions")).json()
    between = await walk.get("/subscriptions")
    resumed = (await walk.ask("POST", "/subscriptions/resume")).json()
    await walk.ask("DELETE", "/subscriptions")
    await walk.days(32)
    ended = await walk.get("/subscriptions")

    assert (True, False) == (canceled["cancel_at_period_end"], resumed["cancel_at_period_end"])
    assert ("pro", "active", True) == (between["tier"], between["status"], between["cancel_at_period_end"])
    assert ("free", "canceled") == (ended["tier"], ended["status"])
    assert 1 == len((await walk.get("/payments"))["data"])


async def test_the_page_of_a_cancellation_asks_first(walk: Walk) -> None:
    await walk.subscribe(tier="pro")
    visitor = await walk.visitor()
    asked = text_of(await visitor.see("/account/cancel"))
    before = (await walk.get("/subscriptions"))["cancel_at_period_end"]
    await visitor.send("/account/cancel", when="period_end")

    assert "Professional" in asked
    assert (False, True) == (before, (await walk.get("/subscriptions"))["cancel_at_period_end"])


async def test_who_is_no_member_has_nothing_to_cancel(walk: Walk) -> None:
    answer = await walk.ask("DELETE", "/subscriptions")

    assert (404, "no_subscription") == (answer.status_code, answer.json()["code"])
