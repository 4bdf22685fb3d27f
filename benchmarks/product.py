"""The product as its server opens it, at a clock of the benchmark, without its jobs; and its credits in process."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import frozen

from billing_core import Billing
from billing_core.entrypoints.container import Container, Described, catalog_of, catalog_text, open_books
from billing_core.entrypoints.settings import Settings, with_secrets
from billing_core.ports.clock import Clock

AT_ONCE = 256
FREE = "[plans.free]\n"
MANY_HOLDS = f"{FREE}max_holds = 64\n"  # 32 tasks may hold at once, which the built-in 20 would not let them


def settings_of(url: str, secret: str) -> Settings:
    """The settings of a server on this database, which takes webhooks that are signed so."""
    return with_secrets(Settings(database_url=url, webhook_secrets=(secret,)))


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[Container]:
    """The books and everything behind them."""
    describe = Described()
    async with open_books(settings, describe, clock) as books:
        catalog = catalog_of(await books.catalogs.keep(catalog_text(settings), now=clock.now()))
        describe.catalog = catalog
        yield Container(settings=settings, books=books, catalog=catalog, clock=clock, deliver=_nowhere)


@frozen
class ProductLedger:
    """The whole path of the product: rules, events, snapshot, one durable commit before each answer."""

    billing: Billing

    async def hold(self, account_id: str, amount: int) -> str:
        return (await self.billing.use_cases.holding(account_id, amount, reason="benchmark")).id

    async def capture(self, account_id: str, hold_id: str) -> None:
        await self.billing.use_cases.capturing(account_id, hold_id)


@asynccontextmanager
async def product_ledger(url: str) -> AsyncIterator[ProductLedger]:
    """The embedded product, with the built-in catalog but for the number of holds."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = Path(folder) / "catalog.toml"
        catalog.write_text(catalog_text(Settings()).replace(FREE, MANY_HOLDS))
        async with Billing.open(url, catalog=str(catalog)) as billing:
            yield ProductLedger(billing)


async def grant(url: str, accounts: Iterable[str], *, credits: int) -> None:
    """Gives each of the accounts so much to spend."""
    async with product_ledger(url) as ledger:

        async def give(account_id: str) -> None:
            await ledger.billing.grant(account_id, credits, reason="benchmark")

        await for_each(accounts, give)


async def for_each(items: Iterable[str], work: Callable[[str], Awaitable[None]]) -> None:
    """Does the work for all of them, so many at once."""
    waiting = iter(items)

    async def take() -> None:
        for item in waiting:
            await work(item)

    await asyncio.gather(*(take() for _ in range(AT_ONCE)))


async def _nowhere(body: bytes, signature: str) -> int:
    """The simulated gateway of the benchmark sends nothing: the load generator does."""
    raise AssertionError("nothing is sent here")
