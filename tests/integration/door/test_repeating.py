"""Asking again: with an idempotency key, and too often."""

import asyncio

import pytest
from attrs import evolve
from litestar.testing import AsyncTestClient

from billing_core.entrypoints.rate_settings import RateSettings
from tests.shops.http import SETTINGS, Shop, app_of

A_HOLD = {"amount": 2, "reason": "upscale"}


@pytest.mark.failure("E7")
async def test_the_same_key_and_request_have_one_effect(shop: Shop) -> None:
    key = {"Idempotency-Key": "once"}
    first = await shop.ask("POST", "/credits/holds", json=A_HOLD, headers=key)
    again = await shop.ask("POST", "/credits/holds", content=b'{"reason": "upscale",  "amount": 2}', headers=key)

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (await shop.get("/credits"))["held"] == 2


@pytest.mark.failure("E7")
async def test_the_same_key_at_the_same_time_has_one_effect(shop: Shop) -> None:
    key = {"Idempotency-Key": "once"}
    answers = await asyncio.gather(*(shop.ask("POST", "/credits/holds", json=A_HOLD, headers=key) for _ in range(8)))

    assert len({answer.text for answer in answers}) == 1
    assert (await shop.get("/credits"))["held"] == 2


@pytest.mark.failure("E7")
async def test_the_same_key_with_another_request_is_refused(shop: Shop) -> None:
    key = {"Idempotency-Key": "once"}
    await shop.ask("POST", "/credits/holds", json=A_HOLD, headers=key)
    other = await shop.ask("POST", "/credits/holds", json={**A_HOLD, "amount": 3}, headers=key)

    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert "http:" not in other.text


@pytest.mark.failure("E7")
async def test_the_same_key_with_another_query_is_refused(shop: Shop) -> None:
    await shop.subscribe()
    key = {"Idempotency-Key": "once"}
    first = await shop.ask("DELETE", "/subscriptions?at_period_end=true", headers=key)
    other = await shop.ask("DELETE", "/subscriptions?at_period_end=false", headers=key)

    assert (first.status_code, other.status_code) == (200, 409)


@pytest.mark.failure("E7")
async def test_a_key_belongs_to_its_account_and_its_route(shop: Shop) -> None:
    key = {"Idempotency-Key": "once"}
    first = await shop.ask("POST", "/credits/holds", json=A_HOLD, headers=key)
    bobs = await shop.ask("POST", "/credits/holds", "bob", json=A_HOLD, headers=key)
    captured = await shop.ask("POST", f"/credits/holds/{first.json()['id']}/capture", headers=key)

    assert first.json()["id"] != bobs.json()["id"]
    assert (bobs.status_code, captured.status_code) == (201, 200)


@pytest.mark.failure("E7")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/generations", {"prompt": "a fox"}),
        ("/subscriptions/checkout", {"tier": "basic"}),
        ("/credits/checkout", {"pack": "pack_1k"}),
    ],
)
async def test_a_repeated_request_gets_the_same_answer(shop: Shop, path: str, body: dict[str, str]) -> None:
    key = {"Idempotency-Key": "k" * 255}
    first = await shop.ask("POST", path, json=body, headers=key)
    again = await shop.ask("POST", path, json=body, headers=key)
    other = await shop.ask("POST", path, json={**body, "n": 1, "currency": "usd"} | {"x": "y"}, headers=key)

    assert first.status_code == again.status_code
    assert first.json() == again.json()
    assert other.status_code == 422


async def test_captures_resumes_changes_and_presents_repeat_too(shop: Shop) -> None:
    await shop.subscribe()
    hold = (await shop.ask("POST", "/credits/holds", json=A_HOLD)).json()
    present = "/admin/accounts/ann/credits"
    asked = [
        (f"/credits/holds/{hold['id']}/capture", {"amount": 1}, False),
        ("/subscriptions/change", {"tier": "premium", "when": "now"}, False),
        (present, {"amount": 5, "reason": "a present"}, True),
    ]
    for path, body, admin in asked:
        answers = [
            await shop.ask("POST", path, json=body, admin=admin, headers={"Idempotency-Key": "once"}) for _ in range(2)
        ]

        assert answers[0].status_code in {200, 201}, answers[0].text
        assert answers[0].text == answers[1].text


@pytest.mark.failure("E7")
@pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel", "a\tb"])
async def test_a_key_that_is_none_is_refused(shop: Shop, key: str) -> None:
    headers = [*((k.encode(), v.encode()) for k, v in shop.bearer("ann").items()), (b"Idempotency-Key", key.encode())]
    answer = await shop.client.post("/api/v1/credits/holds", json=A_HOLD, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")


async def test_a_long_path_and_a_long_key_are_taken(shop: Shop) -> None:
    answer = await shop.ask(
        "POST",
        f"/admin/accounts/{'%C3%A9' * 255}/credits",
        admin=True,
        json={"amount": 1, "reason": "a present"},
        headers={"Idempotency-Key": "k" * 255},
    )

    assert answer.status_code == 201, answer.text


@pytest.mark.failure("E9")
async def test_checkouts_are_opened_so_often_a_minute() -> None:
    async with AsyncTestClient(app_of(evolve(SETTINGS, rates=RateSettings(checkout=2)))) as client:
        shop = Shop(client)
        wrong = [await shop.ask("POST", "/subscriptions/checkout", json={}) for _ in range(3)]
        answers = [
            await shop.ask("POST", "/subscriptions/checkout", json={"tier": "basic"}),
            await shop.ask("POST", "/credits/checkout", json={"pack": "pack_1k"}),
            await shop.ask("POST", "/subscriptions/portal"),
        ]
        bobs = await shop.ask("POST", "/subscriptions/checkout", "bob", json={"tier": "basic"})

    assert [answer.status_code for answer in wrong] == [422] * 3
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert bobs.status_code == 201
