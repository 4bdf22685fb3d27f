"""Keeping the books in step with the gateway: what was never told, and what was told wrongly.

The gateway's word counts. Where all webhooks came, a run finds nothing; it may run at any time, beside anything.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta

from attrs import frozen

from billing_core.application.catching_up import BookingMissedInvoices, FollowingTouchedPayments, TakingMissedEvents
from billing_core.application.drifting import KIND, FollowingDrift
from billing_core.application.results import Result
from billing_core.ports.archive import EVENTS_KEPT
from billing_core.ports.bookmarks import Bookmarks
from billing_core.ports.clock import Clock

BOOKMARK = "reconcile"
OVERLAP = timedelta(hours=1)  # an event may be listed a while after it is dated


@frozen
class Reconciling:
    """Events that never came, subscriptions that drifted, invoices that were not booked, refunds and disputes."""

    events: TakingMissedEvents
    drift: FollowingDrift
    invoices: BookingMissedInvoices
    payments: FollowingTouchedPayments
    bookmarks: Bookmarks
    clock: Clock

    async def run(self, _args: Mapping[str, str]) -> None:
        """The job. What failed is an incident, and is looked at again next time."""
        async for _ in self():
            pass

    async def __call__(self, *, since: datetime | None = None, dry_run: bool = False) -> AsyncIterator[Result]:
        """What came of each object that was looked at. A dry run writes nothing.

        It looks back to where the last run that went well began, at most 30 days, or to `since`: then events are
        found for 30 days, the others for all that time. Raises Unavailable, GatewayRefused.
        """
        began_at, is_well = self.clock.now(), True
        cursor = await self._cursor(began_at)
        start = cursor if since is None else since
        parts = (
            self.events(start, dry_run=dry_run),
            self.drift(dry_run=dry_run),
            self.invoices(start, dry_run=dry_run),
            self.payments(start, dry_run=dry_run),
        )
        for part in parts:
            async for result in part:
                is_well = is_well and not _holds_back(result)
                yield result
        if is_well and not dry_run and start <= cursor:
            await self.bookmarks.set(BOOKMARK, began_at.isoformat())

    async def _cursor(self, now: datetime) -> datetime:
        kept = await self.bookmarks.get(BOOKMARK)
        oldest = now - EVENTS_KEPT
        return oldest if kept is None else max(datetime.fromisoformat(kept) - OVERLAP, oldest)


def _holds_back(result: Result) -> bool:
    """Whether it must be met again: subscriptions are all looked at each time."""
    return result.outcome.is_trouble and result.kind != KIND
