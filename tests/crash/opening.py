"""Customers with subscriptions, made over HTTP before the first kill."""

from collections.abc import Awaitable, Callable

import httpx

from billing_core.adapters.books.columns import columns_of
from billing_core.adapters.system import SystemClock
from billing_core.domain.account import Account
from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.parts.books import open_books
from billing_core.entrypoints.settings import Settings
from tests.crash.operations import Customer

GOOD_CARD = "4242 4242 4242 4242"


Pay = Callable[[str], Awaitable[None]]


async def customers_of(
    settings: Settings, client: httpx.AsyncClient, many: int, *, pay: Pay | None = None
) -> tuple[Customer, ...]:
    """So many accounts that each bought the plan. `pay` completes a checkout where the server cannot simulate that."""
    ids = [f"customer-{number}" for number in range(many)]
    for account_id in ids:
        bearer = {"Authorization": f"Bearer {token(settings, account_id)}"}
        opened = await client.post("/api/v1/subscriptions/checkout", json={"tier": "basic"}, headers=bearer)
        assert opened.status_code == 201, opened.text
        session_id = opened.json()["session_id"]
        if pay is None:
            paid = await client.post(f"/dev/checkout/{session_id}/pay", json={"card": GOOD_CARD}, timeout=60)
            assert paid.status_code == 200, paid.text
        else:
            await pay(session_id)
    async with open_books(settings, columns_of, SystemClock()) as books:
        return tuple([_customer(await books.accounts.get(account_id)) for account_id in ids])


def _customer(account: Account) -> Customer:
    (subscription,) = account.subscriptions
    assert account.customer_id is not None
    assert subscription.snapshot is not None
    return Customer(
        account_id=account.id,
        customer_id=account.customer_id,
        subscription_id=subscription.id,
        period_start=subscription.snapshot.period_start,
        period_end=subscription.snapshot.period_end,
    )
