"""What operators look for, in memory."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

from attrs import frozen

from billing_core.adapters.books.writes import AccountWrite
from billing_core.adapters.memory.state import MemoryState
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.directory import ParkedEvent
from billing_core.ports.overview import EVERYONE, AccountListed, AccountWanted, GenerationsMade


@frozen
class MemoryOverview:
    """Everything is looked through, each time."""

    state: MemoryState

    async def accounts(
        self, wanted: AccountWanted = EVERYONE, *, after: str = "", limit: int
    ) -> tuple[AccountListed, ...]:
        kept = self.state.accounts
        rows = (_listed(kept[account_id]) for account_id in sorted(kept) if account_id > after)
        return tuple([row for row in rows if _is_wanted(row, wanted)][:limit])

    async def generations(self, first: date, last: date) -> tuple[GenerationsMade, ...]:
        all_of_them = self.state.generations.values()
        made = Counter((each.created_at.date(), each.model, each.status) for each in all_of_them)
        return tuple(
            GenerationsMade(day=day, model=model, status=status, generations=made[day, model, status])
            for day, model, status in sorted(made, key=lambda key: (key[0], key[1], key[2].value))
            if first <= day <= last
        )

    async def open_incidents(self) -> Mapping[IncidentKind, int]:
        return Counter(each.kind for each in self.state.incidents.values() if each.resolved is None)

    async def parked(self, *, limit: int = 100, after: ParkedEvent | None = None) -> tuple[ParkedEvent, ...]:
        newest_first = sorted(self.state.parked.values(), key=_place, reverse=True)
        return tuple([each for each in newest_first if after is None or _place(each) < _place(after)][:limit])

    async def parked_event(self, event_id: str) -> ParkedEvent | None:
        return self.state.parked.get(event_id)

    async def count_parked(self) -> int:
        return len(self.state.parked)


def _place(event: ParkedEvent) -> tuple[datetime, str]:
    return event.received_at, event.event_id


def _is_wanted(row: AccountListed, wanted: AccountWanted) -> bool:
    return (
        wanted.status in {None, row.status}
        and wanted.tier in {None, row.tier}
        and (wanted.query is None or _is_meant(row, wanted.query))
    )


def _is_meant(row: AccountListed, query: str) -> bool:
    texts = (row.id, row.email, row.name)
    return row.customer_id == query or any(query.lower() in text.lower() for text in texts)


def _listed(kept: AccountWrite) -> AccountListed:
    columns = kept.columns
    return AccountListed(
        id=kept.account_id,
        email=columns.email,
        name=columns.name,
        customer_id=columns.customer_id,
        tier=columns.plan,
        status=columns.status,
        available=columns.available,
        held=columns.held,
        debt=columns.debt,
        suspended=columns.suspended,
        opened_at=columns.opened_at,
    )
