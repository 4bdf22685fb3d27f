"""The product as its server opens it, at a clock of the benchmark, without its jobs; and its credits in process."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from attrs import fields, frozen

from billing_core.application.adjusting import Adjusting
from billing_core.application.spending import Capturing, Holding
from billing_core.entrypoints.container import Container, Described, movable_clock
from billing_core.entrypoints.parts.books import open_books, upgrade_books
from billing_core.entrypoints.parts.catalogs import catalog_of, catalog_text
from billing_core.entrypoints.rate_settings import MOST, RateSettings
from billing_core.entrypoints.settings import Settings, with_secrets
from billing_core.entrypoints.use_cases import UseCases
from billing_core.ports.clock import Clock

AT_ONCE = 64
NO_HEAD_START = timedelta(0)
JWT_SECRET = "a secret of the benchmark, for nobody's tokens"
FREE = "[plans.free]\n"
MANY_HOLDS = f"{FREE}max_holds = 64\n"  # 32 tasks hold at once, which the built-in 20 would not let them


def settings_of(url: str, secret: str, *, catalog: str | None = None) -> Settings:
    """The settings of a server on this database, which takes webhooks that are signed so."""
    return with_secrets(
        Settings(
            database_url=url,
            catalog=catalog,
            image_store="memory://",
            jwt_secret=JWT_SECRET,
            webhook_secrets=(secret,),
            rates=RateSettings(account=MOST, key=MOST, address=MOST, checkout=MOST),  # counted, and never refused
        )
    )


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[Container]:
    """The books and everything behind them."""
    describe = Described()
    async with open_books(settings, describe, clock) as books:
        catalog = catalog_of(await books.catalogs.keep(catalog_text(settings), now=clock.now()))
        describe.catalog = catalog
        container = Container(settings=settings, books=books, catalog=catalog, clock=clock, deliver=_nowhere)
        await container.prices().load()
        yield container


def use_cases_of(container: Container) -> UseCases:
    """What the doors can call."""
    names = [field.name for field in fields(UseCases) if hasattr(container, field.name)]
    cases = {name: getattr(container, name)() for name in names}
    books = container.books()
    return UseCases(**cases, generations=books.generations, rates=books.rates, simulation=None)


@frozen
class ProductLedger:
    """The whole path of the product: rules, events, snapshot, one durable commit before each answer."""

    holding: Holding
    capturing: Capturing
    adjusting: Adjusting

    async def hold(self, account_id: str, amount: int) -> str:
        return (await self.holding(account_id, amount, reason="benchmark")).id

    async def capture(self, account_id: str, hold_id: str) -> None:
        await self.capturing(account_id, hold_id)


@asynccontextmanager
async def product_ledger(url: str) -> AsyncIterator[ProductLedger]:
    """The product in process, with the built-in catalog but for the number of holds."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = Path(folder) / "catalog.toml"
        catalog.write_text(catalog_text(Settings()).replace(FREE, MANY_HOLDS))
        settings = settings_of(url, "whsec_unused", catalog=str(catalog))
        async with opened(settings, movable_clock(NO_HEAD_START)) as product:
            yield ProductLedger(product.holding(), product.capturing(), product.adjusting())


async def grant(url: str, accounts: Iterable[str], *, credits: int) -> None:
    """A new database, with these accounts in it and so much for each of them to spend."""
    await asyncio.to_thread(upgrade_books, Settings(database_url=url))
    async with product_ledger(url) as ledger:

        async def give(account_id: str) -> None:
            await ledger.adjusting(account_id, credits, reason="benchmark")

        await for_each(accounts, give)


async def for_each(items: Iterable[str], work: Callable[[str], Awaitable[None]]) -> None:
    """Does the work for all of them, so many at once."""
    waiting = iter(items)

    async def take() -> None:
        for item in waiting:
            await work(item)

    await asyncio.gather(*(take() for _ in range(AT_ONCE)))


async def _nowhere(body: bytes, signature: str) -> int:
    """The simulated Stripe of the benchmark sends nothing: the load generator does."""
    raise AssertionError("nothing is sent here")
