"""Once everything has come to rest: what is counted from the streams adds up to the accounts, and all that must hold of
an account does."""

from datetime import date

from billing_core.application.overseeing import debt, outstanding
from billing_core.domain.invariants import breaches
from billing_core.testing.simulation.checking import ensure
from billing_core.testing.simulation.setting import the_catalog
from billing_core.testing.simulation.world import World


async def ensure_totals(world: World) -> None:
    """Raises Violation."""
    await world.within(lambda use: use.reckoning().run({}))
    books = world.books
    accounts = [await books.accounts.get(account_id) async for account_id in books.history.accounts()]
    ever = await books.figures.before(date.max)
    kept = sum([account.book.available + account.book.held for account in accounts])
    owed = sum([account.book.debt for account in accounts])
    ensure(outstanding(ever) == kept, f"{outstanding(ever)} credits are counted as outstanding, but {kept} are")
    ensure(debt(ever) == owed, f"{debt(ever)} credits are counted as owed, but {owed} are")
    for account in accounts:
        found = tuple(breaches(account, world.clock.now(), the_catalog()))
        ensure(not found, f"of {account.id} {found} do not hold")
