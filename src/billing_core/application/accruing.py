"""Bringing accounts to now, so that what is due is written also where nobody looks.

No decision needs it, since each brings its own account to its moment. Reports, notices and the rows' columns do.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping

from attrs import frozen

from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.catalog import Catalog
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.history import History
from billing_core.ports.incidents import Incident, Incidents
from billing_core.ports.register import Register

AT_ONCE = 64  # so that the store can commit many of them together


@frozen(kw_only=True)
class Accrued:
    """One account's result: how many events were due, or what stood in the way."""

    account_id: str
    events: int = 0
    error: str | None = None


@frozen
class Accruing:
    """Brings every account that is due to now, each by itself. Any number of them may run, at any time.

    A row that said so wrongly, by an earlier catalog, is written anew, and is not found again.
    """

    accounts: AccountRepository
    register: Register
    history: History
    incidents: Incidents
    catalog: Catalog
    clock: Clock

    async def run(self, _args: Mapping[str, str]) -> None:
        """The job. What failed is an incident, and is due again next time."""
        async for _ in self():
            pass

    async def count(self, *, everyone: bool = False) -> int:
        """How many accounts there are to be brought to now."""
        return await self.register.count(due_by=None if everyone else self.clock.now())

    async def __call__(self, *, everyone: bool = False, dry_run: bool = False) -> AsyncIterator[Accrued]:
        """Those that are due by their rows or, after a change of the catalog has moved what is due, everyone.

        A dry run writes nothing. Raises Unavailable where the books are down.
        """
        bring = self._look if dry_run else self.bring
        found = self.history.accounts() if everyone else self.register.due(self.clock.now())
        async for some in _several(found):
            for accrued in await asyncio.gather(*(bring(account_id) for account_id in some)):
                yield accrued

    async def bring(self, account_id: str) -> Accrued:
        """Brings one account to now; what stood in the way is an incident, once a day. Raises Unavailable."""
        now = self.clock.now()

        def bring(account: Account) -> Commit[int]:
            due = at(account, now, self.catalog).due
            return Commit(len(due), due, renews=True)

        try:
            return Accrued(account_id=account_id, events=await self.accounts.change(account_id, bring))
        except Exception as error:  # noqa: BLE001 - the others go on; where the books are down, the report fails too
            failed = Incident(
                key=f"accrue:{now:%Y-%m-%d}",
                account_id=account_id,
                kind=IncidentKind.ACCRUAL_FAILED,
                detail=str(error),
                at=now,
            )
            await self.incidents.report(failed)
            return Accrued(account_id=account_id, error=str(error))

    async def _look(self, account_id: str) -> Accrued:
        try:
            account = await self.accounts.get(account_id)
            return Accrued(account_id=account_id, events=len(at(account, self.clock.now(), self.catalog).due))
        except Exception as error:  # noqa: BLE001 - the others go on
            return Accrued(account_id=account_id, error=str(error))


async def _several(ids: AsyncIterator[str]) -> AsyncIterator[list[str]]:
    some: list[str] = []
    async for account_id in ids:
        some.append(account_id)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some
