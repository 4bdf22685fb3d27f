"""The simulated portal and the bank's question for an invoice, in a browser's eyes and over the API."""

import re

import pytest

from tests.shops.http import GOOD_CARD, Shop

ASKS_THE_BANK = "4000002500003155"
DECLINED = "4000 0000 0000 9995"
BACK = "https://shop.example/account?a=1&b=2"


async def portal(shop: Shop, account: str = "ann") -> str:
    opened = await shop.ask("POST", "/subscriptions/portal", account, json={"return_url": BACK})
    assert opened.status_code == 201, opened.text
    return str(opened.json()["portal_url"]).removeprefix(shop.settings.base_url)


async def waiting_change(shop: Shop) -> str:
    """The path of the invoice that a change to premium waits for."""
    await shop.subscribe()
    await shop.fill(f"{await portal(shop)}/card", {"card": ASKS_THE_BANK})
    asked = await shop.ask("POST", "/subscriptions/change", json={"tier": "premium", "when": "now"})
    assert (asked.status_code, asked.json()["status"]) == (202, "pending_authentication")
    return str(asked.json()["hosted_invoice_url"]).removeprefix(shop.settings.base_url)


async def test_the_portal_shows_the_subscription(shop: Shop) -> None:
    await shop.subscribe()
    path = await portal(shop)
    page = await shop.client.get(path)

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<dd>Basic</dd>" in page.text
    assert "<dd>active</dd>" in page.text
    assert (await shop.get("/subscriptions"))["current_period_end"][:10] in page.text
    assert f'action="{path}/cancel"' in page.text
    assert f'action="{path}/card"' in page.text
    assert f"{path}/resume" not in page.text
    assert 'href="https://shop.example/account?a=1&amp;b=2"' in page.text


async def test_the_portal_cancels_and_resumes(shop: Shop) -> None:
    await shop.subscribe()
    path = await portal(shop)

    canceled = await shop.fill(f"{path}/cancel")
    after_cancel = await shop.get("/subscriptions")
    resumed = await shop.fill(f"{path}/resume")
    after_resume = await shop.get("/subscriptions")

    assert (canceled.status_code, after_cancel["cancel_at_period_end"]) == (200, True)
    assert "ends with its period" in canceled.text
    assert f'action="{path}/resume"' in canceled.text
    assert f"{path}/cancel" not in canceled.text
    assert (resumed.status_code, after_resume["cancel_at_period_end"]) == (200, False)
    assert "goes on" in resumed.text
    assert f'action="{path}/cancel"' in resumed.text


async def test_the_portal_takes_another_card(shop: Shop) -> None:
    await shop.subscribe()
    path = await portal(shop)
    taken = await shop.fill(f"{path}/card", {"card": "4000 0000 0000 0341"})
    declined = await shop.ask("POST", "/subscriptions/change", json={"tier": "premium", "when": "now"})
    again = await shop.fill(f"{path}/card", {"card": GOOD_CARD})
    changed = await shop.ask("POST", "/subscriptions/change", json={"tier": "premium", "when": "now"})

    assert [(page.status_code, "Your card was replaced" in page.text) for page in (taken, again)] == [(200, True)] * 2
    assert (declined.status_code, changed.status_code) == (402, 200)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"card": DECLINED}, "declined: insufficient funds"),
        ({"card": "<b>1</b>"}, "Not one of the test cards"),
        ({}, "Not one of the test cards"),
    ],
)
async def test_the_portal_tells_why_a_card_is_not_taken(shop: Shop, form: dict[str, str], said: str) -> None:
    await shop.subscribe()
    page = await shop.fill(f"{await portal(shop)}/card", form)

    assert page.status_code == 422
    assert said in page.text
    assert "<b>" not in page.text


async def test_the_portal_of_one_who_has_no_subscription_any_more(shop: Shop) -> None:
    await shop.subscribe()
    path = await portal(shop)
    await shop.ask("DELETE", "/subscriptions?at_period_end=false")
    page = await shop.client.get(path)
    refused = [await shop.fill(f"{path}/{verb}") for verb in ("cancel", "resume")]

    assert page.status_code == 200
    assert "<dd>canceled</dd>" in page.text
    assert f"{path}/cancel" not in page.text
    assert f"{path}/resume" not in page.text
    assert [(answer.status_code, 'role="alert"' in answer.text) for answer in refused] == [(422, True)] * 2


async def test_the_portal_offers_other_plans_and_moves_to_them(shop: Shop) -> None:
    await shop.subscribe()
    path = await portal(shop)
    page = await shop.client.get(path)
    dearer = re.findall(r'<option value="(price_premium[^"]*)"', page.text)[0]
    moved = await shop.fill(f"{path}/switch", {"price": dearer})
    nowhere = await shop.fill(f"{path}/switch", {"price": "<b>"})

    assert (200, "Your plan changes" in moved.text) == (moved.status_code, True)
    assert "premium" == (await shop.get("/subscriptions"))["tier"]
    assert (422, False) == (nowhere.status_code, "<b>" in nowhere.text)


async def test_the_portal_sends_to_a_bank_that_asks_before_the_plan_changes(shop: Shop) -> None:
    await shop.subscribe()
    path = await portal(shop)
    await shop.fill(f"{path}/card", {"card": ASKS_THE_BANK})
    dearer = re.findall(r'<option value="(price_premium[^"]*)"', (await shop.client.get(path)).text)[0]
    asked = await shop.fill(f"{path}/switch", {"price": dearer}, follow_redirects=False)
    bank = asked.headers["location"].removeprefix(shop.settings.base_url)
    await shop.fill(f"{bank}/answer", {"ok": "true"})

    assert 303 == asked.status_code
    assert "premium" == (await shop.get("/subscriptions"))["tier"]


async def test_a_token_opens_its_own_account_only(shop: Shop) -> None:
    await shop.subscribe("ann")
    await shop.subscribe("bob")
    await shop.fill(f"{await portal(shop, 'bob')}/cancel")

    assert (await shop.get("/subscriptions", "ann"))["cancel_at_period_end"] is False
    assert (await shop.get("/subscriptions", "bob"))["cancel_at_period_end"] is True


async def test_a_token_of_nobody_is_not_found(shop: Shop) -> None:
    path = "/dev/portal/%3Cb%3E"
    pages = [await shop.client.get(path)]
    pages += [await shop.fill(f"{path}/{verb}", {"card": GOOD_CARD}) for verb in ("cancel", "resume", "card")]

    assert {(404, "text/html; charset=utf-8")} == {(page.status_code, page.headers["content-type"]) for page in pages}
    assert not any("<b>" in page.text for page in pages)


async def test_a_token_that_is_too_old_is_not_found(shop: Shop) -> None:
    await shop.subscribe()
    path = await portal(shop)
    await shop.client.post("/dev/clock", json={"days": 1})
    page, canceled = await shop.client.get(path), await shop.fill(f"{path}/cancel")

    assert [page.status_code, canceled.status_code] == [404, 404]
    assert (await shop.get("/subscriptions"))["cancel_at_period_end"] is False


async def test_a_change_waits_for_the_bank_over_the_api(shop: Shop) -> None:
    path = await waiting_change(shop)
    before = await shop.get("/subscriptions")
    answer = await shop.client.post(f"{path}/authenticate", json={"ok": True})
    after = await shop.get("/subscriptions")
    again = await shop.client.post(f"{path}/authenticate", json={"ok": True})

    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert (before["tier"], after["tier"]) == ("basic", "premium")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")


async def test_a_change_waits_for_the_bank_on_its_page(shop: Shop) -> None:
    path = await waiting_change(shop)
    question = await shop.client.get(path)
    refused = await shop.fill(f"{path}/answer", {"ok": "false"})
    tier = (await shop.get("/subscriptions"))["tier"]
    confirmed = await shop.fill(f"{path}/answer", {"ok": "true"})
    late = await shop.fill(f"{path}/answer", {"ok": "true"})
    done = await shop.client.get(path)

    assert question.status_code == 200
    assert f'action="{path}/answer"' in question.text
    assert ("declined" in refused.text, tier) == (True, "basic")
    assert ("went through" in confirmed.text, (await shop.get("/subscriptions"))["tier"]) == (True, "premium")
    assert late.status_code == 422
    assert "went through" in done.text


async def test_an_invoice_of_nobody_is_not_found(shop: Shop) -> None:
    pages = [await shop.client.get("/dev/invoices/in_1x"), await shop.fill("/dev/invoices/in_1x/answer")]
    answer = await shop.client.post("/dev/invoices/in_1x/authenticate", json={"ok": True})

    assert {(404, "text/html; charset=utf-8")} == {(page.status_code, page.headers["content-type"]) for page in pages}
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_at_gateway")


# Receipts


async def test_a_payment_leads_to_its_receipt(shop: Shop) -> None:
    await shop.subscribe()
    (paid,) = (await shop.get("/payments"))["data"]
    path = str(paid["receipt_url"]).removeprefix(shop.settings.base_url)
    page = await shop.client.get(path)

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "4242" in page.text
    assert "USD" in page.text
    assert "Refunded" not in page.text


@pytest.mark.parametrize("charge", ["ch_none", "%3Cb%3E", "in_00000001"])
async def test_a_receipt_of_nothing_is_nowhere(shop: Shop, charge: str) -> None:
    page = await shop.client.get(f"/dev/receipts/{charge}")

    assert (page.status_code, "<b>" in page.text) == (404, False)
