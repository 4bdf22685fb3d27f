"""Generations and pictures over HTTP."""

from typing import Any

import pytest

from tests.shops.http import Shop

FREE_IMAGES_A_DAY = 10


async def test_a_generation_is_accepted_and_found(shop: Shop) -> None:
    accepted = await shop.ask("POST", "/generations", json={"prompt": "a fox"})
    generation = accepted.json()
    found = await shop.get(f"/generations/{generation['id']}")

    assert (accepted.status_code, generation["status"], generation["credits_held"]) == (202, "queued", 1)
    assert {"id", "status", "model", "size", "quality", "n", "credits_held", "created_at"} <= set(generation)
    assert accepted.headers["location"] == f"/api/v1/generations/{generation['id']}"
    assert {"images", "credits_held", "credits_charged", "failure"} <= set(found)


async def test_one_may_wait_for_the_end(shop: Shop) -> None:
    generation = await shop.generate()
    [image] = generation["images"]

    assert tuple(generation[name] for name in ("status", "credits_held", "credits_charged", "failure")) == (
        "succeeded",
        0,
        1,
        None,
    )
    assert {"id", "url", "url_expires_at", "width", "height", "format"} <= set(image)
    assert (await shop.get("/account"))["images_total"] == 1


async def test_one_who_waits_too_briefly_gets_it_as_it_is(shop: Shop) -> None:
    answer = await shop.ask("POST", "/generations", json={"prompt": "a fox"}, headers={"Prefer": "wait=0"})

    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "wait=0"


async def test_generations_are_listed_newest_first(shop: Shop) -> None:
    first, second = await shop.generate(), await shop.generate()
    page = await shop.get("/generations?limit=1")
    rest = await shop.get(f"/generations?limit=1&cursor={page['next_cursor']}")

    assert [second["id"]] == [generation["id"] for generation in page["data"]]
    assert ([first["id"]], None) == ([generation["id"] for generation in rest["data"]], rest["next_cursor"])


@pytest.mark.failure("F21")
async def test_an_ended_generation_cannot_be_canceled(shop: Shop) -> None:
    generation = await shop.generate()
    answer = await shop.ask("DELETE", f"/generations/{generation['id']}")

    assert (
        answer.status_code,
        answer.json()["code"],
        answer.json()["current_status"],
    ) == (409, "illegal_transition", "succeeded")


async def test_the_rate_card_and_a_quote_agree(shop: Shop) -> None:
    rates = (await shop.get("/generations/prices", None))["data"]
    quote = (await shop.ask("POST", "/generations/quote", json={"prompt": "a fox", "n": 2})).json()
    each = next(
        rate["credits"] for rate in rates if all(rate[name] == quote[name] for name in ("model", "size", "quality"))
    )

    assert (2 * each, 10) == (quote["credits"], quote["available"])


async def test_the_rate_card_tells_who_asks_what_their_plan_has(shop: Shop) -> None:
    everybodys = (await shop.get("/generations/prices", None))["data"]
    before = (await shop.get("/generations/prices"))["data"]
    await shop.subscribe(tier="premium")
    after = (await shop.get("/generations/prices"))["data"]

    assert {frozenset({"model", "size", "quality", "credits"})} == {frozenset(rate) for rate in everybodys}
    assert everybodys == [{name: rate[name] for name in rate if name != "allowed"} for rate in before]
    assert {("flux-schnell", "standard")} == {(rate["model"], rate["quality"]) for rate in before if rate["allowed"]}
    assert "flux-1.1-pro" in {rate["model"] for rate in after if rate["allowed"]}


@pytest.mark.failure("E6")
@pytest.mark.parametrize("path", ["/generations", "/generations/quote"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"model": "crayon"}, "not_priced"),
        ({"size": "1x1"}, "not_priced"),
        ({"quality": "divine"}, "not_priced"),
        ({"max_credits": 0}, "costs_too_much"),
    ],
)
async def test_what_has_no_price_or_costs_too_much_is_refused_before_anything_is_held(
    shop: Shop, path: str, body: dict[str, Any], code: str
) -> None:
    answer = await shop.ask("POST", path, json={"prompt": "a fox", **body})

    assert (422, code) == (answer.status_code, answer.json()["code"])
    assert 0 == (await shop.get("/credits"))["held"]


@pytest.mark.parametrize(
    ("body", "status", "code", "names"),
    [
        ({"model": "flux-1.1-pro"}, 403, "not_entitled", {"entitlement", "allowed", "options"}),
        ({"n": 2}, 403, "not_entitled", {"entitlement", "allowed", "options"}),
        ({"private": True}, 403, "not_entitled", {"entitlement", "options"}),
        ({"model": "crayon"}, 422, "not_priced", {"model", "size", "quality"}),
        ({"max_credits": 0}, 422, "costs_too_much", {"required", "max_credits"}),
        ({"prompt": " "}, 422, "validation", {"errors"}),
        ({"prompt": ""}, 422, "validation", {"errors"}),
        ({"prompt": "x" * 32_001}, 422, "validation", {"errors"}),
    ],
)
async def test_a_generation_is_denied(
    shop: Shop, body: dict[str, Any], status: int, code: str, names: set[str]
) -> None:
    answer = await shop.ask("POST", "/generations", json={"prompt": "a fox", **body})

    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert names <= set(answer.json())


@pytest.mark.failure("E4")
async def test_the_longest_prompt_is_taken(shop: Shop) -> None:
    answer = await shop.ask("POST", "/generations", json={"prompt": "é" * 32_000})

    assert (answer.status_code, len(answer.json()["prompt"])) == (202, 32_000)


async def test_the_days_images_are_used_up(shop: Shop) -> None:
    await shop.grant("ann", 100)
    for _ in range(FREE_IMAGES_A_DAY):
        await shop.generate()
    answer = await shop.ask("POST", "/generations", json={"prompt": "a fox"})
    problem = answer.json()

    assert (
        answer.status_code,
        problem["code"],
        problem["limit"],
        problem["used"],
    ) == (429, "daily_quota_exceeded", 10, 10)
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    assert "wait" in {option["action"] for option in problem["options"]}


@pytest.mark.failure("E10")
async def test_only_so_many_at_once(shop: Shop) -> None:
    answers = [await shop.ask("POST", "/generations", json={"prompt": "a fox"}) for _ in range(4)]
    refused = [answer for answer in answers if answer.status_code != 202]

    assert refused
    assert {(429, "too_many_concurrent")} == {(answer.status_code, answer.json()["code"]) for answer in refused}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)


@pytest.mark.failure("F6")
async def test_a_picture_is_shown_to_who_has_its_link(shop: Shop) -> None:
    [image] = (await shop.generate())["images"]
    answer = await shop.client.get(image["url"])

    assert (
        answer.status_code,
        answer.headers["content-type"],
        answer.headers["x-content-type-options"],
    ) == (200, "image/png", "nosniff")
    assert answer.content.startswith(b"\x89PNG")
    assert "max-age" in answer.headers["cache-control"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.failure("F6")
async def test_a_private_picture_is_shown_to_nobody_else(shop: Shop) -> None:
    await shop.subscribe(tier="premium")
    [image] = (await shop.generate(private=True))["images"]
    path = f"/images/{image['id']}"
    expires = image["url"].partition("expires=")[2].partition("&")[0]
    answers = [
        await shop.ask("GET", path, None),
        await shop.ask("GET", path, "bob"),
        await shop.ask("GET", f"{path}?expires={expires}&signature={'0' * 64}", None),
        await shop.client.get(image["url"].replace(expires, str(int(expires) + 1))),
    ]
    own, signed = await shop.ask("GET", path), await shop.client.get(image["url"])
    gallery = await shop.get("/gallery", None)
    await shop.client.post("/dev/clock", json={"days": 1})
    late = await shop.client.get(image["url"])

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 4
    assert (own.status_code, signed.status_code) == (200, 200)
    assert gallery == {"data": [], "next_cursor": None}
    assert late.status_code == 404


async def test_a_picture_is_made_private_and_public_and_deleted(shop: Shop) -> None:
    await shop.subscribe(tier="premium")
    [image] = (await shop.generate(private=True))["images"]
    path = f"/images/{image['id']}"
    public = await shop.ask("PATCH", path, json={"private": False})
    gallery = await shop.get("/gallery", None)
    seen = await shop.client.get(gallery["data"][0]["url"])
    private = await shop.ask("PATCH", path, json={"private": True})
    deleted = await shop.ask("DELETE", path)

    assert (public.status_code, public.json()["private"]) == (200, False)
    assert [(image["id"], None)] == [(shown["id"], shown["url_expires_at"]) for shown in gallery["data"]]
    assert seen.status_code == 200
    assert (private.status_code, private.json()["private"]) == (200, True)
    assert deleted.status_code == 204
    assert (await shop.ask("GET", path)).status_code == 404


async def test_a_plan_without_private_pictures_keeps_them_public(shop: Shop) -> None:
    [image] = (await shop.generate())["images"]
    answer = await shop.ask("PATCH", f"/images/{image['id']}", json={"private": True})

    assert (answer.status_code, answer.json()["code"]) == (403, "not_entitled")
