"""What can be tried where the money is simulated: being anyone, moving the clock, and the way of the webhooks."""

import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from litestar.testing import AsyncTestClient

from billing_core.domain.calendar import nth_month
from billing_core.entrypoints.web.dev import days_of
from tests.shops.http import GOOD_CARD, Shop, usual_app
from tests.shops.simulated import START
from tests.shops.visitor import Visitor, text_of

DECLINED_LATER = "4000 0000 0000 0341"


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with AsyncTestClient(usual_app()) as client:
        yield Shop(client)


async def said(shop: Shop, path: str, **form: str) -> str:
    """What the page says to which a form leads."""
    return text_of(await shop.fill(path, form))


async def newest(shop: Shop, kind: str = "") -> str:
    """The id of the newest webhook whose type starts so."""
    page = await shop.client.get("/dev/webhooks")
    found = re.search(rf'href="/dev/webhooks/([^"?]+)">{re.escape(kind)}', page.text)
    assert found is not None, text_of(page)
    return found[1]


# Being anyone


async def test_whoever_one_wants_to_be_is_signed_in(shop: Shop) -> None:
    form = {"account": "zoe", "name": "Zoe", "email": "zoe@example.com", "is_admin": "true", "next": "/gallery"}
    answer = await shop.fill("/dev/signin", form, follow_redirects=False)
    page = await shop.client.get("/dev")

    assert (303, "/gallery") == (answer.status_code, answer.headers["location"])
    assert "You are Zoe" in text_of(page)
    assert 'href="/admin"' in page.text


async def test_who_is_no_operator_sees_no_admin_pages(shop: Shop) -> None:
    await shop.fill("/dev/signin", {"account": "zoe"})

    assert 'href="/admin"' not in (await shop.client.get("/dev")).text


@pytest.mark.parametrize("account", ["", "@nobody"])
async def test_an_account_that_cannot_be_is_told_beside_its_field(shop: Shop, account: str) -> None:
    page = await shop.fill("/dev/signin", {"account": account, "name": "<b>Zoe</b>"})

    assert 422 == page.status_code
    assert 'aria-invalid="true"' in page.text
    assert 'value="&lt;b&gt;Zoe&lt;/b&gt;"' in page.text
    assert "Sign out" not in page.text


@pytest.mark.failure("F7")
async def test_signing_in_leads_to_no_other_site(shop: Shop) -> None:
    form = {"account": "zoe", "next": "//evil.example"}
    answer = await shop.fill("/dev/signin", form, follow_redirects=False)

    assert "/account" == answer.headers["location"]


@pytest.mark.failure("F12")
@pytest.mark.parametrize("path", ["/dev/signin", "/dev/forward", "/dev/webhooks/hold", "/dev/checkout/cs_1/card"])
async def test_a_form_of_another_site_is_refused(shop: Shop, path: str) -> None:
    answer = await shop.client.post(path, data={"account": "zoe", "by": "day"})

    assert 403 == answer.status_code
    assert "Sign out" not in (await shop.client.get("/dev")).text


# The clock


@pytest.mark.parametrize(("span", "end"), [("month", nth_month(START, 1)), ("year", nth_month(START, 12))])
def test_a_month_and_a_year_end_on_their_day(span: str, end: datetime) -> None:
    assert end == START + timedelta(days=days_of(span, START))


def test_a_week_has_seven_days() -> None:
    assert (1, 7) == (days_of("day", START), days_of("week", START))


async def test_a_month_that_passes_renews(shop: Shop) -> None:
    await shop.subscribe()
    before = (await shop.get("/subscriptions"))["current_period_end"]
    text = await said(shop, "/dev/forward", by="month")
    text += await said(shop, "/dev/forward", by="day")

    assert "webhooks came of it" in text
    assert before < (await shop.get("/subscriptions"))["current_period_end"]
    assert "Nothing fell due" in await said(shop, "/dev/forward", by="day")


@pytest.mark.parametrize("by", ["", "century", "-1"])
async def test_the_clock_moves_by_no_other_span(shop: Shop, by: str) -> None:
    assert 422 == (await shop.fill("/dev/forward", {"by": by})).status_code


# Webhooks


async def test_what_is_held_back_is_not_known_until_it_is_sent(shop: Shop) -> None:
    held = await said(shop, "/dev/webhooks/hold")
    await shop.subscribe()
    before = (await shop.get("/subscriptions"))["tier"]
    released = await said(shop, "/dev/webhooks/release", order="any")

    assert "held back from now on" in held
    assert "webhooks were taken" in released
    assert ("free", "basic") == (before, (await shop.get("/subscriptions"))["tier"])


async def test_webhooks_that_come_again_in_any_order_change_no_balance(shop: Shop) -> None:
    await shop.subscribe()
    before = await shop.get("/credits")
    text = await said(shop, "/dev/webhooks/shuffle")
    text += await said(shop, f"/dev/webhooks/{await newest(shop)}/resend")

    assert "sent again, in any order" in text
    assert "It was sent again" in text
    assert before == await shop.get("/credits")


async def test_what_got_lost_is_mended_by_sending_it_again(shop: Shop) -> None:
    await shop.subscribe()
    await shop.client.post("/dev/card", json={"account": "ann", "card": DECLINED_LATER})
    await said(shop, "/dev/webhooks/hold")
    await said(shop, "/dev/forward", by="month")
    await said(shop, "/dev/forward", by="day")
    told = await newest(shop, "customer.subscription.updated")
    lost = await said(shop, f"/dev/webhooks/{told}/drop")
    twice = await said(shop, f"/dev/webhooks/{told}/drop")
    shown = text_of(await shop.client.get(f"/dev/webhooks/{told}"))
    again = await said(shop, f"/dev/webhooks/{told}/resend")
    await said(shop, "/dev/webhooks/release")

    assert "got lost on its way" in lost
    assert "cannot get lost" in twice
    assert "lost" in shown
    assert "waits with the others" in again
    assert "past_due" == (await shop.get("/subscriptions"))["status"]


async def test_a_webhook_shows_what_is_in_it(shop: Shop) -> None:
    await shop.subscribe()
    page = await shop.client.get(f"/dev/webhooks/{await newest(shop, 'invoice.paid')}")
    body = re.search(r"<pre[^>]*>(.*)</pre>", page.text, re.DOTALL)

    assert body is not None
    assert "invoice.paid" == json.loads(body[1].replace("&#34;", '"'))["type"]


async def test_older_webhooks_stand_on_another_page(shop: Shop) -> None:
    for account in ("ann", "bob", "cleo"):
        await shop.subscribe(account)
    first = await shop.client.get("/dev/webhooks")
    second = await shop.client.get("/dev/webhooks?skip=25")

    assert 'href="/dev/webhooks?skip=25"' in first.text
    assert "26 to" in text_of(second)
    assert 422 == (await shop.client.get("/dev/webhooks?skip=-1")).status_code


@pytest.mark.parametrize("way", ["", "/resend", "/drop"])
async def test_a_webhook_that_was_never_sent_is_nowhere(shop: Shop, way: str) -> None:
    path = f"/dev/webhooks/evt_x{way}"
    answer = await (shop.fill(path) if way else shop.client.get(path))

    assert 404 == answer.status_code


# Checkouts, links and invoices


async def test_a_checkout_of_nobody_is_nowhere(shop: Shop) -> None:
    answers = [await shop.client.get(f"/dev/checkout/cs_x{page}") for page in ("", "/bank")]
    answers += [await shop.fill(f"/dev/checkout/cs_x/{form}") for form in ("card", "answer", "code")]
    answers.append(await shop.client.get("/dev/links/plink_x"))

    assert [404] * 6 == [answer.status_code for answer in answers]


async def test_a_checkout_that_was_paid_leads_on(shop: Shop) -> None:
    started = (await shop.ask("POST", "/subscriptions/checkout", json={"tier": "basic"})).json()
    path = started["checkout_url"].removeprefix(shop.settings.base_url)
    no_bank = await shop.client.get(f"{path}/bank", follow_redirects=False)
    await shop.pay(started["session_id"])
    page = await shop.client.get(path)
    again = await shop.fill(f"{path}/card", {"card": GOOD_CARD})

    assert 303 == no_bank.status_code
    assert "This checkout is done" in text_of(page)
    assert f"session_id={started['session_id']}" in page.text
    assert 422 == again.status_code


async def test_a_code_that_cannot_be_used_is_told(shop: Shop) -> None:
    started = (await shop.ask("POST", "/subscriptions/checkout", json={"tier": "basic"})).json()
    path = started["checkout_url"].removeprefix(shop.settings.base_url)
    page = await shop.fill(f"{path}/code", {"code": "<b>"})

    assert (422, False) == (page.status_code, "<b>" in page.text)


async def test_a_payment_link_leads_each_visitor_to_a_checkout(shop: Shop) -> None:
    made = await shop.ask("POST", "/admin/payment-links", "root", admin=True, json={"pack": "pack_1k"})
    path = made.json()["url"].removeprefix(shop.settings.base_url)
    page = await shop.client.get(path)

    assert 200 == page.status_code
    assert "Card number" in text_of(page)


async def test_an_invoice_that_could_not_be_charged_is_paid_with_another_card(shop: Shop) -> None:
    await shop.subscribe()
    await shop.client.post("/dev/card", json={"account": "ann", "card": DECLINED_LATER})
    await shop.client.post("/dev/clock", json={"days": 32})
    before = (await shop.get("/subscriptions"))["status"]
    open_invoice = "/dev/invoices/in_00000002"
    shown = text_of(await shop.client.get(open_invoice))
    same_card = await shop.fill(f"{open_invoice}/answer", {"ok": "true"})
    no_card = await shop.fill(f"{open_invoice}/card", {"card": "1"})
    paid = await shop.fill(f"{open_invoice}/card", {"card": GOOD_CARD})

    assert "ends in 0341" in shown
    assert [422, 422] == [same_card.status_code, no_card.status_code]
    assert "went through" in text_of(paid)
    assert ("past_due", "active") == (before, (await shop.get("/subscriptions"))["status"])


# Progress


async def test_progress_is_shown_to_its_owner_by_the_cookie_alone(shop: Shop) -> None:
    made = await shop.generate()
    path = f"/api/v1/generations/{made['id']}/events?last_event_id=end"
    nobody = await shop.client.get(path)
    await Visitor(shop).sign_in("bob")
    another = await shop.client.get(path)
    await Visitor(shop).sign_in("ann")
    owner = await shop.client.get(path)

    assert [401, 404, 204] == [answer.status_code for answer in (nobody, another, owner)]
