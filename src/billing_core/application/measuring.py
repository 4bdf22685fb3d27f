"""How the service stands, in figures that somebody watches all the time: read from the books, which know it for all
processes, and cheap enough to be asked again every few seconds."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import frozen

from billing_core.application.guarding import Round, last_round
from billing_core.application.receiving import UNDONE
from billing_core.application.replaying import PREFIX
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.bookmarks import Bookmarks
from billing_core.ports.clock import Clock
from billing_core.ports.errors import BadSignature
from billing_core.ports.groups import Groups
from billing_core.ports.inbox import Inbox, StoredCause
from billing_core.ports.jobs import Backlog, Jobs
from billing_core.ports.overview import GenerationsMade, Overview
from billing_core.ports.records import CauseStatus
from billing_core.ports.webhooks import Webhooks

LATEST = 20
"""So many webhooks tell how late they come."""


@frozen(kw_only=True)
class Measured:
    """How it stands at a moment.

    `webhook_lag` is the longest that any of the latest webhooks took from its making to its being stored, `heard_at`
    when the last came; both are None where none has come. `undone` counts those that failed or are dead, `generations`
    those that were accepted today (UTC). `last_round` is the last look at whether what must hold does, and `groups` how
    this one process commits.
    """

    at: datetime
    heard_at: datetime | None
    webhook_lag: timedelta | None
    undone: Mapping[CauseStatus, int]
    parked: int
    backlog: Backlog
    incidents: Mapping[IncidentKind, int]
    generations: tuple[GenerationsMade, ...]
    last_round: Round | None
    groups: Groups


@frozen
class Measuring:
    """Measures. Raises: Unavailable."""

    inbox: Inbox
    overview: Overview
    jobs: Jobs
    bookmarks: Bookmarks
    webhooks: Webhooks
    clock: Clock
    groups: Groups

    async def __call__(self) -> Measured:
        now = self.clock.now()
        latest = await self.inbox.with_status(CauseStatus.PROCESSED, prefix=PREFIX, limit=LATEST)
        return Measured(
            at=now,
            heard_at=latest[0].received_at if latest else None,
            webhook_lag=max(filter(None, map(self._lag, latest)), default=None),
            undone={status: await self.inbox.count(status, prefix=PREFIX) for status in UNDONE},
            parked=await self.overview.count_parked(),
            backlog=await self.jobs.backlog(now),
            incidents=await self.overview.open_incidents(),
            generations=await self.overview.generations(now.date(), now.date()),
            last_round=await last_round(self.bookmarks),
            groups=self.groups,
        )

    def _lag(self, stored: StoredCause) -> timedelta | None:
        try:
            made_at = self.webhooks.retranslate(stored.body).created_at
        except BadSignature:
            return None  # an older version kept it otherwise
        return max(timedelta(0), stored.received_at - made_at)
