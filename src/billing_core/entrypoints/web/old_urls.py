"""Old addresses of pages, which lead to today's."""

from urllib.parse import quote

from litestar import Controller, get
from litestar.params import FromQuery
from litestar.response import Redirect

from billing_core.domain.errors import NoCustomer
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.web.giving import Page


class OldPages(Controller):
    """`/subscription/…` and `/memberships/…`"""

    path = "/"
    include_in_schema = False

    @get("/subscription/subscribe")
    async def subscribe(self, web: Page) -> Redirect:
        return web.see("/")

    @get("/subscription/manage", guards=[payments_needed])
    async def manage(
        self,
        web: Page,
        caller: given.Caller,
        throttle: given.Throttle,
        redirects: given.Redirects,
        managing: given.Managing,
    ) -> Redirect:
        """Goes to the portal; who has nothing to manage yet, to what there is to buy."""
        await throttle()
        try:
            portal = await managing(caller.account_id, return_url=redirects.portal(None))
        except NoCustomer:
            return web.see("/")
        return web.leave(portal)

    @get("/memberships/success")
    async def success(self, web: Page, session_id: FromQuery[str] = "") -> Redirect:
        return web.see(f"/subscription/success?session_id={quote(session_id, safe='')}")

    @get("/memberships/cancel")
    async def left(self, web: Page) -> Redirect:
        return web.see("/subscription/cancel")

    @get("/memberships/cancel_now")
    async def cancel_now(self, web: Page) -> Redirect:
        """Goes to where one is asked whether one means it: to look at an address ends nothing."""
        return web.see("/account/cancel")
