"""What operators look at: everything at a glance, the accounts that they look for, one account, and its events."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import frozen

from billing_core.application.errors import AccountNotFound
from billing_core.application.reckoning import Reckoning
from billing_core.application.replaying import PREFIX
from billing_core.application.viewing import Viewing
from billing_core.domain.account_at import AccountAt
from billing_core.domain.figures import Figure
from billing_core.domain.generation import GenerationStatus
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.clock import Clock
from billing_core.ports.figures import Figures, Standings
from billing_core.ports.history import History, StoredEvent, UnreadableEvent
from billing_core.ports.inbox import Inbox
from billing_core.ports.incidents import Incident, IncidentFilter, Incidents, IncidentStatus
from billing_core.ports.overview import AccountListed, AccountWanted, Overview
from billing_core.ports.records import CauseStatus

RECENT_DAYS = 30
MOST_INCIDENTS = 20
GONE = (Figure.SPENT, Figure.EXPIRED, Figure.REVOKED, Figure.TAKEN, Figure.SETTLED)
PAID_DEBT = (Figure.SETTLED, Figure.FORGIVEN, Figure.WRITTEN_OFF)


@frozen(kw_only=True)
class Glance:
    """Everything at a glance. Credits are of all accounts: `outstanding` can be spent or are held, `debt` is owed.

    `recent` are the figures of the last `RECENT_DAYS` days, today included, and `generations` those accepted in them.
    `left_out` accounts could not be read, so what happened to them lately is in no figure.
    """

    at: datetime
    standings: tuple[Standings, ...]
    outstanding: int
    debt: int
    ever: Mapping[Figure, int]
    recent: Mapping[Figure, int]
    generations: Mapping[GenerationStatus, int]
    incidents: Mapping[IncidentKind, int]
    webhooks: Mapping[CauseStatus, int]
    parked: int
    left_out: int

    @property
    def accounts(self) -> int:
        return sum([each.accounts for each in self.standings])

    @property
    def monthly(self) -> Mapping[str, int]:
        """What all subscriptions come to a month, in minor units, by currency."""
        sums = Counter[str]()
        for each in self.standings:
            if each.currency is not None:
                sums[each.currency] += each.monthly_minor
        return sums


@frozen(kw_only=True)
class AccountPage:
    """Some accounts, in the order of their ids, and where the next ones begin."""

    items: tuple[AccountListed, ...]
    next_cursor: str | None


@frozen(kw_only=True)
class AccountShown:
    """An account as it is now, and its newest open incidents."""

    held: AccountAt
    incidents: tuple[Incident, ...]


@frozen(kw_only=True)
class EventPage:
    """Some events of an account, newest first, and the number behind which the next ones begin."""

    items: tuple[StoredEvent | UnreadableEvent, ...]
    next_cursor: int | None


@frozen
class Overseeing:
    """Reads for operators. But for figures that were not counted yet, nothing is written. Raises: Unavailable."""

    reckoning: Reckoning
    figures: Figures
    overview: Overview
    incidents: Incidents
    inbox: Inbox
    history: History
    viewing: Viewing
    clock: Clock

    async def __call__(self) -> Glance:
        """Everything, counted up to now."""
        reckoned, now = await self.reckoning(), self.clock.now()
        today = now.date()
        first, tomorrow = today - timedelta(days=RECENT_DAYS - 1), today + timedelta(days=1)
        ever, recent, generations = await self.figures.before(tomorrow), Counter[Figure](), Counter[GenerationStatus]()
        for place, amount in (await self.figures.days(first, today)).items():
            recent[place.figure] += amount
        for made in await self.overview.generations(first, today):
            generations[made.status] += made.generations
        return Glance(
            at=now,
            standings=await self.figures.standings(),
            outstanding=outstanding(ever),
            debt=debt(ever),
            ever=ever,
            recent=recent,
            generations=generations,
            incidents=await self.overview.open_incidents(),
            webhooks={status: await self.inbox.count(status, prefix=PREFIX) for status in CauseStatus},
            parked=await self.overview.count_parked(),
            left_out=reckoned.left_out,
        )

    async def accounts(self, wanted: AccountWanted, *, limit: int, cursor: str | None = None) -> AccountPage:
        """A cursor is the id of the last account that was seen."""
        found = await self.overview.accounts(wanted, after=cursor or "", limit=limit + 1)
        shown = found[:limit]
        return AccountPage(items=shown, next_cursor=shown[-1].id if len(found) > limit else None)

    async def account(self, account_id: str) -> AccountShown:
        """Raises AccountNotFound where nothing was ever written for it."""
        await self._ensure_known(account_id)
        wanted = IncidentFilter(status=IncidentStatus.OPEN, account_id=account_id)
        incidents = await self.incidents.page(wanted, limit=MOST_INCIDENTS)
        return AccountShown(held=await self.viewing(account_id), incidents=incidents)

    async def events(self, account_id: str, *, limit: int, cursor: int | None = None) -> EventPage:
        """A cursor is the number of the last event that was seen. What is due but not written is not listed.

        Raises AccountNotFound.
        """
        await self._ensure_known(account_id)
        found = await self.history.newest(account_id, before=cursor, limit=limit + 1)
        shown = found[:limit]
        return EventPage(items=shown, next_cursor=shown[-1].number if len(found) > limit else None)

    async def _ensure_known(self, account_id: str) -> None:
        if not await self.history.newest(account_id, limit=1):
            raise AccountNotFound(account_id)


def outstanding(ever: Mapping[Figure, int]) -> int:
    """The credits that can be spent or are held, by conservation: what was granted and is not gone."""
    return ever.get(Figure.GRANTED, 0) - sum([ever.get(figure, 0) for figure in GONE])


def debt(ever: Mapping[Figure, int]) -> int:
    """The credits that are owed, by conservation: what was incurred and is not paid, forgiven or written off."""
    return ever.get(Figure.INCURRED, 0) - sum([ever.get(figure, 0) for figure in PAID_DEBT])
