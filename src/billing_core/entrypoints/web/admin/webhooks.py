"""The webhooks that came: what failed, what waits for an owner, and taking one in again."""

from urllib.parse import quote

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from billing_core.domain.errors import BillingError
from billing_core.entrypoints.http import given
from billing_core.entrypoints.web.admin.accounts import Word
from billing_core.entrypoints.web.admin.doors import FEW, operators_only
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.wording import sentence
from billing_core.ports.records import CauseStatus

PARKED = "parked"
STATUSES = {
    "": ("Not done", ""),
    "failed": ("Failed", "warn"),
    "dead": ("Given up", "bad"),
    PARKED: ("Waiting for an owner", "warn"),
    "processed": ("Done", "good"),
}
OUTCOMES = {
    "processed": "Taken in.",
    "unchanged": "It was done before.",
    "failed": "It failed again.",
    "parked": "Nobody owns what it is about yet, so it goes on waiting.",
    "unreadable": "It cannot be read.",
}


class WebhookPages(Controller):
    """`/admin/webhooks`"""

    path = "/admin/webhooks"
    guards = (operators_only,)
    include_in_schema = False

    @get("/")
    async def show(
        self, web: Page, listing_webhooks: given.ListingWebhooks, status: Word = "", cursor: Word = ""
    ) -> Response[str]:
        """Those that are not done, or those in one status, newest first."""
        asked = status if status in STATUSES else ""
        if asked == PARKED:
            page = await listing_webhooks.parked(limit=FEW, cursor=cursor or None)
        else:
            page = await listing_webhooks(CauseStatus(asked) if asked else None, limit=FEW, cursor=cursor or None)
        return web.page("admin_webhooks.html", found=page, statuses=STATUSES, chosen=asked)

    @post("/{event_id:str}/retry")
    async def retry(
        self, web: Page, event_id: FromPath[str], form: Filled, listing_webhooks: given.ListingWebhooks
    ) -> Redirect:
        """Takes it in again where it is not done. Safe at any time: it happens once."""
        came_from = form.get("status")
        path = f"/admin/webhooks?status={quote(came_from)}" if came_from in STATUSES else "/admin/webhooks"
        try:
            done = await listing_webhooks.retry(event_id)
        except BillingError as failed:
            return web.see(path, problem=sentence(str(failed)))
        told = " ".join(dict.fromkeys(OUTCOMES.get(each.outcome, each.outcome) for each in done))
        is_done = all(each.outcome in {"processed", "unchanged"} for each in done)
        return web.see(path, said=f"{event_id}: {told}") if is_done else web.see(path, problem=f"{event_id}: {told}")
