"""Tokens that somebody else signs, whose keys are published."""

import asyncio
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest
from attrs import define, evolve
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from litestar.testing import AsyncTestClient

from billing_core.entrypoints.checkup import diagnosing_of
from billing_core.entrypoints.http import keys
from billing_core.entrypoints.http.keys import KEPT_S, LARGEST_BODY, LEAST_BETWEEN_S, PublishedKeys
from billing_core.entrypoints.settings import Settings
from billing_core.ports.errors import Unavailable
from tests.mail_server import certified
from tests.shops.http import SETTINGS, Shop, app_of
from tests.shops.publisher import ISSUER, Publisher, private, public_jwk, published, publisher, signed

KEYS = ("rsa-1", "ec-1")


@pytest.fixture
def login() -> Iterator[Publisher]:
    with publisher(*KEYS) as told:
        yield told


def trusting(login: Publisher, **more: Any) -> Settings:
    return evolve(SETTINGS, jwks_url=login.url, jwt_issuer=ISSUER, **more)


@asynccontextmanager
async def shop_of(settings: Settings) -> AsyncIterator[Shop]:
    async with AsyncTestClient(app_of(settings)) as client:
        yield Shop(client, settings)


async def status_of(token: str, shop: Shop) -> int:
    return (await shop.ask("GET", "/account", None, headers={"Authorization": f"Bearer {token}"})).status_code


def b64(value: bytes) -> str:
    return jwt.utils.base64url_encode(value).decode()


def forged(secret: bytes, **head: Any) -> str:
    """HS256, as whoever knows no secret but `secret` would make it; the library itself refuses to."""
    claims = {"sub": "ann", "iss": ISSUER, "exp": int(time.time()) + 600}
    told = f"{b64(json.dumps({'alg': 'HS256', 'typ': 'JWT', **head}).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{told}.{b64(hmac.digest(secret, told.encode(), 'sha256'))}"


def public_pem(name: str) -> bytes:
    return private(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


FOREIGN = signed("rsa-foreign", head={"kid": "rsa-1"})
BAD: dict[str, Callable[[], str]] = {
    "the public key as the secret": lambda: forged(public_pem("rsa-1"), kid="rsa-1"),
    "the published key as the secret": lambda: forged(json.dumps(published("rsa-1")).encode(), kid="rsa-1"),
    "no signature": lambda: jwt.encode({"sub": "ann", "iss": ISSUER}, "", algorithm="none", headers={"kid": "rsa-1"}),
    "another's key": lambda: FOREIGN,
    "its own key in its head": lambda: signed(
        "rsa-foreign", head={"kid": "rsa-1", "jwk": published("rsa-foreign"), "jku": "https://evil.example/keys"}
    ),
    "another algorithm of the same key": lambda: signed("rsa-1", algorithm="RS512"),
    "another padding of the same key": lambda: signed("rsa-1", algorithm="PS256"),
    "the id of a key of another kind": lambda: signed("ec-1", head={"kid": "rsa-1"}),
    "an id that nobody published": lambda: signed("rsa-1", head={"kid": "../../rsa-1"}),
    "expired": lambda: signed("rsa-1", exp=int(time.time()) - 1),
    "no exp": lambda: signed("rsa-1", exp=None),
    "no sub": lambda: signed("rsa-1", sub=None),
    "another issuer": lambda: signed("rsa-1", iss="https://evil.example/"),
    "no issuer": lambda: signed("rsa-1", iss=None),
    "another audience": lambda: signed("rsa-1", aud="another"),
    "no audience": lambda: signed("rsa-1", aud=None),
    "changed": lambda: signed("rsa-1", aud="billing")[:-8] + "AAAAAAAA",
    "no head": lambda: "e30.e30.e30",
    "garbage": lambda: "garbage",
}


@pytest.mark.parametrize("name", KEYS)
async def test_who_holds_a_token_that_a_published_key_signed_is_let_in(login: Publisher, name: str) -> None:
    async with shop_of(trusting(login)) as shop:
        answers = [await status_of(signed(name), shop) for _ in range(3)]

    assert answers == [200] * 3
    assert login.asked == 1


@pytest.mark.failure("F1", "F2")
@pytest.mark.parametrize("case", BAD)
async def test_a_token_that_no_published_key_signed_for_us_is_refused(login: Publisher, case: str) -> None:
    async with shop_of(trusting(login, jwt_audience="billing")) as shop:
        assert await status_of(signed("rsa-1", aud="billing"), shop) == 200
        assert await status_of(BAD[case](), shop) == 401


async def test_the_servers_own_tokens_stay_good_beside_published_keys(login: Publisher) -> None:
    async with shop_of(trusting(login, jwt_audience="billing")) as shop:
        assert (await shop.ask("GET", "/account")).status_code == 200


async def test_roles_and_emails_are_read_as_ever(login: Publisher) -> None:
    async with shop_of(trusting(login)) as shop:
        headers = {"Authorization": f"Bearer {signed('ec-1', sub='olga', roles=['admin'])}"}
        answer = await shop.ask("GET", "/admin/overview", None, headers=headers)

    assert answer.status_code == 200


async def test_a_page_is_opened_with_such_a_token_and_its_session_ends_with_its_key(login: Publisher) -> None:
    async with shop_of(trusting(login)) as shop:
        login.keys = [published("rsa-1")]
        refused = await shop.fill("/signin", {"token": FOREIGN})
        signed_in = await shop.fill("/signin", {"token": signed("rsa-1")}, follow_redirects=False)
        seen = await shop.client.get("/account", follow_redirects=False)

    assert (refused.status_code, signed_in.status_code, seen.status_code) == (422, 303, 200)
    assert login.asked == 1


@define
class Hands:
    """A clock that is moved by hand."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


async def ids(known: PublishedKeys, *wanted: str) -> list[str | None]:
    found = [await known.find(name, "RS256" if name.startswith("rsa") else "ES256") for name in wanted]
    return [None if key is None else key.key_id for key in found]


async def test_keys_are_rotated_without_a_restart(login: Publisher) -> None:
    known = PublishedKeys(login.url, clock := Hands())
    assert await ids(known, "rsa-1") == ["rsa-1"]

    login.keys.append(published("rsa-2"))
    clock.now_s = LEAST_BETWEEN_S
    assert await ids(known, "rsa-2", "rsa-1") == ["rsa-2", "rsa-1"]

    login.keys.remove(published("rsa-1"))
    clock.now_s += KEPT_S
    assert await ids(known, "rsa-2", "rsa-1") == ["rsa-2", None]


async def test_made_up_keys_are_asked_for_once_in_a_while_whoever_names_them(login: Publisher) -> None:
    known = PublishedKeys(login.url, clock := Hands())
    for _ in range(2):
        found = await asyncio.gather(*(known.find(f"rsa-{number}", "RS256") for number in range(2, 50)))
        assert set(found) == {None}
    assert login.asked == 1

    clock.now_s = LEAST_BETWEEN_S
    await ids(known, "rsa-99")
    assert login.asked == 2


async def test_known_keys_stay_good_while_their_publisher_is_out(login: Publisher) -> None:
    known = PublishedKeys(login.url, clock := Hands())
    await ids(known, "rsa-1")
    login.status = 500
    clock.now_s = 100 * KEPT_S

    assert await ids(known, "rsa-1", "ec-1") == ["rsa-1", "ec-1"]
    assert login.asked == 2
    with pytest.raises(Unavailable):
        await ids(known, "rsa-2")

    login.status = 200
    clock.now_s += LEAST_BETWEEN_S
    assert await ids(known, "rsa-1", "rsa-2") == ["rsa-1", None]


async def test_nobody_waits_for_keys_that_are_known_while_one_asks(login: Publisher) -> None:
    known = PublishedKeys(login.url, clock := Hands())
    await ids(known, "rsa-1")
    login.delay_s, clock.now_s = 0.5, KEPT_S
    asking = asyncio.create_task(ids(known, "ec-1"))
    await asyncio.sleep(0.1)

    async with asyncio.timeout(0.2):
        assert await ids(known, "rsa-1") == ["rsa-1"]
    assert await asking == ["ec-1"]
    assert login.asked == 2


async def test_who_gives_up_waiting_leaves_the_others_to_ask(login: Publisher) -> None:
    known = PublishedKeys(login.url, Hands())
    login.delay_s = 0.2
    asking = asyncio.create_task(ids(known, "rsa-1"))
    await asyncio.sleep(0.05)
    asking.cancel()

    assert await ids(known, "rsa-1") == ["rsa-1"]


async def test_a_token_that_names_no_key_is_of_the_only_one_of_its_kind(login: Publisher) -> None:
    async with shop_of(trusting(login)) as shop:
        assert await status_of(signed("rsa-1", head={}), shop) == 200

    login.keys.append(published("rsa-2"))
    async with shop_of(trusting(login)) as shop:
        assert await status_of(signed("rsa-1", head={}), shop) == 401


@pytest.mark.parametrize("path", ["/api/v1/account", "/account"])
async def test_where_no_key_was_ever_told_the_door_says_to_come_back(login: Publisher, path: str) -> None:
    login.status = 503
    async with shop_of(trusting(login)) as shop:
        if path == "/account":
            answer = await shop.fill("/signin", {"token": signed("rsa-1")})
        else:
            answer = await shop.client.get(path, headers={"Authorization": f"Bearer {signed('rsa-1')}"})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, str(LEAST_BETWEEN_S))


NO_KEY_SETS = {
    "no JSON": b"<html>",
    "a list": b"[]",
    "no keys": b"{}",
    "keys that are none": b'{"keys": {}}',
    "nothing": b"",
    "too deep": b"[" * 100_000,
    "too large": b'{"keys": [' + b" " * LARGEST_BODY + b"]}",
    "not UTF-8": b'{"keys": ["\xff"]}',
}


@pytest.mark.parametrize("case", NO_KEY_SETS)
async def test_what_is_no_key_set_is_an_outage(login: Publisher, case: str) -> None:
    login.body = NO_KEY_SETS[case]
    with pytest.raises(Unavailable):
        await PublishedKeys(login.url).fetch()


async def test_no_redirect_is_followed(login: Publisher) -> None:
    with publisher(*KEYS) as elsewhere:
        login.status, login.headers = 302, {"Location": elsewhere.url}
        with pytest.raises(Unavailable):
            await PublishedKeys(login.url).fetch()

    assert elsewhere.asked == 0


async def test_nobody_waits_for_long(login: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "LONGEST_ASKING_S", 0.05)
    login.delay_s = 0.5
    with pytest.raises(Unavailable):
        await PublishedKeys(login.url).fetch()


@pytest.mark.failure("F1")
async def test_keys_that_are_weak_secret_or_for_something_else_are_not_used(login: Publisher) -> None:
    secret = private("rsa-1")
    login.keys = [
        {**public_jwk(private("rsa-weak", bits=1024)), "kid": "weak"},
        {**public_jwk(ec.generate_private_key(ec.SECP384R1())), "kid": "another curve"},
        {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(secret)), "kid": "secret"},  # type: ignore[arg-type]
        {"kty": "oct", "k": b64(b"k" * 40), "kid": "symmetric"},
        published("rsa-1", use="enc"),
        published("rsa-1", alg="RS512"),
        published("rsa-1", kid=7),
        published("rsa-1", n=""),
        published("ec-1", x="!"),
        {"kty": ["RSA"]},
        "rsa-1",
        None,
        published("ec-1", use="sig", alg="ES256"),
    ]

    assert [key.key_id for key in await PublishedKeys(login.url).fetch()] == ["ec-1"]


async def test_a_publisher_is_asked_over_tls_and_must_be_who_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = certified(tmp_path)
    with publisher(*KEYS, tls=context) as login:
        with pytest.raises(Unavailable):
            await PublishedKeys(login.url).fetch()
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert len(await PublishedKeys(login.url).fetch()) == 2


async def test_the_doctor_asks_for_the_keys(login: Publisher) -> None:
    async def told(**more: Any) -> list[str]:
        async with diagnosing_of(trusting(login, **more)) as diagnosing:
            found = await diagnosing.checks["tokens"]()
        return [finding.level.value for finding in found]

    assert await told(jwt_audience="billing") == ["ok", "ok"]
    assert await told() == ["ok", "warning"]
    login.keys = []
    assert await told(jwt_secret="") == ["error"]
    login.status = 404
    assert await told() == ["ok", "error"]
