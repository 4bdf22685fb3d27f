"""A shop where nobody pays and no job runs: books in memory, a clock that stands still, and what they show."""

from typing import TypeVar

from attrs import define, field

from billing_core.adapters.books.columns import columns_of
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.system import FixedClock
from billing_core.application.auditing import Auditing
from billing_core.application.transactions import ListingTransactions
from billing_core.application.viewing import Viewing
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt
from billing_core.domain.catalog import Catalog
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.commit import Cause, Decide
from billing_core.ports.errors import Unavailable
from billing_core.ports.records import Job
from billing_core.testing.builders import NEW_YEAR, a_catalog

T = TypeVar("T")


@define
class FrailAccounts:
    """Accounts that are unavailable at the change with that number."""

    inner: AccountRepository
    unavailable_at: int = 0
    changes: int = 0

    async def get(self, account_id: str) -> Account:
        return await self.inner.get(account_id)

    async def change(self, account_id: str, decide: Decide[T], *, cause: Cause[T] | None = None) -> T:
        self.changes += 1
        if self.changes == self.unavailable_at:
            raise Unavailable("the store")
        return await self.inner.change(account_id, decide, cause=cause)


@define
class QuietShop:
    """The books, and what they show."""

    catalog: Catalog = field(factory=a_catalog)
    clock: FixedClock = field(factory=lambda: FixedClock(NEW_YEAR))
    memory: MemoryBooks = field(init=False)
    accounts: FrailAccounts = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.memory = MemoryBooks(now=self.clock.now)
        self.accounts = FrailAccounts(self.memory.accounts)

    async def held(self, account: str = "ann") -> AccountAt:
        return await Viewing(self.accounts, self.catalog, self.clock)(account)

    async def available(self, account: str = "ann") -> int:
        return (await self.held(account)).account.book.available

    async def plan(self, account: str = "ann") -> str:
        return (await self.held(account)).in_force.plan.key

    async def kept(self, account: str = "ann") -> Account:
        """The account as it is written."""
        return await self.memory.accounts.get(account)

    async def written(self) -> list[tuple[str, int]]:
        """Every account with the number of its events."""
        return [(row.account_id, row.version) for row in await self.memory.register.page(limit=100_000)]

    async def incidents(self) -> list[str]:
        """The kinds of the open incidents, sorted."""
        return sorted(incident.kind.value for incident in await self.memory.incidents.open())

    def jobs(self, task: str = "") -> list[Job]:
        """The jobs that wait, or those of one task."""
        return [waiting.job for waiting in self.memory.state.jobs.values() if waiting.job.task.startswith(task)]

    async def proven(self, account: str = "ann") -> None:
        """The audit finds nothing wrong, and the list of transactions adds up."""
        auditing = Auditing(self.memory.register, self.memory.history, (columns_of,), self.catalog, self.clock)
        assert (await auditing(account)).problems == ()
        listing = ListingTransactions(self.accounts, self.memory.history, self.catalog, self.clock)
        listed = (await listing(account, limit=10_000)).items
        assert sum(movement.amount for movement in listed) == await self.available(account)
