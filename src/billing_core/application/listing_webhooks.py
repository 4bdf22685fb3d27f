"""The webhooks that came, for operators: what failed, what is parked, and taking one in again."""

from datetime import datetime

from attrs import frozen

from billing_core.application.errors import WebhookNotFound
from billing_core.application.receiving import NOBODY, UNDONE, Receiving
from billing_core.application.replaying import PREFIX, Replayed, Replaying
from billing_core.ports.directory import ParkedEvent
from billing_core.ports.inbox import Inbox, StoredCause
from billing_core.ports.overview import Overview
from billing_core.ports.records import CauseStatus


@frozen(kw_only=True)
class WebhookListed:
    """A webhook as it was kept. `status` is how far it has got, or `parked`: it waits for somebody to own what it is
    about, `waits_for` by its id at the gateway. `attempts` counts how often it failed."""

    event_id: str
    type: str
    account_id: str | None
    status: str
    attempts: int
    received_at: datetime
    error: str | None = None
    waits_for: str | None = None

    @property
    def cursor(self) -> str:
        """Where the list goes on behind it: the same event may be kept for two accounts."""
        return f"{self.event_id}@{self.account_id or ''}"


@frozen(kw_only=True)
class WebhookPage:
    """Some webhooks, newest first, and where the next ones begin."""

    items: tuple[WebhookListed, ...]
    next_cursor: str | None


@frozen
class ListingWebhooks:
    """Shows operators the webhooks that were kept, and takes one in again. Raises everywhere: Unavailable."""

    inbox: Inbox
    overview: Overview
    receiving: Receiving
    replaying: Replaying

    async def __call__(
        self, status: CauseStatus | None = None, *, limit: int, cursor: str | None = None
    ) -> WebhookPage:
        """Those in that status; without one, those that are not done: failed, or tried to the last.

        An unknown cursor begins anew.
        """
        before = await self._before(cursor)
        asked = UNDONE if status is None else (status,)
        pages = [await self.inbox.with_status(s, prefix=PREFIX, before=before, limit=limit + 1) for s in asked]
        return _page(sorted([_listed(each) for page in pages for each in page], key=_place, reverse=True), limit)

    async def parked(self, *, limit: int, cursor: str | None = None) -> WebhookPage:
        """Those that wait for somebody to own what they are about."""
        after = await self.overview.parked_event(cursor.partition("@")[0]) if cursor is not None else None
        found = await self.overview.parked(limit=limit + 1, after=after)
        return _page([_parked(each) for each in found], limit)

    async def find(self, event_id: str) -> tuple[tuple[WebhookListed, bytes], ...]:
        """The event with its body, wherever it is kept. Raises WebhookNotFound."""
        parked = await self.overview.parked_event(event_id)
        if parked is not None:
            return ((_parked(parked), parked.body),)
        found = await self.replaying.find(event_id)
        if not found:
            raise WebhookNotFound(event_id)
        return tuple([(_listed(each), each.body) for each in found])

    async def retry(self, event_id: str) -> tuple[Replayed, ...]:
        """Takes the event in again, wherever it is kept and not done: what was processed is left as it is.

        A parked one stays parked (`parked`) while nobody owns what it is about. Raises WebhookNotFound, and where the
        gateway does not answer, Unavailable.
        """
        parked = await self.overview.parked_event(event_id)
        if parked is not None:
            return await self._unparked(parked)
        replayed = await self.replaying.event(event_id)
        if not replayed:
            raise WebhookNotFound(event_id)
        return replayed

    async def _unparked(self, parked: ParkedEvent) -> tuple[Replayed, ...]:
        await self.replaying.prices.on_sale()  # as for one that failed
        await self.receiving.receive_parked({"provider_id": parked.provider_id})
        if await self.overview.parked_event(parked.event_id) is not None:
            return (Replayed(event_id=parked.event_id, account_id=NOBODY, outcome="parked"),)
        return tuple(
            Replayed(event_id=parked.event_id, account_id=kept.account_id, outcome=kept.status.value)
            for kept in await self.replaying.find(parked.event_id)
        )

    async def _before(self, cursor: str | None) -> StoredCause | None:
        event_id, _, account_id = (cursor or "").partition("@")
        return await self.inbox.get(account_id, f"{PREFIX}{event_id}") if cursor else None


def _page(found: list[WebhookListed], limit: int) -> WebhookPage:
    shown = tuple(found[:limit])
    return WebhookPage(items=shown, next_cursor=shown[-1].cursor if len(found) > limit else None)


def _place(listed: WebhookListed) -> tuple[datetime, str, str]:
    return listed.received_at, listed.account_id or "", listed.event_id


def _listed(stored: StoredCause) -> WebhookListed:
    return WebhookListed(
        event_id=stored.key.removeprefix(PREFIX),
        type=stored.kind,
        account_id=stored.account_id,
        status=stored.status.value,
        attempts=stored.attempts,
        received_at=stored.received_at,
        error=stored.error,
    )


def _parked(event: ParkedEvent) -> WebhookListed:
    return WebhookListed(
        event_id=event.event_id,
        type=event.kind,
        account_id=None,
        status="parked",
        attempts=0,
        received_at=event.received_at,
        waits_for=event.provider_id or None,
    )
