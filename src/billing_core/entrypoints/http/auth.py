"""Who asks: a bearer token or an API key in, a caller out.

The algorithm of a token is of the key, never of the token's choosing: the secret verifies HS256 alone, and a published
key the one algorithm that it is for.
"""

import time
from collections.abc import Mapping
from typing import Any

import jwt
from attrs import frozen
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.types import ASGIApp, Receive, Send
from litestar.types import Scope as HTTPScope

from billing_core.application.keying import PREFIX
from billing_core.application.receiving import NOBODY
from billing_core.domain.errors import InvalidValue
from billing_core.entrypoints.http.keys import PUBLISHED, PublishedKeys
from billing_core.entrypoints.http.opening import Opened
from billing_core.entrypoints.http.refusals import Forbidden, KeyNotAllowed, Unauthorized
from billing_core.entrypoints.settings import Settings
from billing_core.ports.api_keys import ApiKey, Scope

ALGORITHM = "HS256"
ADMIN = "admin"
LONGEST_TOKEN = 8192
LONGEST_ID = 255
DAY_S = 86_400
INVALID = (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError)

# The value of a route's `auth` option. Where a token is optional, one that is sent must still be valid.
AUTH = "auth"
REQUIRED, OPTIONAL, NONE = "required", "optional", "none"

SCOPE = "scope"
"""A route's option: the scope of the API keys that open it. Without one, no key does."""


@frozen(kw_only=True)
class Caller:
    """Who asks, as their token tells; or a program of theirs, which is never an admin, by its `key`."""

    account_id: str
    email: str = ""
    name: str = ""
    is_admin: bool = False
    key: ApiKey | None = None


@frozen
class Tokens:
    """Makes and reads tokens. Where an audience or an issuer is set, a token must name it.

    It makes them with its own secret. It reads those, and the ones that a published key signed, where keys are.
    """

    settings: Settings
    keys: PublishedKeys | None = None

    def make(self, account: str, *, admin: bool = False, days: int = 30, email: str = "", name: str = "") -> str:
        now_s = int(time.time())
        claims: dict[str, Any] = {"sub": account, "iat": now_s, "exp": now_s + days * DAY_S}
        claims |= {"roles": [ADMIN]} if admin else {}
        claims |= {key: value for key, value in (("email", email), ("name", name)) if value}
        claims |= {"aud": self.settings.jwt_audience} if self.settings.jwt_audience else {}
        claims |= {"iss": self.settings.jwt_issuer} if self.settings.jwt_issuer else {}
        return jwt.encode(claims, self.settings.jwt_secret, algorithm=ALGORITHM)

    async def read(self, token: str) -> Caller:
        """Raises Unauthorized, and Unavailable where the key that is asked for cannot be had."""
        if len(token) > LONGEST_TOKEN:
            raise Unauthorized("the token is too long")
        key, algorithm = await self._key_of(token)
        return self._caller(self._claims(token, key, algorithm))

    async def _key_of(self, token: str) -> tuple[Any, str]:
        """What verifies the token, and the one algorithm that it verifies."""
        if self.keys is None:
            return self.settings.jwt_secret, ALGORITHM
        try:
            head = jwt.get_unverified_header(token)
        except INVALID as error:
            raise Unauthorized("the token is not valid") from error
        if head.get("alg") not in PUBLISHED:
            return self.settings.jwt_secret, ALGORITHM
        found = await self.keys.find(head.get("kid"), head["alg"])
        if found is None:
            raise Unauthorized("the token is not valid")
        return found.key, found.algorithm

    def _claims(self, token: str, key: Any, algorithm: str) -> Mapping[str, Any]:
        audience, issuer = self.settings.jwt_audience, self.settings.jwt_issuer
        named = [name for name, value in (("aud", audience), ("iss", issuer)) if value]
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=audience,
                issuer=issuer,
                options={"require": ["exp", "sub", *named], "verify_aud": audience is not None},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthorized("the token has expired") from error
        except INVALID as error:
            raise Unauthorized("the token is not valid") from error

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        account_id, email, name = claims["sub"], claims.get("email") or "", claims.get("name") or ""
        if not is_account_id(account_id) or not all(is_text(text, LONGEST_ID) for text in (email, name)):
            raise Unauthorized("the token's claims are not valid")
        roles = claims.get("roles")
        is_admin = isinstance(roles, list) and ADMIN in roles
        admins = {address.casefold() for address in self.settings.admin_emails}
        is_known = bool(email) and email.casefold() in admins and claims.get("email_verified") is not False
        return Caller(account_id=account_id, email=email, name=name, is_admin=is_admin or is_known)


def tokens_of(settings: Settings) -> Tokens:
    """What makes and reads tokens in one server: its readers share the keys that are published."""
    return Tokens(settings, PublishedKeys(settings.jwks_url) if settings.jwks_url else None)


def token(settings: Settings, account: str, *, admin: bool = False, days: int = 30) -> str:
    """A token for the account; `settings` must have their secret. Raises InvalidValue for what is no account id."""
    if not is_account_id(account):
        raise InvalidValue("account", f"must be an id of 1 to {LONGEST_ID} characters")
    return Tokens(settings).make(account, admin=admin, days=days)


def is_account_id(value: object) -> bool:
    """Whether it can name an account: some text, not too long, of characters that every store keeps.

    One id is nobody's: what no account owns is kept under it.
    """
    return bool(value) and value != NOBODY and is_text(value, LONGEST_ID)


def is_text(value: object, longest: int) -> bool:
    """Whether it is text that can be stored: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        return False
    return not any("\ud800" <= char <= "\udfff" for char in value)


def authenticating(tokens: Tokens, opened: Opened) -> Any:
    """The middleware that puts the caller (or None) into the scope, as the route's `auth` option asks."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def authenticate(scope: HTTPScope, receive: Receive, send: Send) -> None:
            scope["user"] = await _caller_of(scope, tokens, opened)
            await app(scope, receive, send)

        return authenticate

    return wrap


async def _caller_of(scope: HTTPScope, tokens: Tokens, opened: Opened) -> Caller | None:
    needs = scope["route_handler"].opt.get(AUTH, NONE)
    if needs == NONE or scope.get("method") == "OPTIONS":
        return None
    sent = [value for name, value in scope["headers"] if name == b"authorization"]
    if not sent and needs == OPTIONAL:
        return None
    if len(sent) != 1:
        raise Unauthorized()
    scheme, _, credentials = sent[0].decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not credentials.strip():
        raise Unauthorized()
    if credentials.strip().startswith(PREFIX):
        return await _keyed(credentials.strip(), scope["route_handler"].opt.get(SCOPE), opened)
    return await tokens.read(credentials.strip())


async def _keyed(secret: str, needs: Scope | None, opened: Opened) -> Caller:
    """Who has the API key. Raises Unauthorized, KeyNotAllowed, NotEntitled."""
    key = await opened.use_cases.using_key(secret) if len(secret) <= LONGEST_ID else None
    if key is None:
        raise Unauthorized("the API key is not valid")
    if needs not in key.scopes:
        raise KeyNotAllowed(needs.value if needs else None)
    return Caller(account_id=key.account_id, key=key)


def only_admins(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guards a route. Raises Forbidden."""
    if connection.user is None or not connection.user.is_admin:
        raise Forbidden()
