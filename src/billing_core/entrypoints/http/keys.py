"""The public keys of whoever signs the users in: asked for over HTTP, kept for a while, and asked for anew.

They are asked for again when they have been kept for long, and when a token names one that is not among them; that at
most every few seconds, since anybody can make up the name of a key. Keys once published stay good while their publisher
does not answer.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import msgspec
from attrs import define, field, frozen
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from billing_core.ports.errors import Unavailable

RS256, ES256 = "RS256", "ES256"
PUBLISHED = (RS256, ES256)
SHORTEST_RSA_BITS = 2048
KEPT_S = 600
LEAST_BETWEEN_S = 10
LONGEST_ASKING_S = 5
LARGEST_BODY = 256 * 1024


@frozen
class PublishedKey:
    """A key that verifies what one algorithm signed. Without an id, it is for tokens that name none."""

    key_id: str | None
    algorithm: str
    key: RSAPublicKey | EllipticCurvePublicKey


@define
class PublishedKeys:
    """The keys at a URL, as a JSON Web Key Set. `seconds` is a clock that never goes back."""

    url: str
    seconds: Callable[[], float] = time.monotonic
    _keys: tuple[PublishedKey, ...] = field(default=(), init=False)
    _asked_at: float | None = field(default=None, init=False)
    _told_at: float | None = field(default=None, init=False)
    _asking: asyncio.Lock = field(factory=asyncio.Lock, init=False, repr=False)

    async def find(self, key_id: str | None, algorithm: str) -> PublishedKey | None:
        """The key of this id for this algorithm; of the only one, where a token names none.

        Raises Unavailable where it is not known, and the publisher does not say.
        """
        found = self._kept(key_id, algorithm)
        if found is not None and (self._within(KEPT_S, self._told_at) or self._asking.locked()):
            return found
        await self._ask_again()
        found = self._kept(key_id, algorithm)
        if found is None and self._told_at != self._asked_at:
            raise Unavailable("the publisher of the keys of tokens", retry_after_s=LEAST_BETWEEN_S)
        return found

    async def fetch(self) -> tuple[PublishedKey, ...]:
        """What is published now, without the keys that this server does not use. Raises Unavailable."""
        try:
            async with asyncio.timeout(LONGEST_ASKING_S), httpx.AsyncClient() as http:
                return keys_in(await _body_at(self.url, http))
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            raise Unavailable("the publisher of the keys of tokens", retry_after_s=LEAST_BETWEEN_S) from error

    async def _ask_again(self) -> None:
        """One asks for all; whoever waited for them finds that it was done."""
        async with self._asking:
            if self._within(LEAST_BETWEEN_S, self._asked_at):
                return
            try:
                self._keys = await self.fetch()
            except Unavailable:
                self._asked_at = self.seconds()
            else:
                self._asked_at = self._told_at = self.seconds()

    def _within(self, span_s: float, moment: float | None) -> bool:
        return moment is not None and self.seconds() - moment < span_s

    def _kept(self, key_id: str | None, algorithm: str) -> PublishedKey | None:
        fitting = [key for key in self._keys if key.algorithm == algorithm]
        if key_id is None:
            return fitting[0] if len(fitting) == 1 else None
        return next((key for key in fitting if key.key_id == key_id), None)


async def _body_at(url: str, http: httpx.AsyncClient) -> bytes:
    """Raises httpx.HTTPError for any other answer than 200, a redirect too, and ValueError for one without end."""
    body = bytearray()
    async with http.stream("GET", url) as answer:
        answer.raise_for_status()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > LARGEST_BODY:
                raise ValueError("the key set is too large")
    return bytes(body)


def keys_in(body: bytes) -> tuple[PublishedKey, ...]:
    """The keys of a JSON Web Key Set that verify signatures of ours. Raises ValueError for what is no such set."""
    try:
        published = msgspec.json.decode(body)
    except RecursionError as error:
        raise ValueError("this is no JSON Web Key Set") from error
    keys = published.get("keys") if isinstance(published, dict) else None
    if not isinstance(keys, list):
        raise ValueError("this is no JSON Web Key Set")
    return tuple(key for key in map(_key_in, keys) if key is not None)


def _key_in(told: Any) -> PublishedKey | None:
    """None for a key that is for something else, weak, secret, or not understood."""
    if not isinstance(told, dict) or told.get("kty") not in ("RSA", "EC") or told.get("use", "sig") != "sig":
        return None
    algorithm, key_id = RS256 if told["kty"] == "RSA" else ES256, told.get("kid")
    if told.get("alg", algorithm) != algorithm or not isinstance(key_id, str | None):
        return None
    try:
        key = jwt.PyJWK(told, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError):
        return None
    return PublishedKey(key_id, algorithm, key) if _is_strong(key) else None


def _is_strong(key: object) -> bool:
    if isinstance(key, RSAPublicKey):
        return key.key_size >= SHORTEST_RSA_BITS
    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
