"""Who looks at the pages: a session in an encrypted cookie, which holds the token that its owner came in with.

The token is read anew with each request, so that it ends when it says, and whoever is no admin any more is none here.
"""

import hmac
from collections.abc import Callable
from typing import Any

from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.exceptions import SerializationException
from litestar.middleware import DefineMiddleware
from litestar.middleware.csrf import CSRFMiddleware
from litestar.middleware.session.base import SessionMiddleware
from litestar.middleware.session.client_side import ClientSideSessionBackend, CookieBackendConfig
from litestar.types import ASGIApp, Middleware, Receive, Scope, Send

from billing_core.entrypoints.http.auth import Caller, Tokens
from billing_core.entrypoints.http.refusals import Unauthorized
from billing_core.entrypoints.settings import Settings

SESSION_COOKIE = "billing_session"
CSRF_COOKIE = "billing_csrf"
TOKEN = "token"
HALF_A_DAY_S = 12 * 3600


class Sessions(ClientSideSessionBackend):
    """Sessions in cookies. One that cannot be read, whoever wrote it, is an empty one."""

    async def load_from_connection(self, connection: "ASGIConnection[Any, Any, Any, Any]") -> dict[str, Any]:
        try:
            return await super().load_from_connection(connection)
        except (SerializationException, ValueError, KeyError, TypeError):
            return {}


def with_sessions(settings: Settings, tokens: Tokens) -> list[Middleware]:
    """What stands in front of each page: its session, who is signed in, and no form that another site sent."""
    csrf = CSRFConfig(
        secret=_key(settings, b"forms of the pages").hex(),
        cookie_name=CSRF_COOKIE,
        cookie_secure=_is_secure(settings),
        cookie_httponly=True,
        cookie_samesite="lax",
    )
    backend = Sessions(_cookies(settings))

    # A closure, since the framework copies what it is given, and no key can be copied.
    def in_session(app: ASGIApp) -> ASGIApp:
        return SessionMiddleware(app, backend)

    return [in_session, DefineMiddleware(CSRFMiddleware, config=csrf), _signed_in(tokens)]


def also_in_session(settings: Settings, tokens: Tokens) -> Callable[[ASGIApp], ASGIApp]:
    """The middleware that takes the session's caller where no token came: for what a page loads by itself, which can
    send no header. It only reads the session."""
    backend = Sessions(_cookies(settings))

    def wrap(app: ASGIApp) -> ASGIApp:
        async def sign_in(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["user"] is None:
                session = await backend.load_from_connection(ASGIConnection(scope))
                scope["user"] = await caller_in(session, tokens)
            await app(scope, receive, send)

        return sign_in

    return wrap


def _signed_in(tokens: Tokens) -> Middleware:
    """The middleware that puts the session's caller (or None) into the scope."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def sign_in(scope: Scope, receive: Receive, send: Send) -> None:
            scope["user"] = await caller_in(scope["session"], tokens)
            await app(scope, receive, send)

        return sign_in

    return wrap


async def caller_in(session: Any, tokens: Tokens) -> Caller | None:
    """Whose session it is; nobody's any more, once its token is over."""
    token = session.get(TOKEN) if isinstance(session, dict) else None
    if not isinstance(token, str):
        return None
    try:
        return await tokens.read(token)
    except Unauthorized:
        return None


def _cookies(settings: Settings) -> CookieBackendConfig:
    return CookieBackendConfig(
        secret=_key(settings, b"sessions of the pages"),
        key=SESSION_COOKIE,
        max_age=HALF_A_DAY_S,
        secure=_is_secure(settings),
        samesite="lax",
    )


def _is_secure(settings: Settings) -> bool:
    return settings.return_url.startswith("https://")


def _key(settings: Settings, purpose: bytes) -> bytes:
    return hmac.new(settings.signing_key, purpose, "sha256").digest()
