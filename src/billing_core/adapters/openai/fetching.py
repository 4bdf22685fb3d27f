"""Getting a picture from a URL that somebody else wrote.

A URL in an answer is a way to make this machine ask its own network, so only a few are followed: those at the
operator's own base URL, and those that use https on a host that the provider is known to use, whose addresses are all
on the public internet. The name is resolved once, and the connection goes to an address that was looked at.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx2
from attrs import frozen

from billing_core.adapters.openai.access import is_within
from billing_core.adapters.openai.limits import Limits

Place = tuple[str, int]
Resolve = Callable[[str, int], Awaitable[Sequence[Place]]]
NAT64 = IPv6Network("64:ff9b::/96")
ON_THE_INTERNET = IPv6Network("2000::/3")
TRIES = 2


class Forbidden(Exception):
    """The URL leads to where we do not go. It says why, in words that quote no more of it than its host."""


class NotFetched(Exception):
    """Nothing came of it, though it may have been there."""


async def resolved(host: str, port: int) -> Sequence[Place]:
    """The addresses of the host, by the system's resolver. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(place[0]), int(place[1])) for *_, place in found]


def is_public(address: str) -> bool:
    """Whether the address is somebody else's: no private, loopback, link-local, shared, reserved or multicast one, and
    no tunnel to one. An IPv4 address within one of IPv6 is judged by itself."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else ip.ipv4_mapped
        if inner is not None:
            return is_public(str(inner))
        if ip not in ON_THE_INTERNET or ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast


@frozen(kw_only=True)
class Fetch:
    """Downloads pictures. `client` must follow no redirects and cap what it reads."""

    client: httpx2.AsyncClient
    limits: Limits = Limits()
    resolve: Resolve = resolved
    may_go_to: Callable[[str], bool] = is_public

    async def get(self, url: str, *, own: str, hosts: tuple[str, ...]) -> bytes:
        """What the URL gives. `own` is the operator's base URL; `hosts` are allowed with all below them.

        It is asked for twice where the first answer is lost: the picture is there, and paid for.
        Raises Forbidden, NotFetched.
        """
        try:
            async with asyncio.timeout(self.limits.download_s):
                requests = await self._requests(url, own, hosts)
                for _ in range(TRIES):
                    if (content := await self._first_answer(requests)) is not None:
                        return content
        except (TimeoutError, OSError):
            raise NotFetched from None
        raise NotFetched

    async def _requests(self, url: str, own: str, hosts: tuple[str, ...]) -> Sequence[httpx2.Request]:
        """The request for each address that may be asked."""
        try:
            parsed = httpx2.URL(url)
        except (httpx2.InvalidURL, ValueError):
            raise Forbidden("it answered with a URL that is none") from None
        if origin_of(parsed) == origin_of(httpx2.URL(own)) and not parsed.userinfo:
            return [self.client.build_request("GET", parsed)]
        _ensure_allowed(parsed, hosts)
        places = await self.resolve(parsed.host, 443)
        if not places or not all(self.may_go_to(address) for address, _ in places):
            raise Forbidden(f"it answered with a URL at {parsed.host}, which leads to an address that is not public")
        return [self._pinned(parsed, place) for place in places]

    def _pinned(self, url: httpx2.URL, place: Place) -> httpx2.Request:
        """A request to that very address, which must prove to be the host that the URL names."""
        address, port = place
        return self.client.build_request(
            "GET",
            url.copy_with(host=address, port=port),
            headers={"host": url.host},
            extensions={"sni_hostname": url.host},
        )

    async def _first_answer(self, requests: Sequence[httpx2.Request]) -> bytes | None:
        """What the first address says that can be reached; None where none can, or the answer is lost on the way.
        Raises NotFetched where it is surely not there."""
        for request in requests:
            try:
                response = await self.client.send(request)
            except httpx2.ConnectError:
                continue
            except httpx2.TransportError:
                return None
            if response.status_code == 200:
                return response.content
            if response.status_code < 500:
                raise NotFetched
            return None
        return None


def _ensure_allowed(url: httpx2.URL, hosts: tuple[str, ...]) -> None:
    if not is_within(url.host, hosts):
        raise Forbidden(f"it answered with a URL at {url.host or 'no host'}, which is none of its known hosts")
    if url.scheme != "https" or url.port not in {None, 443} or url.userinfo:
        raise Forbidden(f"it answered with a URL at {url.host} that is not plain https")


def origin_of(url: httpx2.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port."""
    return url.scheme, url.host, url.port


def download_timeout(limits: Limits) -> httpx2.Timeout:
    return httpx2.Timeout(limits.download_s, connect=limits.connect_s)
