"""The page of plans, the order, and the change of a plan, without a browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import evolve
from litestar import Litestar, asgi
from litestar.testing import AsyncTestClient
from litestar.types import Receive, Scope, Send

import billing_core.adapters.catalog_file as catalogs
from billing_core.entrypoints.http.auth import token
from tests.shops.http import GOOD_CARD, SETTINGS, Shop, app_of, usual_app
from tests.shops.visitor import Visitor, paths_in, text_of

ASKS_THE_BANK = "4000 0025 0000 3155"
DECLINED_LATER = "4000 0000 0000 0341"
BUILTIN = Path(catalogs.__file__).with_name("builtin.toml")
STUDIO = """
[plans.studio]
name = "Studio"
rank = 30
credits_per_month = "unlimited"
features = ["All of it"]
models = ["flux-dev"]
sizes = ["1024x1024"]
qualities = ["standard"]
default_model = "flux-dev"
default_size = "1024x1024"
default_quality = "standard"
contact = "sales@shop.example"
"""


@pytest.fixture
async def ann() -> AsyncIterator[Visitor]:
    """Ann, signed in."""
    async with AsyncTestClient(usual_app()) as client:
        visitor = Visitor(Shop(client))
        await visitor.sign_in("ann")
        yield visitor


@pytest.fixture
async def anyone() -> AsyncIterator[Visitor]:
    """Somebody who is not signed in."""
    async with AsyncTestClient(usual_app()) as client:
        yield Visitor(Shop(client))


async def quoted(visitor: Visitor, query: str) -> dict[str, str]:
    """The form of the quote that stands on the page of a change."""
    page = await visitor.see(f"/subscription/change?{query}")
    assert 200 == page.status_code, text_of(page)
    (quote,) = [part.split('"', 1)[0] for part in page.text.split('name="quote" value="')[1:]]
    named = dict(part.split("=") for part in query.split("&"))
    return {**named, "quote": quote}


async def test_anyone_sees_what_each_plan_costs_and_is_led_to_it(anyone: Visitor) -> None:
    page = await anyone.see("/")
    told = text_of(page)

    assert 200 == page.status_code
    assert "9.99 USD a month 200 credits a month" in told
    assert "29.99 USD a month Unlimited credits" in told
    assert "Your plan" not in told
    assert "/subscribe?tier=basic&interval=month&currency=usd" in paths_in(page, '[^"]*')


async def test_a_year_and_another_currency_are_a_link_away(anyone: Visitor) -> None:
    told = text_of(await anyone.see("/?interval=year&currency=EUR"))
    odd = text_of(await anyone.see("/?interval=century&currency=shells"))

    assert "99.90 EUR a year 8.32 EUR a month, 2 months free" in told
    assert "9.99 USD a month" in odd


async def test_who_is_not_signed_in_comes_to_the_order_by_signing_in(anyone: Visitor) -> None:
    asked = await anyone.see("/subscribe?tier=premium&interval=year&currency=eur")
    assert asked.headers["location"] == "/signin?next=/subscribe?tier=premium&interval=year&currency=eur"

    await anyone.sign_in("ann")
    order = text_of(await anyone.see("/subscribe?tier=premium&interval=year&currency=eur"))
    assert "Subscribe to Premium 299.90 EUR a year" in order
    assert "The first 7 days are free" in order


async def test_subscribing_leads_to_the_checkout_and_back_to_our_own_page(ann: Visitor) -> None:
    left = await ann.send("/subscribe", tier="basic", interval="month", currency="usd")
    assert left.status_code == 303
    session_id = left.headers["location"].rsplit("/", 1)[1]

    waiting = await ann.see(f"/subscription/success?session_id={session_id}")
    await ann.shop.pay(session_id)
    done = await ann.see(f"/subscription/success?session_id={session_id}")

    assert "data-refresh" in waiting.text
    assert "Welcome to Basic 200 credits were added. You have 210 now." in text_of(done)
    assert "data-refresh" not in done.text


async def test_a_promotion_code_that_cannot_be_used_is_told_beside_its_field(ann: Visitor) -> None:
    refused = await ann.send("/subscribe", tier="basic", interval="month", currency="usd", promotion_code="<NONE>")

    assert refused.status_code == 422
    assert 'value="&lt;NONE&gt;" aria-describedby="about-code" aria-invalid="true"' in refused.text
    assert 'id="about-code" role="alert"' in refused.text


async def test_what_is_no_plan_is_said_to_be_none(ann: Visitor) -> None:
    for answer in (
        await ann.see("/subscribe?tier=gold"),
        await ann.send("/subscribe", tier="gold"),
        await ann.send("/subscribe", tier="free"),
        await ann.send("/subscribe", tier="basic", interval="century"),
        await ann.send("/subscribe"),
        await ann.see("/subscription/change?tier=basic&interval=century"),
    ):
        assert (answer.status_code, answer.headers["content-type"][:9]) == (422, "text/html")
    assert "everybody has it" in text_of(await ann.see("/subscribe?tier=free"))


@pytest.mark.failure("F12")
async def test_a_form_that_another_site_sent_is_refused(ann: Visitor) -> None:
    for path in ("/subscribe", "/subscription/change", "/subscription/change/drop", "/account/cancel", "/account/buy"):
        assert (await ann.shop.client.post(path, data={"tier": "basic"})).status_code == 403


async def test_a_subscriber_sees_the_own_plan_and_what_can_be_changed(ann: Visitor) -> None:
    await ann.shop.subscribe("ann")
    monthly = await ann.see("/?currency=eur")
    yearly = await ann.see("/?interval=year")

    assert "Basic Your plan 9.99 USD" in text_of(monthly)
    assert "You pay in USD" in text_of(monthly)
    assert "Cancel, and go back to Free" in text_of(monthly)
    assert "/subscription/change?tier=premium&interval=month" in paths_in(monthly, '[^"]*')
    assert "Pay by the year instead" in text_of(yearly)


async def test_a_second_subscription_is_not_sold(ann: Visitor) -> None:
    await ann.shop.subscribe("ann")
    for answer in (
        await ann.see("/subscribe?tier=premium"),
        await ann.send("/subscribe", tier="premium", currency="usd"),
    ):
        assert answer.status_code == 409
        assert "nothing was bought and nothing was charged" in text_of(answer)
        assert "/subscription/change?tier=premium&interval=month" in paths_in(answer, '[^"]*')


async def test_a_change_is_quoted_and_then_done_exactly_so(ann: Visitor) -> None:
    await ann.shop.subscribe("ann")
    page = text_of(await ann.see("/subscription/change?tier=premium&interval=month"))
    assert "Due today 20.00 USD" in page
    assert "Next payment 29.99 USD" in page
    assert "You need none for pictures any more. The 200 left of this month's go" in page
    assert "Unlimited credits a month instead of 200" in page
    assert "You give up" not in page

    changed = await ann.send("/subscription/change", **await quoted(ann, "tier=premium&interval=month"))
    assert changed.headers["location"] == "/subscription/change/done?tier=premium"
    waiting = await ann.see("/subscription/change/done?tier=premium")
    assert 'data-refresh="1.5"' in waiting.text or "You have Premium now" in text_of(waiting)
    paid = (await ann.shop.get("/payments"))["data"]
    assert [2000, 999] == [payment["amount"] for payment in paid]


async def test_less_comes_at_the_periods_end_and_can_be_dropped(ann: Visitor) -> None:
    await ann.shop.subscribe("ann", interval="year")
    quote = await quoted(ann, "tier=basic&interval=month")
    done = await ann.send("/subscription/change", **quote)
    account = await ann.see(done.headers["location"])
    plans = await ann.see("/?interval=month")
    dropped = await ann.see((await ann.send("/subscription/change/drop")).headers["location"])

    assert "Done. Your plan changes on" in text_of(account)
    assert "Changes to Basic, paid by the month, on" in text_of(account)
    assert "Stay as I am" in text_of(plans)
    assert "Your subscription stays as it is." in text_of(dropped)
    assert "Changes to" not in text_of(dropped)


async def test_an_old_quote_is_shown_anew(ann: Visitor) -> None:
    await ann.shop.subscribe("ann")
    quote = await quoted(ann, "tier=premium&interval=month")
    await ann.shop.client.post("/dev/clock", json={"days": 5})
    again = await ann.send("/subscription/change", **quote)

    assert again.status_code == 409
    assert "The price is another one by now" in text_of(again)
    assert quote["quote"] not in again.text
    assert (await ann.shop.get("/subscriptions"))["tier"] == "basic"
    assert (await ann.send("/subscription/change", tier="premium")).status_code == 422


async def test_a_bank_that_asks_is_told_of_on_a_page_of_its_own(ann: Visitor) -> None:
    await ann.shop.subscribe("ann")
    await ann.shop.client.post("/dev/card", json={"account": "ann", "card": ASKS_THE_BANK})
    asked = await ann.send("/subscription/change", **await quoted(ann, "tier=premium&interval=month"))
    page = await ann.see(asked.headers["location"])
    await ann.send("/signout")
    await ann.sign_in("ben")
    of_another = await ann.see("/subscription/change/confirm")

    assert "Your bank asks you to confirm" in text_of(page)
    assert any("/dev/invoices/" in path for path in paths_in(page, '[^"]*'))
    assert of_another.headers["location"] == "/account"


async def test_a_bank_that_says_no_changes_nothing(ann: Visitor) -> None:
    await ann.shop.subscribe("ann")
    await ann.shop.client.post("/dev/card", json={"account": "ann", "card": DECLINED_LATER})
    refused = await ann.send("/subscription/change", **await quoted(ann, "tier=premium&interval=month"))

    assert refused.status_code == 402
    assert "Nothing was charged and nothing has changed." in text_of(refused)
    assert "Use another card" in text_of(refused)
    assert (await ann.shop.get("/subscriptions"))["tier"] == "basic"


async def test_a_change_to_what_one_has_or_without_a_plan_leads_on(ann: Visitor) -> None:
    led = await ann.see("/subscription/change?tier=basic&interval=year")
    await ann.shop.subscribe("ann")
    same = await ann.see("/subscription/change?tier=basic&interval=month")

    assert led.headers["location"] == "/subscribe?tier=basic&interval=year"
    assert "There is nothing to change" in text_of(await ann.see(same.headers["location"]))


async def test_a_plan_that_people_sell_says_whom_to_ask(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(BUILTIN.read_text() + STUDIO)
    async with AsyncTestClient(app_of(evolve(SETTINGS, catalog=str(catalog)))) as client:
        visitor = Visitor(Shop(client))
        page = await visitor.see("/")
        await visitor.sign_in("ann")
        order = await visitor.see("/subscribe?tier=studio")

    for each in (page, order):
        assert "Let's talk" in text_of(each)
        assert "mailto:sales@shop.example" in paths_in(each, '[^"]*')


async def test_where_payments_are_off_nothing_is_offered() -> None:
    settings = evolve(SETTINGS, payments_enabled=False)
    async with AsyncTestClient(app_of(settings)) as client:
        visitor = Visitor(Shop(client, settings))
        await visitor.sign_in("ann")
        plans, account = await visitor.see("/"), await visitor.see("/account")
        order = await visitor.send("/subscribe", tier="basic")
        payments = await visitor.see("/payments")

    assert "Nothing can be bought at the moment" in text_of(plans)
    assert "<button" not in plans.text.split("</header>")[1]
    assert "Buy" not in text_of(account)
    assert [503, 503] == [order.status_code, payments.status_code]


async def test_beneath_another_app_the_pages_lead_to_themselves() -> None:
    inner = app_of(SETTINGS)

    @asgi("/billing", is_mount=True, copy_scope=True)
    async def mount(scope: Scope, receive: Receive, send: Send) -> None:
        await inner({**scope, "root_path": "/billing"}, receive, send)  # type: ignore[arg-type]

    async with AsyncTestClient(Litestar([mount], openapi_config=None)) as client:
        visitor = Visitor(Shop(client))
        await visitor.see("/billing/signin")
        signed_in = await visitor.send("/billing/signin", token=token(SETTINGS, "ann"), next="/account")
        account, plans = await visitor.see("/billing/account"), await visitor.see("/billing/")
        left = await visitor.send("/billing/subscribe", tier="basic", currency="usd")
        session_id = left.headers["location"].rsplit("/", 1)[1]
        paid = await client.post(f"/billing/dev/checkout/{session_id}/pay", json={"card": GOOD_CARD})

    assert signed_in.headers["location"] == "/billing/account"
    for page in (account, plans):
        assert all(path.startswith(("/billing/", "#")) for path in paths_in(page, '[^"]*')), paths_in(page, '[^"]*')
    assert "/billing/subscription/success?session_id=" in paid.json()["redirect_url"]
