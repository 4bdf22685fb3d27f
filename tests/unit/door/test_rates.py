"""How often one may ask: whose requests come out of which bucket, and what is never counted."""

from typing import Any

import pytest
from litestar.types import Receive, Scope, Send

from billing_core.adapters.books.rates import ProcessRates
from billing_core.entrypoints.http.auth import Caller
from billing_core.entrypoints.http.rates import UNCOUNTED, Limits, address_of
from billing_core.entrypoints.http.refusals import RateLimited
from billing_core.entrypoints.rate_settings import UNLIMITED, RateSettings
from billing_core.ports.errors import Unavailable
from tests.unit.books.test_rates import Time

TIGHT = RateSettings(account=3, key=2, address=2, checkout=1)


class Handler:
    def __init__(self, opt: dict[str, Any]) -> None:
        self.opt = opt


def a_request(address: str = "203.0.113.7", *, account: str | None = None, counted: bool = True) -> Any:
    user = None if account is None else Caller(account_id=account)
    return {"client": (address, 50_000), "route_handler": Handler({} if counted else {UNCOUNTED: True}), "user": user}


async def passed(middleware: Any, request: Any) -> bool:
    """Whether the app behind it is reached. Raises RateLimited."""
    reached: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope)

    await middleware(app)(request, None, None)
    return len(reached) == 1


def limits(settings: RateSettings = TIGHT) -> Limits:
    rates = ProcessRates(Time())
    return Limits(settings, lambda: rates)


async def test_an_address_is_refused_once_its_minute_is_used_up_and_is_told_until_when() -> None:
    door = limits()
    assert [await passed(door.by_address, a_request()) for _ in range(2)] == [True, True]
    with pytest.raises(RateLimited) as refused:
        await passed(door.by_address, a_request())

    told = refused.value
    assert (told.retry_after_s, told.limit, told.per_minute) == (30, "address", 2)
    assert await passed(door.by_address, a_request("203.0.113.8"))


async def test_an_account_is_counted_wherever_it_asks_from() -> None:
    door = limits()
    for address in ("203.0.113.7", "198.51.100.1", "127.0.0.1"):
        await passed(door.by_caller, a_request(address, account="ann"))
    with pytest.raises(RateLimited, match="account"):
        await passed(door.by_caller, a_request("192.0.2.1", account="ann"))

    assert await passed(door.by_caller, a_request(account="bob"))
    assert await passed(door.by_caller, a_request())


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost"])
async def test_this_machine_has_no_limit_of_its_address(address: str) -> None:
    door = limits()

    assert all([await passed(door.by_address, a_request(address)) for _ in range(9)])


async def test_what_is_not_counted_is_never_refused() -> None:
    door = limits()
    request = a_request(account="ann", counted=False)

    assert all([await passed(door.by_address, request) for _ in range(9)])
    assert all([await passed(door.by_caller, request) for _ in range(9)])


async def test_where_no_limit_is_set_nobody_is_refused() -> None:
    door = limits(UNLIMITED)

    assert all([await passed(door.by_caller, a_request(account="ann")) for _ in range(9)])


@pytest.mark.failure("E9")
async def test_where_nothing_can_be_counted_nobody_is_refused() -> None:
    class Gone:
        async def take(self, name: str, *, per_minute: int) -> float:
            raise Unavailable("the books")

    door = Limits(TIGHT, Gone)

    assert all([await passed(door.by_address, a_request()) for _ in range(9)])


async def test_checkouts_are_counted_by_account_and_address_together() -> None:
    door = limits()
    await door.checkout("ann", "203.0.113.7")
    await door.checkout("ann", "203.0.113.8")
    await door.checkout("bob", "203.0.113.7")

    with pytest.raises(RateLimited, match="checkout"):
        await door.checkout("ann", "203.0.113.7")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::1", "::1"),
        ("testclient", "testclient"),
    ],
)
def test_one_customers_addresses_are_one(host: str, address: str) -> None:
    assert address_of(a_request(host)) == address


def test_who_comes_from_nowhere_is_one_too() -> None:
    nowhere: Any = {"client": None}

    assert address_of(nowhere) == ""
