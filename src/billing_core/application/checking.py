"""How every subscription stands: its status, whether a renewal is due or overdue, and whether the books are in step."""

from collections.abc import AsyncIterator
from datetime import datetime

from attrs import frozen

from billing_core.application.comparing import Compared
from billing_core.application.drifting import FollowingDrift
from billing_core.application.results import FEW, Outcome, Result, at_once, pages
from billing_core.domain.subscription import Status
from billing_core.ports.archive import Unreadable
from billing_core.ports.clock import Clock

OWING = (Status.PAST_DUE, Status.UNPAID)


@frozen(kw_only=True)
class Checked:
    """One subscription. `status` and `period_end` are the gateway's, else ours; None of one that cannot be read.

    `is_due`: by our books its period is over, and no renewal has come. `is_overdue`: a renewal was not paid.
    """

    result: Result
    status: Status | None = None
    period_end: datetime | None = None
    is_due: bool = False
    is_overdue: bool = False


@frozen
class Checking:
    """Looks at every subscription that is live here or at the gateway, and lets the books follow where they differ."""

    drift: FollowingDrift
    clock: Clock

    async def __call__(self, *, dry_run: bool = False) -> AsyncIterator[Checked]:
        """Each, once it was followed; a dry run follows nothing. Raises Unavailable, GatewayRefused."""
        async for page in pages(self.drift.compare(), FEW):
            for checked in await at_once(self._check(compared, dry_run=dry_run) for compared in page):
                if checked.result.outcome is not Outcome.SKIPPED:
                    yield checked

    async def _check(self, compared: Compared | Unreadable, *, dry_run: bool) -> Checked:
        result = await self.drift.follow(compared, dry_run=dry_run)
        if isinstance(compared, Unreadable):
            return Checked(result=result)
        side, ours = compared.theirs or compared.ours, compared.ours
        return Checked(
            result=result,
            status=side.status if side is not None else None,
            period_end=side.period_end if side is not None else None,
            is_due=ours is not None and ours.status.is_live and ours.period_end <= self.clock.now(),
            is_overdue=side is not None and side.status in OWING,
        )
