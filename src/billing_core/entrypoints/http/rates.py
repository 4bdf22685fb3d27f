"""How often one may ask: requests are counted by address, by account and by key, before anything is done for them.

Webhooks, and what asks whether the server is well, are never refused. Where counts cannot be had, nobody is.
"""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from attrs import frozen
from litestar.types import ASGIApp, Receive, Scope, Send

from billing_core.entrypoints.http.auth import Caller
from billing_core.entrypoints.http.refusals import RateLimited
from billing_core.entrypoints.mail_settings import is_here
from billing_core.entrypoints.rate_settings import RateSettings
from billing_core.ports.errors import Unavailable
from billing_core.ports.rates import Rates

UNCOUNTED = "uncounted"
"""A route's option: requests to it are not counted."""

ADDRESS, ACCOUNT, KEY, CHECKOUT = "address", "account", "key", "checkout"
IPV6_OF_ONE = 64


@frozen
class Limits:
    """Takes one from each bucket that a request comes out of. `rates` are known once the books are open."""

    settings: RateSettings
    rates: Callable[[], Rates]

    def by_address(self, app: ASGIApp) -> ASGIApp:
        """The middleware that counts where requests come from, before anybody asks who sent them."""

        async def count(scope: Scope, receive: Receive, send: Send) -> None:
            address = address_of(scope)
            if _is_counted(scope) and not is_here(address):
                await self._take(ADDRESS, self.settings.address, address)
            await app(scope, receive, send)

        return count

    def by_caller(self, app: ASGIApp) -> ASGIApp:
        """The middleware that counts whose requests they are."""

        async def count(scope: Scope, receive: Receive, send: Send) -> None:
            caller = scope.get("user")
            if isinstance(caller, Caller) and _is_counted(scope):
                await self._take(ACCOUNT, self.settings.account, caller.account_id)
                if caller.key is not None:
                    await self._take(KEY, self.settings.key, caller.key.id)
            await app(scope, receive, send)

        return count

    async def checkout(self, account_id: str, address: str) -> None:
        """Raises RateLimited."""
        await self._take(CHECKOUT, self.settings.checkout, f"{address} {account_id}")

    async def _take(self, limit: str, per_minute: int, who: str) -> None:
        """Raises RateLimited."""
        if not per_minute:
            return
        try:
            wait_s = await self.rates().take(f"{limit} {who}", per_minute=per_minute)
        except Unavailable:
            return
        if wait_s:
            raise RateLimited(retry_after_s=ceil(wait_s), limit=limit, per_minute=per_minute)


def address_of(scope: Scope) -> str:
    """Where a request comes from: of IPv6 the network, since one customer has all of its addresses."""
    client = scope.get("client")
    if client is None:
        return ""
    try:
        address = ip_address(client[0])
    except ValueError:
        return client[0]
    if not isinstance(address, IPv6Address) or address.is_loopback:
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, IPV6_OF_ONE), strict=False))


def _is_counted(scope: Scope) -> bool:
    return not scope["route_handler"].opt.get(UNCOUNTED, False)
