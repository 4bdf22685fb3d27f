"""Who is let in, and who is not."""

import time
from typing import Any

import jwt
import pytest
from attrs import evolve
from litestar.testing import AsyncTestClient

from tests.shops.http import SETTINGS, Shop, app_of

NOW = int(time.time())
A_DAY_S = 86_400
"""Longer than any run of the tests, which sign these before the first of them."""
GOOD: dict[str, Any] = {"sub": "ann", "exp": NOW + A_DAY_S}


def signed(claims: dict[str, Any], *, key: str = SETTINGS.jwt_secret, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm=algorithm)


def unsigned(algorithm: str) -> str:
    token = jwt.encode(GOOD, "", algorithm="none")
    head = jwt.utils.base64url_encode(f'{{"alg":"{algorithm}","typ":"JWT"}}'.encode()).decode()
    return head + token[token.index(".") :]


BAD = {
    "alg none": jwt.encode(GOOD, "", algorithm="none"),
    "alg NoNe": unsigned("NoNe"),
    "alg RS256": unsigned("RS256") + "c2ln",
    "alg HS512": signed(GOOD, algorithm="HS512"),
    "another key": signed(GOOD, key="k" * 40),
    "expired": signed({**GOOD, "exp": NOW - 1}),
    "not yet": signed({**GOOD, "nbf": NOW + A_DAY_S}),
    "from the future": signed({**GOOD, "iat": NOW + A_DAY_S}),
    "no exp": signed({"sub": "ann"}),
    "exp is no number": signed({**GOOD, "exp": "soon"}),
    "exp is infinite": signed({**GOOD, "exp": float("inf")}),
    "no sub": signed({"exp": NOW + A_DAY_S}),
    "empty sub": signed({**GOOD, "sub": ""}),
    "nobody's sub": signed({**GOOD, "sub": "@nobody"}),
    "NUL in sub": signed({**GOOD, "sub": "a\0b"}),
    "half a pair in sub": signed({**GOOD, "sub": "a\ud800"}),
    "long sub": signed({**GOOD, "sub": "a" * 256}),
    "email is a list": signed({**GOOD, "email": ["ann@example.com"]}),
    "NUL in the name": signed({**GOOD, "name": "a\0b"}),
    "too long": signed({**GOOD, "x": "y" * 9000}),
    "cut": signed(GOOD)[:-10],
    "garbage": "garbage",
    "dots": "...",
}


@pytest.mark.failure("F1", "F3")
@pytest.mark.parametrize("case", BAD)
async def test_a_token_that_is_not_right_is_refused(shop: Shop, case: str) -> None:
    answer = await shop.ask("GET", "/account", None, headers={"Authorization": f"Bearer {BAD[case]}"})

    assert (
        answer.status_code,
        answer.json()["code"],
        answer.headers["www-authenticate"],
    ) == (401, "unauthorized", "Bearer")
    assert BAD[case] not in answer.text


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Token abc", "Bearer\tabc"])
async def test_a_header_that_is_no_bearer_token_is_refused(shop: Shop, header: str) -> None:
    answer = await shop.ask("GET", "/account", None, headers={"Authorization": header})

    assert answer.status_code == 401


async def test_without_a_token_nobody_is_let_in(shop: Shop) -> None:
    assert (await shop.ask("GET", "/account", None)).status_code == 401


@pytest.mark.failure("F3", "F19")
@pytest.mark.parametrize("account", ["a", "a" * 255, "é" * 255, "'; drop table accounts; --", "../../etc", "🦊"])
async def test_any_text_may_be_an_account(shop: Shop, account: str) -> None:
    assert account == (await shop.get("/account", account))["id"]


@pytest.mark.failure("F5")
@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"roles": ["admin"]}, 201),
        ({"roles": "admin"}, 403),
        ({"roles": ["user"]}, 403),
        ({"email": "Boss@example.com"}, 201),
        ({"email": "boss@example.com", "email_verified": False}, 403),
        ({"email": "bob@example.com"}, 403),
        ({}, 403),
    ],
)
async def test_who_is_an_admin(shop: Shop, claims: dict[str, Any], status: int) -> None:
    headers = {"Authorization": f"Bearer {signed({**GOOD, **claims})}"}
    body = {"amount": 1, "reason": "a present"}
    answer = await shop.ask("POST", "/admin/accounts/bob/credits", None, headers=headers, json=body)

    assert status == answer.status_code


@pytest.mark.failure("F2")
@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"aud": "billing", "iss": "login"}, 200),
        ({"aud": ["other", "billing"], "iss": "login"}, 200),
        ({"aud": "other", "iss": "login"}, 401),
        ({"iss": "login"}, 401),
        ({"aud": "billing", "iss": "other"}, 401),
        ({"aud": "billing"}, 401),
    ],
)
async def test_audience_and_issuer_are_needed_where_they_are_set(claims: dict[str, Any], status: int) -> None:
    settings = evolve(SETTINGS, jwt_audience="billing", jwt_issuer="login")
    async with AsyncTestClient(app_of(settings)) as client:
        own = await client.get("/api/v1/account", headers=Shop(client, settings).bearer("ann"))
        headers = {"Authorization": f"Bearer {signed({**GOOD, **claims})}"}
        answer = await client.get("/api/v1/account", headers=headers)

    assert (200, status) == (own.status_code, answer.status_code)


async def test_an_audience_that_nobody_asked_for_is_no_matter(shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {signed({**GOOD, 'aud': 'other'})}"}

    assert (await shop.ask("GET", "/account", None, headers=headers)).status_code == 200


async def test_a_bad_token_is_refused_even_where_none_is_needed_to_look(shop: Shop) -> None:
    headers = {"Authorization": "Bearer garbage"}

    assert (await shop.ask("GET", "/images/img_1", None, headers=headers)).status_code == 401
    assert (await shop.ask("GET", "/images/img_1", None)).status_code == 404
