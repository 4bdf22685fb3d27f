"""The account's page, its credits explained, its payments, and coming back from a checkout, without a browser."""

from collections.abc import AsyncIterator

import pytest
from attrs import evolve
from litestar.testing import AsyncTestClient

from tests.shops.http import SETTINGS, Shop, app_of
from tests.shops.visitor import Visitor, paths_in, text_of

FAILS_AT_THE_RENEWAL = "4000 0000 0000 0341"
BANK_ACCOUNT = "000123456789"
A_MONTH = {"days": 31}
MINUS = "\N{MINUS SIGN}"


@pytest.fixture
async def ann() -> AsyncIterator[Visitor]:
    """Ann, signed in, at a shop that says where support and terms are."""
    settings = evolve(SETTINGS, support_email="help@shop.example", terms_url="https://shop.example/terms")
    async with AsyncTestClient(app_of(settings)) as client:
        visitor = Visitor(Shop(client, settings))
        await visitor.sign_in("ann")
        yield visitor


async def account_of(visitor: Visitor) -> str:
    page = await visitor.see("/account")
    assert 200 == page.status_code, text_of(page)
    return text_of(page)


async def bought(visitor: Visitor, pack: str = "pack_1k") -> str:
    """A pack, paid for from the account's page; the session's id."""
    left = await visitor.send("/account/buy", pack=pack, currency="usd")
    session_id: str = left.headers["location"].rsplit("/", 1)[1]
    await visitor.shop.pay(session_id)
    return session_id


async def held(visitor: Visitor, amount: int, reason: str = "a film") -> str:
    answer = await visitor.shop.ask("POST", "/credits/holds", json={"amount": amount, "reason": reason})
    hold_id: str = answer.json()["id"]
    return hold_id


async def test_a_new_account_is_free_and_told_where_to_begin(ann: Visitor) -> None:
    told = await account_of(ann)

    assert "Free You pay nothing. See the plans" in told
    assert "10 to spend 0 used this month (0 %)" in told
    assert "Make your first picture" in told
    assert "Pictures made 0" in told
    assert "Cards and invoices" not in told
    assert "Support Terms" in told


async def test_the_page_tells_the_plan_the_credits_and_what_became_of_them(ann: Visitor) -> None:
    await ann.shop.subscribe("ann")
    await ann.shop.generate(model="flux-dev", n=2)
    await bought(ann)
    await held(ann, 7)
    page = await ann.see("/account")
    told = text_of(page)

    assert "Basic · Active" in told
    assert "9.99 USD a month" in told
    assert "1,199 to spend 4 used this month (2 %)" in told
    assert "200 new credits on" in told
    assert "Set aside 7 credits, for work under way" in told
    assert "Credits spent, last 30 days 4 in all" in told
    assert f"For a film {MINUS}7 1,199 Why?" in told
    assert "Pack: 1,000 credits +1,000 1,206 Why?" in told
    assert f"2 pictures with Flux Dev {MINUS}4" in told
    assert "The month's credits: Basic 189 200" in told
    assert "Pictures made 2" in told
    assert "gen_" not in told
    assert page.text.count('class="bar"') == 30


async def test_what_is_owed_stands_on_a_line_of_its_own(ann: Visitor) -> None:
    await bought(ann)
    hold_id = await held(ann, 1_005)
    await ann.shop.ask("POST", f"/credits/holds/{hold_id}/capture", json={})
    (paid,) = (await ann.shop.get("/payments"))["data"]
    refund = {"payment": paid["id"], "reason": "requested_by_customer"}
    answer = await ann.shop.ask("POST", "/admin/accounts/ann/refund", "root", admin=True, json=refund)
    assert answer.status_code < 300, answer.text
    await ann.shop.client.post("/dev/clock", json={"days": 1})

    assert "Owed" in await account_of(ann)
    assert "came to be owed" in text_of(await ann.see("/account/why"))
    assert "Paid back" in text_of(await ann.see("/payments"))


async def test_a_payment_that_is_due_says_what_to_do(ann: Visitor) -> None:
    await ann.shop.subscribe("ann")
    await ann.shop.client.post("/dev/card", json={"account": "ann", "card": FAILS_AT_THE_RENEWAL})
    await ann.shop.client.post("/dev/clock", json=A_MONTH)
    told = await account_of(ann)

    assert "Basic · Payment due" in told
    assert "Your last payment did not go through." in told
    assert "when Basic would stop" in told


async def test_a_trial_says_until_when_and_what_comes_then(ann: Visitor) -> None:
    await ann.shop.subscribe("ann", tier="premium")
    told = await account_of(ann)

    assert "Premium · Trial" in told
    assert "7 days to go; then 29.99 USD a month." in told
    assert "Unlimited Pictures take no credits on your plan." in told


async def test_a_trial_that_changes_plans_at_its_end_says_what_the_next_plan_costs(ann: Visitor) -> None:
    await ann.shop.subscribe("ann", tier="premium")
    await ann.shop.ask("POST", "/subscriptions/change", json={"tier": "basic", "when": "period_end"})
    told = await account_of(ann)

    assert "7 days to go; then 9.99 USD a month." in told
    assert "Changes to Basic, paid by the month" in told


async def test_a_suspended_account_is_told_so_and_whom_to_write_to(ann: Visitor) -> None:
    await ann.shop.grant("ann", 1)
    reason = {"reason": "warning:secret", "code": "fraudulent"}
    answer = await ann.shop.ask("POST", "/admin/accounts/ann/suspend", "root", admin=True, json=reason)
    assert answer.status_code < 300, answer.text
    page = await ann.see("/account")

    assert "Your account is suspended" in text_of(page)
    assert "mailto:help@shop.example" in paths_in(page, '[^"]*')
    assert "secret" not in page.text
    assert (await ann.send("/account/buy", pack="pack_1k", currency="usd")).status_code == 403


async def test_a_suspended_account_that_would_buy_is_told_that_it_cannot_and_no_reason_of_ours(ann: Visitor) -> None:
    await ann.shop.grant("ann", 1)
    reason = {"reason": "warning:secret", "code": "fraudulent"}
    await ann.shop.ask("POST", "/admin/accounts/ann/suspend", "root", admin=True, json=reason)

    refused = await ann.send("/account/buy", pack="pack_1k", currency="usd")

    assert 403 == refused.status_code
    assert "neither make pictures nor buy" in text_of(refused)
    assert "operator" not in text_of(refused)


async def test_a_subscription_is_canceled_and_taken_up_again(ann: Visitor) -> None:
    await ann.shop.subscribe("ann")
    asked = text_of(await ann.see("/account/cancel"))
    canceled = await ann.see((await ann.send("/account/cancel", when="period_end")).headers["location"])
    plans = text_of(await ann.see("/"))
    resumed = await ann.see((await ann.send("/account/resume")).headers["location"])

    assert "After that you are on Free, with 10 credits a month." in asked
    assert "Canceled. You keep your plan until it is over." in text_of(canceled)
    assert "Ends on" in text_of(canceled)
    assert "Keep Basic" in plans
    assert "You come back to it on" in plans
    assert "your subscription goes on" in text_of(resumed)
    assert "Renews on" in text_of(resumed)


async def test_a_subscription_is_ended_at_once_where_that_is_wished(ann: Visitor) -> None:
    await ann.shop.subscribe("ann")
    ended = await ann.see((await ann.send("/account/cancel", when="now")).headers["location"])

    assert "Your subscription has ended." in text_of(ended)
    assert "Free · Ended" in text_of(ended)
    assert (await ann.see("/account/cancel")).status_code == 404
    assert (await ann.send("/account/cancel", when="never")).status_code == 422


async def test_cards_and_invoices_are_at_the_portal(ann: Visitor) -> None:
    nobody_yet = await ann.send("/account/manage")
    await ann.shop.subscribe("ann")
    led = await ann.send("/account/manage")

    assert nobody_yet.status_code == 404
    assert (led.status_code, "/dev/portal/" in led.headers["location"]) == (303, True)


async def test_older_movements_are_a_page_away(ann: Visitor) -> None:
    for _ in range(30):
        await ann.shop.grant("ann", 1)
    newest = await ann.see("/account/credits")
    (older,) = paths_in(newest, r"/account/credits\?cursor=[^\"]*")
    rest = await ann.see(older)

    assert text_of(newest).count("From us: a present +1") == 25
    assert text_of(rest).count("From us: a present +1") == 5
    assert "The month's credits: Free +10 10" in text_of(rest)
    assert "Everything that happened" in await account_of(ann)


async def test_each_why_is_answered_without_an_id(ann: Visitor) -> None:
    await ann.shop.subscribe("ann")
    await ann.shop.generate(prompt="a fox in the snow")
    await held(ann, 3)
    balance = await ann.see("/account/why")
    answers = [await ann.see(path) for path in paths_in(balance, r"/account/why\?[^\"]*")]
    told = [text_of(answer) for answer in answers]
    deeper = {path for answer in answers for path in paths_in(answer, r"/account/why\?work[^\"]*")}
    works = [text_of(await ann.see(path)) for path in deeper]

    assert (
        f"Given to you in all 210 Of these, set aside {MINUS}3 Of these, spent {MINUS}1 Left to spend 206"
        in text_of(balance)
    )
    assert any("200 credits were given to you on" in each and "9.99 USD" in each for each in told)
    assert any("The work is still under way." in each for each in told)
    assert any("a fox in the snow" in each and "1 credit was spent" in each for each in works)
    assert any("1 Spent For what?" in each for each in told)
    for each in (*told, *works):
        assert "1 Set aside" not in each
        assert "slot:" not in each
        assert "gen_" not in each
        assert "in_0" not in each


async def test_what_is_anothers_is_not_there(ann: Visitor) -> None:
    await ann.shop.subscribe("ben")
    await ann.shop.generate("ben")
    session_id = (await ann.shop.ask("POST", "/credits/checkout", "ben", json={"pack": "pack_1k"})).json()["session_id"]
    moved = (await ann.shop.get("/credits/transactions", "ben"))["data"]
    (work,) = {each["reference"] for each in moved if each["type"] == "hold"}
    (grant,) = [g["id"] for g in (await ann.shop.get("/credits", "ben"))["grants"] if g["id"].startswith("slot:")]

    for path in (
        f"/account/why?work={work}",
        f"/account/why?grant={grant}",
        f"/subscription/success?session_id={session_id}",
    ):
        assert (await ann.see(path)).status_code == 404
    assert "You have paid nothing yet." in text_of(await ann.see("/payments"))
    assert "Basic" not in await account_of(ann)


async def test_payments_come_with_their_receipts(ann: Visitor) -> None:
    await ann.shop.subscribe("ann")
    await bought(ann)
    page = await ann.see("/payments")

    assert "Pack: 1,000 credits 5.00 USD Paid Receipt" in text_of(page)
    assert "Basic 9.99 USD Paid Receipt Invoice" in text_of(page)
    assert len(paths_in(page, r"[^\"]*/dev/receipts/[^\"]*")) == 2


async def test_a_checkout_is_told_of_at_every_step(ann: Visitor) -> None:
    left = await ann.send("/account/buy", pack="pack_1k", currency="usd")
    session_id = left.headers["location"].rsplit("/", 1)[1]
    path = f"/subscription/success?session_id={session_id}"
    unpaid = text_of(await ann.see(path))
    await ann.shop.client.post(f"/dev/checkout/{session_id}/pay", json={"card": BANK_ACCOUNT})
    on_its_way = text_of(await ann.see(path))
    await ann.shop.client.post("/dev/clock", json={"days": 5})
    done = text_of(await ann.see(path))

    assert "We have not heard of your payment yet." in unpaid
    assert "Your payment is on its way" in on_its_way
    assert "1,000 credits are yours 1,000 credits were added. You have 1,010 now. They never expire." in done


async def test_a_checkout_that_came_to_nothing_leads_back(ann: Visitor) -> None:
    left = await ann.send("/subscribe", tier="basic", currency="usd")
    session_id = left.headers["location"].rsplit("/", 1)[1]
    await ann.shop.client.post("/dev/clock", json={"days": 3})
    closed = await ann.see(f"/subscription/success?session_id={session_id}")

    assert "The checkout has closed" in text_of(closed)
    assert "Nothing was bought" in text_of(await ann.see("/subscription/cancel"))


async def test_who_is_not_signed_in_learns_nothing_of_a_checkout(ann: Visitor) -> None:
    left = await ann.send("/account/buy", pack="pack_1k", currency="usd")
    session_id = left.headers["location"].rsplit("/", 1)[1]
    await ann.send("/signout")
    page = await ann.see(f"/subscription/success?session_id={session_id}")

    assert "Thank you" in text_of(page)
    assert "1,000" not in page.text
    assert f"/signin?next=/subscription/success?session_id={session_id}" in page.text.replace("%3F", "?").replace(
        "%3D", "="
    )
    for path in ("/account", "/account/credits", "/account/why", "/account/cancel", "/payments"):
        assert (await ann.see(path)).headers["location"] == f"/signin?next={path}"
