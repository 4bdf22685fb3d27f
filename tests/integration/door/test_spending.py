"""Credits over HTTP: grants, movements, packs and holds."""

import pytest

from tests.shops.http import Shop


async def test_credits_come_with_their_grants(shop: Shop) -> None:
    await shop.grant("ann", 5)
    credits = await shop.get("/credits")

    assert {"available", "held", "debt", "is_unlimited", "grants"} == set(credits)
    assert (credits["available"], credits["held"], credits["debt"], credits["is_unlimited"]) == (15, 0, 0, False)
    assert {"id", "source", "amount", "remaining", "granted_at", "expires_at"} == set(credits["grants"][0])
    assert [grant["source"] for grant in credits["grants"]] == ["period", "adjustment"]


async def test_the_movements_add_up_page_by_page(shop: Shop) -> None:
    await shop.grant("ann", 5)
    hold = (await shop.ask("POST", "/credits/holds", json={"amount": 4, "reason": "upscale"})).json()
    await shop.ask("POST", f"/credits/holds/{hold['id']}/capture", json={"amount": 3})

    movements, cursor = [], ""
    while cursor is not None:
        page = await shop.get(f"/credits/transactions?limit=1&cursor={cursor}")
        movements += page["data"]
        cursor = page["next_cursor"]

    assert [movement["type"] for movement in movements] == ["capture", "hold", "adjust", "grant"]
    assert movements[0]["balance_after"] == sum(movement["amount"] for movement in movements) == 12
    assert movements[0]["captured"] == 3
    assert {"id", "at", "type", "amount", "balance_after", "description", "reference"} == set(movements[1])


async def test_a_hold_is_captured_in_part(shop: Shop) -> None:
    placed = await shop.ask("POST", "/credits/holds", json={"amount": 4, "reason": "upscale", "ttl_seconds": 60})
    hold = placed.json()
    held = await shop.get("/credits")
    captured = await shop.ask("POST", f"/credits/holds/{hold['id']}/capture", json={"amount": 1})
    again = await shop.ask("POST", f"/credits/holds/{hold['id']}/capture")

    assert (placed.status_code, hold["amount"], hold["status"]) == (201, 4, "held")
    assert {"id", "amount", "expires_at", "status"} == set(hold)
    assert (held["available"], held["held"]) == (6, 4)
    assert (200, {"id": hold["id"], "amount": 1, "status": "captured"}) == (captured.status_code, captured.json())
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert ((await shop.get("/credits"))["available"], (await shop.get("/credits"))["held"]) == (9, 0)


async def test_a_hold_is_captured_whole_or_released(shop: Shop) -> None:
    ids = [
        (await shop.ask("POST", "/credits/holds", json={"amount": 2, "reason": "upscale"})).json()["id"]
        for _ in range(2)
    ]
    captured = await shop.ask("POST", f"/credits/holds/{ids[0]}/capture")
    released = await shop.ask("POST", f"/credits/holds/{ids[1]}/release")

    assert (captured.json()["amount"], captured.json()["status"]) == (2, "captured")
    assert (released.json()["amount"], released.json()["status"]) == (0, "released")


async def test_too_few_credits_say_what_to_do(shop: Shop) -> None:
    answer = await shop.ask("POST", "/credits/holds", json={"amount": 11, "reason": "upscale"})
    problem = answer.json()

    assert (
        answer.status_code,
        problem["code"],
        problem["required"],
        problem["available"],
    ) == (402, "insufficient_credits", 11, 10)
    assert {"upgrade", "buy_pack", "wait"} == {option["action"] for option in problem["options"]}
    assert {"action": "upgrade", "tier": "basic"} in problem["options"]
    assert all(option["available_at"].endswith("Z") for option in problem["options"] if option["action"] == "wait")


@pytest.mark.failure("F21")
async def test_a_capture_takes_no_more_than_was_held(shop: Shop) -> None:
    hold = (await shop.ask("POST", "/credits/holds", json={"amount": 2, "reason": "upscale"})).json()
    answer = await shop.ask("POST", f"/credits/holds/{hold['id']}/capture", json={"amount": 3})

    assert (
        answer.status_code,
        answer.json()["code"],
        answer.json()["held"],
        answer.json()["asked"],
    ) == (422, "capture_exceeds_hold", 2, 3)


@pytest.mark.failure("E10")
async def test_a_hold_lapses(shop: Shop) -> None:
    hold = (await shop.ask("POST", "/credits/holds", json={"amount": 2, "reason": "upscale"})).json()
    await shop.client.post("/dev/clock", json={"days": 1})
    answer = await shop.ask("POST", f"/credits/holds/{hold['id']}/capture")

    assert (answer.status_code, answer.json()["code"]) == (409, "hold_lapsed")


async def test_an_unknown_hold_is_not_found(shop: Shop) -> None:
    answer = await shop.ask("POST", "/credits/holds/hold_none/release")

    assert (answer.status_code, answer.json()["code"]) == (404, "hold_not_found")


async def test_a_pack_is_bought(shop: Shop) -> None:
    packs = (await shop.get("/credits/packs", None))["packs"]
    started = await shop.ask("POST", "/credits/checkout", json={"pack": packs[0]["pack"]})
    await shop.pay(started.json()["session_id"])

    assert {"pack", "name", "credits", "lasts_days", "prices"} == set(packs[0])
    assert started.status_code == 201
    assert {"checkout_url", "session_id"} <= set(started.json())
    assert await shop.get(f"/checkouts/{started.json()['session_id']}") == {
        "status": "complete",
        "kind": "pack",
        "pack": packs[0]["pack"],
        "credits_granted": packs[0]["credits"],
    }
    assert (await shop.get("/credits"))["available"] == 10 + packs[0]["credits"]


async def test_an_unknown_pack_is_refused(shop: Shop) -> None:
    answer = await shop.ask("POST", "/credits/checkout", json={"pack": "pack_of_wolves"})

    assert (
        answer.status_code,
        answer.json()["code"],
        answer.json()["pack"],
    ) == (422, "unknown_pack", "pack_of_wolves")


async def test_only_admins_give_credits(shop: Shop) -> None:
    path, body = "/admin/accounts/ann/credits", {"amount": 5, "reason": "a present"}
    customer = await shop.ask("POST", path, "ann", json=body)
    nobody = await shop.ask("POST", path, None, json=body)
    given = await shop.ask("POST", path, "root", admin=True, json={**body, "expires_at": "2999-01-01T00:00:00Z"})
    taken = await shop.ask("POST", path, "root", admin=True, json={"amount": -100, "reason": "a mistake"})

    assert (customer.status_code, customer.json()["code"]) == (403, "forbidden")
    assert nobody.status_code == 401
    assert (given.status_code, *(given.json()[name] for name in ("amount", "available", "debt"))) == (201, 5, 15, 0)
    assert (taken.json()["amount"], taken.json()["available"]) == (-15, 0)


@pytest.mark.failure("F3")
async def test_an_account_id_may_hold_a_slash_and_a_percent_sign(shop: Shop) -> None:
    answer = await shop.ask(
        "POST",
        "/admin/accounts/auth0%7Ca%2Fb%2525%20%C3%A9/credits",
        "root",
        admin=True,
        json={"amount": 5, "reason": "a present"},
    )

    assert answer.status_code == 201
    assert (await shop.get("/credits", "auth0|a/b%25 é"))["available"] == 15


async def test_an_account_tells_who_it_is(shop: Shop) -> None:
    account = await shop.get("/account")

    assert {"id", "email", "name", "created_at", "images_total", "suspended", "suspended_for"} == set(account)
    assert (account["id"], account["suspended"], account["suspended_for"]) == ("ann", False, [])


async def test_entitlements_have_the_keys_of_the_catalog_too(shop: Shop) -> None:
    entitlements = await shop.get("/entitlements")

    assert {
        *("tier", "models", "max_size", "images_per_day", "images_today", "max_concurrent", "default_model"),
        *("default_size", "default_quality", "watermark", "priority", "private_history", "api_access", "support"),
    } <= set(entitlements)
