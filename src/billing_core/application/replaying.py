"""Looking through the webhooks that were kept, and taking those in again that failed."""

from collections.abc import AsyncIterator

from attrs import frozen

from billing_core.application import tasks
from billing_core.application.receiving import UNDONE, Receiving
from billing_core.ports.errors import BadSignature
from billing_core.ports.inbox import Inbox, StoredCause
from billing_core.ports.records import CauseStatus
from billing_core.ports.shelf import Prices

PREFIX = tasks.webhook_key("")
PAGE = 100


@frozen(kw_only=True)
class Replayed:
    """What came of taking an event in once more: `unchanged` where it was processed before."""

    event_id: str
    account_id: str
    outcome: str


@frozen
class Replaying:
    """Takes kept webhooks in again, beside whoever receives new ones. Raises everywhere: Unavailable."""

    inbox: Inbox
    receiving: Receiving
    prices: Prices

    async def find(self, event_id: str) -> tuple[StoredCause, ...]:
        """The event as it was kept: under each account that it was kept for, since it was nobody's at first."""
        return await self.inbox.find(tasks.webhook_key(event_id))

    async def newest(self, status: CauseStatus, *, limit: int) -> tuple[StoredCause, ...]:
        """The webhooks in that status, newest first."""
        return await self.inbox.with_status(status, prefix=PREFIX, limit=limit)

    async def undone(self) -> int:
        """How many have failed, or are dead."""
        return sum([await self.inbox.count(status, prefix=PREFIX) for status in UNDONE])

    async def event(self, event_id: str) -> tuple[Replayed, ...]:
        """Takes that event in again, wherever it failed."""
        await self.prices.on_sale()  # prices that were made since are to be understood
        return tuple([await self._again(stored) for stored in await self.find(event_id)])

    async def all(self) -> AsyncIterator[Replayed]:
        """Takes in everything that failed or is dead, each once."""
        await self.prices.on_sale()
        for status in reversed(UNDONE):  # what fails to the last meanwhile is dead, and was tried
            last = None
            while page := await self.inbox.with_status(status, prefix=PREFIX, before=last, limit=PAGE):
                for stored in page:
                    yield await self._again(stored)
                last = page[-1]

    async def _again(self, stored: StoredCause) -> Replayed:
        outcome = "unchanged"
        if stored.status in UNDONE:
            try:
                outcome = (await self.receiving.again(stored)).outcome
            except BadSignature:
                outcome = "unreadable"
        return Replayed(event_id=stored.key.removeprefix(PREFIX), account_id=stored.account_id, outcome=outcome)
