"""Adding to what is decided the notices that follow from it, so that both are one commit."""

from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from billing_core.application import notices
from billing_core.application.receiving import NOBODY
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog
from billing_core.ports.accounts import AccountRepository, T
from billing_core.ports.commit import Cause, Commit, Decide, Recording
from billing_core.ports.incidents import ALL, Incident, IncidentFilter, Incidents, Resolved
from billing_core.ports.records import IncidentRaised, Job, Record


@frozen
class NoticingAccounts:
    """An AccountRepository in front of the books' own: each decision is asked, in its own transaction, what is to be
    told of it. Who brings in an old business asks the books themselves, so that nobody is told of years ago."""

    accounts: AccountRepository
    catalog: Catalog

    async def get(self, account_id: str) -> Account:
        return await self.accounts.get(account_id)

    async def change(self, account_id: str, decide: Decide[T], *, cause: Cause[T] | None = None) -> T:
        return await self.accounts.change(account_id, self._noticing(account_id, decide), cause=cause)

    def _noticing(self, account_id: str, decide: Decide[T]) -> Decide[T]:
        if isinstance(decide, Recording):  # it has no events, and what keeps the account need not make it out
            return Recording(_telling(decide.commit, tuple(of_records(account_id, decide.commit.records))))

        def noticed(account: Account) -> Commit[T]:
            commit = decide(account)
            told = (*notices.of_events(account, commit.events, self.catalog), *of_records(account_id, commit.records))
            return _telling(commit, told)

        return noticed


def of_records(account_id: str, records: Sequence[Record]) -> Iterator[Job]:
    """What is told of the incidents among them."""
    for record in records:
        if isinstance(record, IncidentRaised):
            yield from notices.of_incident(account_id, record, of=account_id)


def _telling(commit: Commit[T], told: tuple[Job, ...]) -> Commit[T]:
    return evolve(commit, records=(*commit.records, *told)) if told else commit


@frozen
class NoticingIncidents:
    """Incidents in front of the books' own. One that is met outside of a commit is told after it was kept: who meets
    one is a job, so where that ends in between, it is met again."""

    kept: Incidents
    accounts: AccountRepository

    async def open(self, *, limit: int = 100) -> tuple[Incident, ...]:
        return await self.kept.open(limit=limit)

    async def page(
        self, wanted: IncidentFilter = ALL, *, limit: int = 100, after: Incident | None = None
    ) -> tuple[Incident, ...]:
        return await self.kept.page(wanted, limit=limit, after=after)

    async def find(self, id: str) -> Incident | None:  # noqa: A002 - the port calls it so
        return await self.kept.find(id)

    async def resolve(self, incident: Incident, resolved: Resolved) -> bool:
        return await self.kept.resolve(incident, resolved)

    async def report(self, incident: Incident) -> None:
        await self.kept.report(incident)
        keeper = incident.account_id or NOBODY
        told = tuple(notices.of_incident(keeper, incident, of=incident.account_id))
        if told:
            await self.accounts.change(keeper, Recording(Commit(None, (), told)))
