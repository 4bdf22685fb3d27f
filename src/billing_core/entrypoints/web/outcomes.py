"""Coming back from a checkout: what was gained, or that nothing was bought."""

from litestar import Controller, Response, get
from litestar.params import FromQuery

from billing_core.application.errors import CheckoutNotFound
from billing_core.application.viewing import CheckoutView, checkout_view
from billing_core.domain.account_at import AccountAt
from billing_core.domain.catalog import Kind
from billing_core.domain.checkouts import Checkout, CheckoutStatus
from billing_core.entrypoints.http import given
from billing_core.entrypoints.web.giving import Page
from billing_core.entrypoints.web.standing import standing_of

WAITING = {CheckoutStatus.OPEN: 3, CheckoutStatus.PROCESSING: 30, CheckoutStatus.PAID: 1.5}
"""After how many seconds it is worth looking again. The news of a checkout come from elsewhere, and may be late."""


class Outcomes(Controller):
    """`/subscription/success` and `/subscription/cancel`"""

    path = "/subscription"
    include_in_schema = False

    @get("/success")
    async def success(self, web: Page, viewing: given.Viewing, session_id: FromQuery[str] = "") -> Response[str]:
        """How far the checkout has gone, looked at anew until it is done. Who is not signed in is told nothing of it.

        Raises CheckoutNotFound, also for another's.
        """
        if web.caller is None or not session_id:
            return web.page("thanks.html", session_id=session_id)
        held = await viewing(web.caller.account_id)
        checkout, view = _checkout(held, session_id)
        version = held.catalog.version(checkout.version)
        return web.page(
            "outcome.html",
            standing=standing_of(held),
            available=held.account.book.available,
            checkout=checkout,
            view=view,
            seconds=WAITING.get(view.status),
            plan=version.plan(view.item) if view.kind is Kind.PLAN else None,
            pack=version.pack(view.item) if view.kind is Kind.PACK else None,
        )

    @get("/cancel")
    async def left(self, web: Page) -> Response[str]:
        return web.page("left.html")


def _checkout(held: AccountAt, session_id: str) -> tuple[Checkout, CheckoutView]:
    for checkout in held.account.checkouts:
        if checkout.session_id == session_id:
            return checkout, checkout_view(held, checkout)
    raise CheckoutNotFound(session_id)
