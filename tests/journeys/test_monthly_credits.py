"""Initial and monthly credits, links that sell plans, and fraud: seed 003, walked over HTTP, event by event."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from billing_core.testing.webhooks import webhook
from tests.journeys.walk import ASKS_THE_BANK, DECLINED, FAILS_LATER, WEBHOOK, Walk, walking
from tests.shops.http import GOOD_CARD
from tests.shops.visitor import text_of

SUSPECT = "4100 0000 0000 0019"
TEST_CARDS = {
    "success": GOOD_CARD,
    "requires_auth": ASKS_THE_BANK,
    "declined": "4000 0000 0000 0002",
    "insufficient_funds": DECLINED,
    "processing_error": "4000 0000 0000 0119",
    "fraudulent": SUSPECT,
    "bank_success": "000123456789",
    "bank_insufficient_funds": "000222222222",
}
HANDLED = (
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
    "checkout.session.completed",
    "charge.succeeded",
    "charge.refunded",
    "radar.early_fraud_warning.created",
)


@pytest.fixture
async def walk() -> AsyncIterator[Walk]:
    async with walking("monthly_credits") as walk:
        yield walk


async def admin(walk: Walk, method: str, path: str, **more: Any) -> Any:
    """What an operator is answered."""
    answer = await walk.ask(method, f"/admin{path}", "root", admin=True, **more)
    assert answer.is_success, answer.text
    return answer.json()


async def grants(walk: Walk, account: str = "ann") -> list[tuple[str, int]]:
    """What remains, and of what source."""
    return sorted((one["source"], one["remaining"]) for one in (await walk.get("/credits", account))["grants"])


async def visited(walk: Walk, url: str) -> str:
    """The session that somebody comes to who follows a link, ours or the gateway's."""
    answer = await walk.client.get("/" + url.split("/", 3)[3], follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"].rpartition("/")[2])


# Subscribing


async def test_a_checkout_becomes_the_plan_and_its_first_credits_event_by_event(walk: Walk) -> None:
    await walk.hold()
    await walk.pay(await walk.checkout("/subscriptions/checkout", tier="basic"))
    seen = []
    for event in await walk.held():
        assert 200 == (await walk.tell(event)).status_code
        subscription = await walk.get("/subscriptions")
        seen.append((event.type, subscription["tier"], subscription["status"], await walk.available()))
    (given,) = (await walk.get("/credits/transactions"))["data"]

    assert [
        ("customer.subscription.created", "free", "active", 0),
        ("charge.succeeded", "free", "active", 0),
        ("invoice.payment_succeeded", "basic", "active", 100),
        ("checkout.session.completed", "basic", "active", 100),
    ] == [each for each in seen if each[0] in HANDLED]
    assert ("grant", 100, 100, "100 initial credits (Basic Plan)", "in_00000001") == tuple(
        given[name] for name in ("type", "amount", "balance_after", "description", "reference")
    )


async def test_the_checkout_knows_the_user_and_asks_for_an_address_and_a_code(walk: Walk) -> None:
    await walk.hold()
    await walk.pay(await walk.checkout("/subscriptions/checkout", tier="basic"))
    told = {event.type: json.loads(event.body)["data"]["object"] for event in await walk.held()}
    session, customer = told["checkout.session.completed"], told["customer.updated"]

    assert ("subscription", "ann", "required", True) == tuple(
        session[name] for name in ("mode", "client_reference_id", "billing_address_collection", "allow_promotion_codes")
    )
    assert ("ann@shop.example", "Ann", {"billing_core_account": "ann"}) == tuple(
        customer[name] for name in ("email", "name", "metadata")
    )


async def test_the_checkout_asks_for_more_and_looks_like_the_shop(walk: Walk) -> None:
    await walk.hold()
    await walk.pay(await walk.checkout("/subscriptions/checkout", tier="basic"))
    (told,) = [event for event in await walk.held() if event.type == "checkout.session.completed"]
    session = json.loads(told.body)["data"]["object"]

    assert [("company", "Company")] == [(one["key"], one["label"]["custom"]) for one in session["custom_fields"]]
    assert {"display_name": "The Picture Template", "button_color": "#0066cc", "border_style": "rounded"} == session[
        "branding_settings"
    ]


async def test_the_plans_tell_what_they_cost_and_hold(walk: Walk) -> None:
    tiers = (await walk.get("/subscriptions/tiers", None))["tiers"]

    assert [("Free", 0.0, 0), ("Basic Plan", 10.0, 50), ("Pro Plan", 30.0, 200)] == [
        (tier["name"], tier["price_monthly"], tier["credits_per_month"]) for tier in tiers
    ]
    assert ["100 credits to begin with", "50 credits each month after"] == tiers[1]["features"]
    assert ("email", True) == (tiers[2]["entitlements"]["support"], tiers[2]["entitlements"]["api_access"])
    assert [("month", 3000), ("year", 30000)] == [(one["interval"], one["amount"]) for one in tiers[2]["prices"]]


async def test_the_test_cards_and_bank_accounts_do_what_they_are_for(walk: Walk) -> None:
    paid = {}
    for who, card in TEST_CARDS.items():
        answer = await walk.pay(await walk.checkout("/subscriptions/checkout", who, tier="basic"), card)
        paid[who] = (answer["status"], answer["decline_code"])
    await walk.days(7)

    assert {
        "success": ("succeeded", None),
        "requires_auth": ("requires_authentication", None),
        "declined": ("declined", "generic_decline"),
        "insufficient_funds": ("declined", "insufficient_funds"),
        "processing_error": ("declined", "processing_error"),
        "fraudulent": ("succeeded", None),
        "bank_success": ("processing", None),
        "bank_insufficient_funds": ("processing", None),
    } == paid
    assert {"success", "fraudulent", "bank_success"} == {who for who in TEST_CARDS if await walk.available(who)}


async def test_everything_of_test_mode_says_so(walk: Walk) -> None:
    await walk.subscribe()
    (mine,) = (await walk.get("/payments"))["data"]
    (theirs,) = (await admin(walk, "GET", "/accounts/ann/payments"))["data"]
    (event,) = [each for each in await walk.simulation.webhooks() if each.type == "invoice.paid"]

    assert (False, False) == (mine["livemode"], "dashboard_url" in mine)
    assert "https://dashboard.stripe.com/test/invoices/in_00000001" == theirs["dashboard_url"]
    assert '"livemode":false' in event.body.replace(" ", "")


# Credits


async def test_the_first_month_gives_the_initial_credits_and_each_later_one_fifty(walk: Walk) -> None:
    await walk.subscribe()
    balances = [await grants(walk)]
    for _ in range(3):
        await walk.days(31)
        balances.append(await grants(walk))

    assert [("initial", 100)] == balances[0]
    assert [[("initial", 100), ("period", 50)]] * 3 == balances[1:]


async def test_what_a_month_gave_is_used_first_and_does_not_outlive_it(walk: Walk) -> None:
    await walk.subscribe()
    await walk.days(31)
    hold = await walk.ask("POST", "/credits/holds", json={"amount": 60, "reason": "pictures"})
    await walk.ask("POST", f"/credits/holds/{hold.json()['id']}/capture")
    spent = await grants(walk)
    await walk.days(31)

    assert [("initial", 90)] == [one for one in spent if one[1]]
    assert [("initial", 90), ("period", 50)] == await grants(walk)


async def test_news_that_come_twice_and_backwards_give_no_credit_more(walk: Walk) -> None:
    await walk.hold()
    await walk.pay(await walk.checkout("/subscriptions/checkout", tier="basic"))
    held = await walk.held()
    answers = [(await walk.tell(event)).status_code for event in [*reversed(held), *held, *held]]

    assert {200} == set(answers)
    assert 100 == await walk.available()
    assert 1 == len((await walk.get("/credits/transactions"))["data"])


async def test_a_year_that_is_paid_at_once_gives_its_credits_month_by_month(walk: Walk) -> None:
    await walk.subscribe(tier="pro", interval="year")
    first = await grants(walk)
    await walk.days(31)

    assert [("initial", 300)] == first
    assert [("initial", 300), ("period", 200)] == await grants(walk)
    assert 1 == len((await walk.get("/payments"))["data"])


async def test_who_subscribes_again_does_not_get_the_initial_credits_again(walk: Walk) -> None:
    await walk.subscribe()
    await walk.ask("DELETE", "/subscriptions?at_period_end=false")
    await walk.subscribe()

    assert [("initial", 100), ("period", 50)] == await grants(walk)


# Links


async def test_each_plan_has_a_link_that_stays_and_leads_its_owner_to_a_checkout(walk: Walk) -> None:
    links = (await walk.get("/subscriptions/payment-links"))["payment_links"]
    again = await walk.get("/subscriptions/payment-links/basic")
    unknown = await walk.ask("GET", "/subscriptions/payment-links/gold")
    other = (await walk.get("/subscriptions/payment-links/basic", "bob"))["payment_link"]
    await walk.pay(await visited(walk, links["basic"]))

    assert {"basic", "pro"} == links.keys()
    assert links["basic"] == again["payment_link"] != other
    assert (422, "unknown_tier") == (unknown.status_code, unknown.json()["code"])
    assert ("basic", "free") == tuple([(await walk.get("/subscriptions", who))["tier"] for who in ("ann", "bob")])


async def test_a_link_for_strangers_stays_and_what_a_stranger_pays_is_assigned_by_an_operator(walk: Walk) -> None:
    made, again = [await admin(walk, "POST", "/payment-links", json={"tier": "basic"}) for _ in range(2)]
    await walk.grant("bob", 1)
    await walk.pay(await visited(walk, made["url"]))
    await walk.days(1)
    (incident,) = (await admin(walk, "GET", "/incidents"))["data"]
    wish = {"action": "assign", "note": "he wrote to us", "account": "bob"}
    await admin(walk, "POST", f"/incidents/{incident['id']}/resolve", json=wish)
    await walk.simulation.settle()

    assert made == again
    assert (False, f"https://dashboard.stripe.com/test/payment-links/{made['id']}") == (
        made["livemode"],
        made["dashboard_url"],
    )
    assert ("orphan_payment", "open") == (incident["kind"], incident["status"])
    assert "basic" == (await walk.get("/subscriptions", "bob"))["tier"]
    assert 101 == await walk.available("bob")


# How it goes on, and how it ends


async def test_the_portal_opens_for_a_customer_and_leads_back(walk: Walk) -> None:
    before = await walk.ask("POST", "/subscriptions/portal")
    await walk.subscribe()
    opened = await walk.ask("POST", "/subscriptions/portal", json={})
    page = await walk.client.get("/" + opened.json()["portal_url"].split("/", 3)[3])

    assert (404, "no_customer") == (before.status_code, before.json()["code"])
    assert f'href="{walk.settings.base_url}/account"' in page.text


async def test_another_plan_is_known_from_the_subscriptions_update(walk: Walk) -> None:
    await walk.subscribe()
    await walk.news()
    changed = await walk.ask("POST", "/subscriptions/change", json={"tier": "pro"})
    await walk.simulation.settle()
    told = await walk.news()

    assert (200, "done") == (changed.status_code, changed.json()["status"])
    assert {"customer.subscription.updated", "invoice.paid"} <= set(told)
    assert "pro" == (await walk.get("/subscriptions"))["tier"]


async def test_a_month_that_is_not_paid_gives_nothing_until_it_is(walk: Walk) -> None:
    await walk.subscribe()
    await walk.card(FAILS_LATER)
    await walk.news()
    await walk.days(32)
    failed, overdue, owed = await walk.news(), await walk.get("/subscriptions"), await grants(walk)
    await walk.card(GOOD_CARD)
    await walk.days(7)

    assert "invoice.payment_failed" in failed
    assert ("basic", "past_due") == (overdue["tier"], overdue["status"])
    assert [("initial", 100)] == owed
    assert "active" == (await walk.get("/subscriptions"))["status"]
    assert [("initial", 100), ("period", 50)] == await grants(walk)


async def test_a_canceled_plan_ends_with_its_period_and_its_monthly_credits_with_it(walk: Walk) -> None:
    await walk.subscribe()
    await walk.days(31)
    canceled = (await walk.ask("DELETE", "/subscriptions")).json()
    await walk.days(32)
    ended = await walk.get("/subscriptions")

    assert (True, True) == (canceled["success"], canceled["cancel_at_period_end"])
    assert ("free", "canceled") == (ended["tier"], ended["status"])
    assert "customer.subscription.deleted" == (await walk.news())[-1]
    assert [("initial", 100)] == await grants(walk)


async def test_money_that_goes_back_takes_its_credits_with_it(walk: Walk) -> None:
    await walk.subscribe()
    (paid,) = (await walk.get("/payments"))["data"]
    part = {"payment": paid["id"], "amount": 500, "reason": "half of it was late"}
    await admin(walk, "POST", "/accounts/ann/refund", json=part)
    await walk.simulation.settle()
    half = await walk.available()
    await admin(walk, "POST", "/accounts/ann/refund", json={"payment": paid["id"], "reason": "all of it was"})
    await walk.simulation.settle()

    assert (50, 0) == (half, await walk.available())
    assert "charge.refunded" in [event.type for event in await walk.simulation.webhooks()]
    assert 1000 == (await walk.get("/payments"))["data"][0]["refunded"]


# Fraud


async def test_a_warning_of_the_highest_risk_suspends_the_account_until_an_operator_dismisses_it(walk: Walk) -> None:
    await walk.pay(await walk.checkout("/subscriptions/checkout", tier="basic"), SUSPECT)
    (case,) = (await admin(walk, "GET", "/fraud-warnings"))["data"]
    (incident,) = (await admin(walk, "GET", "/incidents?kind=fraud_warning"))["data"]
    spent = await walk.ask("POST", "/credits/holds", json={"amount": 1, "reason": "a picture"})
    read = await walk.get("/account")
    noted = {"status": "dismissed", "notes": "it was her, she called"}
    reviewed = await admin(walk, "PATCH", f"/fraud-warnings/{case['id']}", json=noted)

    assert ("ann", "highest", "made_with_stolen_card", "open", "suspend", "in_00000001") == tuple(
        case[name] for name in ("account", "risk", "kind", "status", "policy", "payment")
    )
    assert ("ann", "high") == (incident["account"], incident["severity"])
    assert (403, "account_suspended") == (spent.status_code, spent.json()["code"])
    assert [f"warning:{case['id']}"] == read["suspended_for"]
    assert ("dismissed", "it was her, she called", "root@shop.example") == tuple(
        reviewed[name] for name in ("status", "notes", "noted_by")
    )
    assert (False, 100) == ((await walk.get("/account"))["suspended"], await walk.available())


async def test_operators_see_warnings_accounts_and_webhooks_on_their_pages(walk: Walk) -> None:
    await walk.pay(await walk.checkout("/subscriptions/checkout", tier="basic"), SUSPECT)
    token = walk.bearer("root", admin=True)["Authorization"].removeprefix("Bearer ")
    await walk.fill("/signin", {"token": token})
    pages = {path: await walk.client.get(f"/admin{path}") for path in ("", "/fraud-warnings", "/accounts", "/webhooks")}

    assert {200} == {page.status_code for page in pages.values()}
    assert "ann" in text_of(pages["/fraud-warnings"])
    assert "ann@shop.example" in text_of(pages["/accounts"])


# Webhooks


async def test_a_sample_of_every_event_is_taken_in_and_unsigned_none(walk: Walk) -> None:
    answers = set()
    for event_type in HANDLED:
        body, signature = webhook(event_type, secret=walk.settings.webhook_secrets[0])
        signed = {"Stripe-Signature": signature}
        taken = [await walk.client.post(WEBHOOK, content=body, headers=signed) for _ in range(2)]
        forged = await walk.client.post(WEBHOOK, content=body + b" ", headers=signed)
        unsigned = await walk.client.post(WEBHOOK, content=body)
        answers.add(tuple(answer.status_code for answer in (*taken, forged, unsigned)))

    assert {(200, 200, 400, 400)} == answers
    assert ("free", 0) == ((await walk.get("/subscriptions"))["tier"], await walk.available())
