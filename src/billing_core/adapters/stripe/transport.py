"""How requests reach Stripe: over HTTP, or in process to whatever answers like it.

Both sides meet in `Answering`. The SDK builds the request, decides what is tried again and reads the answer.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import NoReturn

import httpx
import stripe
from attrs import define, field

Answering = Callable[[str, str, Mapping[str, str], bytes], Awaitable[tuple[int, Mapping[str, str], bytes]]]
"""Method, URL, headers and body of a request to status, headers and body of its answer. Raises OSError where there is
no answer."""

Sleeping = Callable[[float], Awaitable[object]]
"""Waits so many seconds."""

_TIMEOUT_S = 20
_CONNECT_S = 5
_IDLE_S = 30
_LARGEST = 32 * 1024 * 1024
# Both log what must not be logged: e-mail addresses stand in URLs, and the URL of a portal is a bearer's secret.
_TELLTALES = ("stripe", "httpx")


_NoAnswer: Callable[..., Exception] = stripe.APIConnectionError  # its constructor has no types


class Transport(stripe.HTTPClient):
    """The SDK's door to an Answering."""

    name = "billing_core"

    def __init__(self, answering: Answering, *, sleep: Sleeping = asyncio.sleep) -> None:
        super().__init__()
        self._answering = answering
        self._sleep = sleep
        for telltale in _TELLTALES:
            logging.getLogger(telltale).setLevel(logging.WARNING)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | bytes | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Raises APIConnectionError where there is no answer; the SDK tries again."""
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        try:
            status, told, content = await self._answering(method.upper(), url, headers, body)
        except OSError as error:
            raise _NoAnswer(type(error).__name__, should_retry=True) from error
        return content, status, httpx.Headers(dict(told))

    def sleep_async(self, secs: float) -> Awaitable[None]:
        return self._wait(secs)

    async def _wait(self, seconds: float) -> None:
        await self._sleep(seconds)


@define
class Http:
    """An Answering over real HTTP, with connections that are kept open. Close it after use.

    `timeout_s` is for a request with its whole answer, `largest` the bytes that an answer may have.
    """

    _timeout_s: float = _TIMEOUT_S
    _largest: int = _LARGEST
    _client: httpx.AsyncClient = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=_IDLE_S)
        timeout = httpx.Timeout(None, connect=_CONNECT_S)
        self._client = httpx.AsyncClient(timeout=timeout, limits=limits, verify=_trusted())

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Raises OSError: no connection, a broken one, a time-out, or an answer beyond all measure."""
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client.stream(method, url, headers=headers, content=body) as response,
            ):
                return response.status_code, response.headers, await self._content(response)
        except httpx.HTTPError as error:
            raise ConnectionError(type(error).__name__) from error

    async def aclose(self) -> None:
        """Closes what is open."""
        await self._client.aclose()

    async def _content(self, response: httpx.Response) -> bytes:
        """Read piece by piece, so that no answer can fill the memory."""
        content = bytearray()
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > self._largest:
                _too_large()
        return bytes(content)


@cache
def _trusted() -> ssl.SSLContext:
    """Whom TLS trusts; reading all the certificates takes a tenth of a second."""
    return httpx.create_ssl_context()


def _too_large() -> NoReturn:
    raise ConnectionError("the answer is too large")
