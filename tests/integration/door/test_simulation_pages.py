"""The simulated checkout in a browser's eyes, the clock, the small pages, and the API's description."""

import json
import re

import pytest

from tests.shops.http import Shop

ASKS_THE_BANK = "4000 0025 0000 3155"
DECLINED = "4000 0000 0000 9995"


async def checkout(shop: Shop) -> tuple[str, str]:
    started = (await shop.ask("POST", "/subscriptions/checkout", json={"tier": "basic"})).json()
    return started["session_id"], started["checkout_url"].removeprefix(shop.settings.base_url)


async def test_a_checkout_page_pays(shop: Shop) -> None:
    session_id, path = await checkout(shop)
    page = await shop.client.get(path)
    paid = await shop.fill(f"{path}/card", {"card": "4242 4242 4242 4242"}, follow_redirects=False)

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f'action="{path}/card"' in page.text
    assert paid.status_code == 303
    assert paid.headers["location"].endswith(f"/subscription/success?session_id={session_id}")
    assert (await shop.get("/subscriptions"))["status"] == "active"


async def test_a_declined_card_is_told_on_the_page(shop: Shop) -> None:
    _, path = await checkout(shop)
    page = await shop.fill(f"{path}/card", {"card": DECLINED})
    wrong = await shop.fill(f"{path}/card", {"card": "<b>1</b>"})
    nothing = await shop.fill(f"{path}/card")

    assert page.status_code == 422
    assert "declined" in page.text
    assert [wrong.status_code, nothing.status_code] == [422, 422]
    assert "<b>" not in wrong.text


async def test_a_bank_asks_on_its_page(shop: Shop) -> None:
    _, path = await checkout(shop)
    asked = await shop.fill(f"{path}/card", {"card": ASKS_THE_BANK}, follow_redirects=False)
    page = await shop.client.get(f"{path}/bank")
    paid = await shop.fill(f"{path}/answer", {"ok": "true"}, follow_redirects=False)

    assert (asked.status_code, asked.headers["location"].endswith(f"{path}/bank")) == (303, True)
    assert f'action="{path}/answer"' in page.text
    assert (paid.status_code, (await shop.get("/subscriptions"))["status"]) == (303, "active")


async def test_a_bank_asks_over_the_api(shop: Shop) -> None:
    session_id, _ = await checkout(shop)
    asked = await shop.pay(session_id, ASKS_THE_BANK)
    refused = await shop.client.post(f"/dev/checkout/{session_id}/authenticate", json={"ok": False})
    await shop.pay(session_id, ASKS_THE_BANK)
    confirmed = await shop.client.post(f"/dev/checkout/{session_id}/authenticate", json={"ok": True})

    assert {"status", "redirect_url", "decline_code"} == set(asked)
    assert asked["status"] == "requires_authentication"
    assert (refused.json()["status"], confirmed.json()["status"]) == ("declined", "succeeded")


async def test_an_unknown_session_is_refused(shop: Shop) -> None:
    answer = await shop.client.post("/dev/checkout/cs_none/pay", json={"card": DECLINED})
    card = await shop.client.post("/dev/card", json={"account": "nobody", "card": DECLINED})

    assert 400 <= answer.status_code < 500
    assert (card.status_code, card.json()["code"]) == (404, "no_customer")


async def test_the_clock_moves_and_a_month_is_renewed(shop: Shop) -> None:
    await shop.subscribe()
    before = (await shop.get("/subscriptions"))["current_period_end"]
    moved = await shop.client.post("/dev/clock", json={"days": 32})
    after = (await shop.get("/subscriptions"))["current_period_end"]

    assert {"now"} == set(moved.json())
    assert before < moved.json()["now"] < after


@pytest.mark.parametrize("days", [0, 3_661, -1])
async def test_the_clock_moves_neither_back_nor_for_ever(shop: Shop, days: int) -> None:
    assert (await shop.client.post("/dev/clock", json={"days": days})).status_code == 422


async def test_the_small_pages(shop: Shop) -> None:
    for path in ("/", "/subscription/success?session_id=cs_1", "/subscription/cancel", "/schema"):
        page = await shop.client.get(path)

        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert not re.search(r"https?://(?!127\.0\.0\.1)", page.text)


async def test_it_is_alive_and_ready(shop: Shop) -> None:
    for path in ("/health", "/ready"):
        assert (await shop.client.get(path)).json() == {"status": "ok"}


async def test_the_api_describes_itself(shop: Shop) -> None:
    description = (await shop.client.get("/schema/openapi.json")).json()
    paths = description["paths"]
    checkout = paths["/api/v1/subscriptions/checkout"]["post"]
    body = checkout["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    answer = checkout["responses"]["201"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    operations = [operation for item in paths.values() for operation in item.values()]

    assert description["openapi"].startswith("3.")
    assert {"tier", "success_url", "cancel_url", "interval", "currency", "promotion_code"} == set(
        description["components"]["schemas"][body]["properties"]
    )
    assert sorted(description["components"]["schemas"][answer]["properties"]) == ["checkout_url", "session_id", "url"]
    assert "application/problem+json" in checkout["responses"]["409"]["content"]
    assert all(operation.get("description") for operation in operations)
    assert "viewing" not in json.dumps([operation.get("parameters") for operation in operations])
