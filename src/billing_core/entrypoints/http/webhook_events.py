"""The webhooks that were kept, for operators."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter

from billing_core.application.listing_webhooks import WebhookListed
from billing_core.application.receiving import NOBODY
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import only_admins
from billing_core.entrypoints.http.shapes import problems
from billing_core.ports.records import CauseStatus


class WebhookStatus(Enum):
    """How far a webhook has got; `parked` waits for somebody to own what it is about."""

    PROCESSED = "processed"
    FAILED = "failed"
    DEAD = "dead"
    PARKED = "parked"


Status = Annotated[WebhookStatus | None, QueryParameter()]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str | None, QueryParameter(max_length=600)]


class WebhookShape(msgspec.Struct, kw_only=True):
    """A webhook as it was kept. A parked one has no account, but in `waits_for` the id at the gateway that nobody owns
    yet. `attempts` counts how often it failed, `error` says why it did last."""

    event: str
    type: str
    status: str
    account: str | None
    attempts: int
    received_at: datetime
    error: str | None
    waits_for: str | None


class WebhooksShape(msgspec.Struct, kw_only=True):
    """A page of webhooks, newest first."""

    data: list[WebhookShape]
    next_cursor: str | None


class RetriedShape(msgspec.Struct, kw_only=True):
    """What came of it: `processed`, `failed`, `parked`; `unchanged` where it was processed before, `unreadable`."""

    event: str
    account: str | None
    outcome: str


class AllRetriedShape(msgspec.Struct, kw_only=True):
    """One for each account that the event is kept for."""

    data: list[RetriedShape]


class WebhookEvents(Controller):
    """`/admin/webhook-events`"""

    path = "/admin/webhook-events"
    guards = (only_admins,)
    tags = ("Admin",)

    @get("/", responses=problems(401, 403, 422, 503))
    async def show(
        self,
        *,
        listing_webhooks: given.ListingWebhooks,
        status: Status = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> WebhooksShape:
        """The webhooks in that status, newest first; without one, those that failed or were tried to the last."""
        if status is WebhookStatus.PARKED:
            page = await listing_webhooks.parked(limit=limit, cursor=cursor)
        else:
            asked = CauseStatus(status.value) if status else None
            page = await listing_webhooks(asked, limit=limit, cursor=cursor)
        return WebhooksShape(data=[webhook_of(each) for each in page.items], next_cursor=page.next_cursor)

    @post("/{event_id:str}/retry", status_code=200, responses=problems(401, 403, 404, 409, 422, 503))
    async def retry(self, event_id: FromPath[str], listing_webhooks: given.ListingWebhooks) -> AllRetriedShape:
        """Takes the event in again where it is not done. Safe at any time: it happens once."""
        done = await listing_webhooks.retry(event_id)
        return AllRetriedShape(
            data=[
                RetriedShape(event=each.event_id, account=_owner(each.account_id), outcome=each.outcome)
                for each in done
            ]
        )


def webhook_of(listed: WebhookListed) -> WebhookShape:
    """The webhook as operators are shown it."""
    return WebhookShape(
        event=listed.event_id,
        type=listed.type,
        status=listed.status,
        account=_owner(listed.account_id),
        attempts=listed.attempts,
        received_at=listed.received_at,
        error=listed.error,
        waits_for=listed.waits_for,
    )


def _owner(account_id: str | None) -> str | None:
    return None if account_id == NOBODY else account_id
