"""Looking every hour whether all that must hold of accounts does; where it does not, a person is told.

Only rows are read, so it costs little; the audit replays the streams. What it found is kept as counts, for the doctor
and whoever watches.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import evolve, field, frozen

from billing_core.application.accruing import Accruing
from billing_core.application.auditing import broken
from billing_core.application.matching import Matching
from billing_core.application.results import PAGE
from billing_core.domain.catalog import Catalog
from billing_core.domain.incidents import IncidentKind, Resolution
from billing_core.domain.invariants import Breach, Invariant
from billing_core.ports.bookmarks import Bookmarks
from billing_core.ports.clock import Clock
from billing_core.ports.incidents import Incident, Incidents
from billing_core.ports.register import AccountRow, Register

UNDER_WAY, LAST = "guarding", "guarded"
LONGEST_RUN = timedelta(minutes=5)

KINDS: Mapping[Invariant, IncidentKind] = {
    Invariant.STREAM: IncidentKind.ACCRUAL_FAILED,
    Invariant.PAID_WITHOUT_GRANT: IncidentKind.PAID_WITHOUT_GRANT,
    Invariant.LIVE_WITHOUT_ACCESS: IncidentKind.LIVE_WITHOUT_ACCESS,
    Invariant.HOLD_PAST_DEADLINE: IncidentKind.HOLD_PAST_DEADLINE,
    Invariant.HOLD_WITHOUT_END: IncidentKind.HOLD_WITHOUT_END,
    Invariant.SUBSCRIPTION_AS_TOLD: IncidentKind.DRIFT,
    Invariant.PAYMENT_AS_TOLD: IncidentKind.DRIFT,
}
"""As what each is shown that can be seen by a row, or at the gateway."""


@frozen(kw_only=True)
class Round:
    """One look at all accounts: how far it has come, how many holds are open, and how often each invariant did not
    hold, by its value."""

    began_at: datetime
    ended_at: datetime | None = None
    after: str = ""
    accounts: int = 0
    found: Mapping[str, int] = field(factory=dict)
    holds: int = 0


@frozen
class Guarding:
    """Goes through the rows of all accounts, on and on: an hour's run goes on where the last one stopped.

    What is due is written first, so that what is found cannot be mended by waiting. `matching` is given where the
    gateway may be asked for each account too. A breach that a person dismissed is not told again while it stays the
    same.
    """

    accruing: Accruing
    register: Register
    incidents: Incidents
    bookmarks: Bookmarks
    catalog: Catalog
    clock: Clock
    matching: Matching | None = None

    async def run(self, _args: Mapping[str, str]) -> None:
        """The job. Raises Unavailable, and what matching raises."""
        now = self.clock.now()
        await self.accruing.run({})
        going = await _kept(self.bookmarks, UNDER_WAY) or Round(began_at=now)
        while rows := await self.register.page(after=going.after, limit=PAGE):
            found, holds = Counter(going.found), going.holds
            for row in rows:
                found.update([breach.invariant.value for breach in await self._look(row)])
                holds += len(row.account.book.holds) if row.account is not None else 0
                await asyncio.sleep(0)  # whoever is served by this process gets in between
            seen = going.accounts + len(rows)
            going = evolve(going, after=rows[-1].account_id, accounts=seen, found=dict(found), holds=holds)
            if self.clock.now() - now >= LONGEST_RUN:
                await self.bookmarks.set(UNDER_WAY, _written(going))
                return
        await self.bookmarks.set(LAST, _written(evolve(going, ended_at=self.clock.now())))
        await self.bookmarks.set(UNDER_WAY, "")

    async def _look(self, row: AccountRow) -> tuple[Breach, ...]:
        if row.account is None:
            return ()  # the audit tells it
        found = broken(row.account, self.clock.now(), self.catalog)
        found += await self.matching(row.account_id) if self.matching is not None else ()
        for breach in found:
            await self._tell(row.account_id, breach)
        return found

    async def _tell(self, account_id: str, breach: Breach) -> None:
        incident = Incident(
            key=breach.key,
            account_id=account_id,
            kind=KINDS[breach.invariant],
            detail=breach.text,
            at=self.clock.now(),
            about=breach.about,
        )
        if not _is_dismissed(incident, await self.incidents.find(incident.id)):
            await self.incidents.report(incident)


async def last_round(bookmarks: Bookmarks) -> Round | None:
    """What the last look at all accounts found; None where none has ended yet."""
    return await _kept(bookmarks, LAST)


async def _kept(bookmarks: Bookmarks, name: str) -> Round | None:
    written = await bookmarks.get(name)
    return _read(written) if written else None


def _is_dismissed(incident: Incident, known: Incident | None) -> bool:
    """Whether a person has seen just that, and wants nothing done about it."""
    if known is None or known.resolved is None or known.detail != incident.detail:
        return False
    return known.resolved.resolution is Resolution.DISMISS


def _written(told: Round) -> str:
    ended = told.ended_at.isoformat() if told.ended_at is not None else None
    began, found = told.began_at.isoformat(), dict(told.found)
    return json.dumps([began, ended, told.after, told.accounts, found, told.holds])


def _read(written: str) -> Round:
    began, ended, after, accounts, found, *later = json.loads(written)
    return Round(
        began_at=datetime.fromisoformat(began),
        ended_at=datetime.fromisoformat(ended) if ended is not None else None,
        after=after,
        accounts=accounts,
        found=found,
        holds=next(iter(later), 0),  # an earlier version did not count them
    )
