"""Subscriptions that are not what the gateway says they are, and letting the books follow."""

from collections.abc import AsyncIterator

from attrs import evolve, frozen

from billing_core.application.comparing import Compared, Comparing
from billing_core.application.refreshing import Refreshing
from billing_core.application.results import FEW, Outcome, Result, Trouble, at_once, pages
from billing_core.ports.archive import Unreadable
from billing_core.ports.errors import UnknownAtGateway

KIND = "subscription"


@frozen
class FollowingDrift:
    """Fetches each subscription that differs, as if the gateway had told of it, and lets the books follow.

    One that the gateway does not know at all is left as it is: that is no news of its state, and may as well mean that
    the key is another shop's. A person is told.
    """

    compare: Comparing
    refresh: Refreshing
    trouble: Trouble

    async def __call__(self, *, dry_run: bool = False) -> AsyncIterator[Result]:
        """One result for each that is live. Raises Unavailable, GatewayRefused."""
        async for page in pages(self.compare(), FEW):
            for result in await at_once(self.follow(compared, dry_run=dry_run) for compared in page):
                yield result

    async def follow(self, compared: Compared | Unreadable, *, dry_run: bool) -> Result:
        """What came of one. Raises the port failures."""
        if isinstance(compared, Unreadable):
            unreadable = Result(kind=KIND, id=compared.id, outcome=Outcome.UNREADABLE, detail=compared.problem)
            return await self.trouble(unreadable, dry_run=dry_run)
        if compared.account_id is None:
            return Result(kind=KIND, id=compared.subscription_id, outcome=Outcome.SKIPPED, detail="nobody's")
        outcome = Outcome.CHANGED if compared.drift else Outcome.UNCHANGED
        result = Result(
            kind=KIND,
            id=compared.subscription_id,
            outcome=outcome,
            account_id=compared.account_id,
            detail=compared.drift,
        )
        if dry_run or outcome is Outcome.UNCHANGED:
            return result
        return await self.trouble.of(result, self._refreshed(result, compared.account_id))

    async def _refreshed(self, changed: Result, account_id: str) -> Result:
        try:
            await self.refresh(account_id, changed.id)
        except UnknownAtGateway:
            gone = evolve(changed, outcome=Outcome.GONE, detail="the gateway does not know it")
            return await self.trouble(gone)
        return changed
