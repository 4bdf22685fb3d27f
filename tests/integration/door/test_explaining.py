"""Explanations over HTTP: of one's own credits, and of anybody's to an operator."""

import pytest

from tests.shops.http import Shop

FATES = ("available", "held", "captured", "expired", "revoked", "taken", "settled")


async def test_a_balance_is_explained_in_sentences_and_in_figures_that_add_up(shop: Shop) -> None:
    await shop.grant("ann", 5)
    hold = (await shop.ask("POST", "/credits/holds", json={"amount": 4, "reason": "upscale"})).json()

    told = await shop.get("/credits/explain")
    assert (told["available"], told["held"], told["debt"], told["is_unlimited"]) == (11, 4, 0, False)
    assert told["sentences"][0] == "11 can be spent now, and 4 more are set aside."
    assert [sum(grant[fate] for fate in FATES) for grant in told["grants"]] == [g["amount"] for g in told["grants"]]
    assert sum(grant["available"] for grant in told["grants"]) == 11
    assert [story["id"] for story in told["holds"]] == [hold["id"]]
    assert "movements" not in told["grants"][0]


async def test_a_grant_is_followed_step_by_step(shop: Shop) -> None:
    hold = (await shop.ask("POST", "/credits/holds", json={"amount": 4, "reason": "upscale"})).json()
    await shop.ask("POST", f"/credits/holds/{hold['id']}/capture", json={"amount": 3})
    [grant] = (await shop.get("/credits"))["grants"]

    [story] = (await shop.get("/credits/explain", params={"grant": grant["id"]}))["grants"]
    steps = [(moved["before"], moved["after"], moved["amount"]) for moved in story["movements"]]
    assert steps == [("available", "held", 4), ("held", "captured", 3), ("held", "available", 1)]
    assert (story["captured"], story["available"]) == (3, 7)


async def test_a_generation_leads_to_what_paid_for_it_and_to_its_pictures(shop: Shop) -> None:
    made = await shop.generate()

    told = await shop.get("/credits/explain", params={"work": made["id"]})
    [story] = told["holds"]
    assert (story["captured"], story["reason"]) == (made["credits_charged"], made["model"])
    assert made["images"][0]["id"] in " ".join(told["sentences"])


async def test_an_operator_sees_any_balance_as_it_was(shop: Shop) -> None:
    await shop.grant("ann", 5)
    before = (await shop.get("/credits/explain"))["at"]
    await shop.grant("ann", 6)

    path, operator = "/admin/accounts/ann/explain", shop.bearer("op", admin=True)
    then = (await shop.ask("GET", path, headers=operator, params={"at": before})).json()
    now = (await shop.ask("GET", path, headers=operator)).json()
    assert (then["available"], now["available"]) == (15, 21)
    assert (await shop.ask("GET", path, "bob")).status_code == 403


async def test_what_is_somebody_elses_is_not_found(shop: Shop) -> None:
    made = await shop.generate("bob")

    answer = await shop.ask("GET", "/credits/explain", "ann", params={"work": made["id"]})
    assert (answer.status_code, answer.json()["code"]) == (404, "hold_not_found")
    answer = await shop.ask("GET", "/credits/explain", "ann", params={"grant": "free:1"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_denial_is_explained_check_by_check(shop: Shop) -> None:
    best = (await shop.get("/subscriptions/tiers"))["tiers"][-1]["models"][-1]

    told = await shop.get("/credits/explain", params={"denied": "true", "model": best, "n": 2})
    assert (told["tier"], told["accepted"]) == ("free", False)
    refused = next(check for check in told["checks"] if not check["passes"])
    answer = await shop.ask("POST", "/generations", json={"prompt": "a fox", "model": best, "n": 2})
    assert (refused["refused_for"], refused["options"]) == (answer.json()["detail"], answer.json()["options"])
    assert told["sentences"][0] == f"It is refused: {answer.json()['detail']}."
    assert (await shop.get("/credits/explain", params={"denied": "true"}))["accepted"] is True


async def test_an_operator_sees_why_it_was_denied_then(shop: Shop) -> None:
    hold = {"amount": 10, "reason": "upscale"}
    before = (await shop.get("/credits/explain"))["at"]
    assert (await shop.ask("POST", "/credits/holds", json=hold)).status_code == 201

    path = "/admin/accounts/ann/explain"
    now = await shop.get(path, "root", admin=True, params={"denied": "true"})
    then = await shop.get(path, "root", admin=True, params={"denied": "true", "at": before})
    assert [check["check"] for check in now["checks"] if not check["passes"]] == ["credits"]
    assert (now["accepted"], then["accepted"]) == (False, True)
    wrong = await shop.ask("GET", path, "root", admin=True, params={"denied": "true", "n": 0})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "validation")


@pytest.mark.parametrize(
    "moment",
    [
        "9999-12-31T23:59:59Z",  # and all that falls due by then
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "253402300800",  # what some clocks say of the year 10000
        "2026-01-01T00:00:00",  # whose time is it?
        "2026-01-01",
        "yesterday",
        "",
    ],
)
async def test_a_moment_that_lies_ahead_or_is_none_is_refused_by_its_name(shop: Shop, moment: str) -> None:
    await shop.grant("ann", 1)
    for params in ({"at": moment}, {"at": moment, "denied": "true"}):
        answer = await shop.ask("GET", "/admin/accounts/ann/explain", "root", admin=True, params=params)

        assert (answer.status_code, answer.json()["code"]) == (422, "validation")
        assert [error["field"] for error in answer.json()["errors"]] == ["at"]
