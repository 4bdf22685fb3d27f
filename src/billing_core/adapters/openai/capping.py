"""No answer is read beyond a size, whatever it says of itself."""

import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import cache

import httpx2
from attrs import frozen


class TooLarge(httpx2.TransportError):
    """The answer is larger than anything that we asked for."""


class Compressed(httpx2.TransportError):
    """The answer is compressed, though we said that we take none: a few bytes of it may unpack to gigabytes."""


@frozen
class Cap:
    """A hook for a client's responses: their bodies end with TooLarge beyond `most` bytes.

    A hook and not a transport, so that the client still finds the proxies and the certificates of its environment.
    """

    most: int

    async def __call__(self, response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}:
            raise Compressed("compressed")
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:19]) > self.most:
            raise TooLarge("too large")
        response.stream = _Capped(response.stream, self.most)


class _Capped(httpx2.AsyncByteStream):
    def __init__(self, stream: object, most: int) -> None:
        assert isinstance(stream, httpx2.AsyncByteStream)
        self._stream = stream
        self._left = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        stream = aiter(self._stream)
        assert isinstance(stream, AsyncGenerator)
        async with aclosing(stream) as parts:
            async for part in parts:
                self._left -= len(part)
                if self._left < 0:
                    raise TooLarge("too large")
                yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


@cache
def certificates() -> ssl.SSLContext:
    """Those that this machine trusts. Reading them takes a while, so that all clients of a process share them."""
    return httpx2.create_ssl_context()


def capped_client(
    most: int, *, timeout: httpx2.Timeout, trusted: ssl.SSLContext, trust_env: bool = True
) -> httpx2.AsyncClient:
    """A client that follows nobody elsewhere, takes nothing compressed, and opens a connection for each request: on one
    that was kept, a request may get lost in a way that leaves open whether it was worked on.

    `trusted` are the certificates that others must have.
    """
    return httpx2.AsyncClient(
        headers={"accept-encoding": "identity"},
        timeout=timeout,
        follow_redirects=False,
        trust_env=trust_env,
        verify=trusted,
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        event_hooks={"response": [Cap(most)]},
    )
