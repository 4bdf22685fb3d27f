"""The account's own page: plan, credits, what became of them; and canceling, resuming, paying, buying."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Response, get, post
from litestar.response import Redirect
from msgspec import Meta

from billing_core.application.keying import API_ACCESS
from billing_core.application.viewing import credits_view, usage_view
from billing_core.domain.entitlements import entitlements
from billing_core.domain.errors import NoSubscription
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import Name
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.http.subscriptions import customer_of
from billing_core.entrypoints.web.charts import spent_by_day
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.movements import lines_of
from billing_core.entrypoints.web.offers import pack_cards
from billing_core.entrypoints.web.own_packs import own_packs
from billing_core.entrypoints.web.pricing import currency_of, way_back
from billing_core.entrypoints.web.standing import standing_of
from billing_core.entrypoints.web.wording import STATUSES

LATEST = 8
ALL_AT_ONCE = 100_000
"""The chart counts every movement of its days; the list of them is folded from the whole stream anyway."""


class Leaving(msgspec.Struct, kw_only=True):
    """When the subscription is to end."""

    when: Literal["period_end", "now"] = "period_end"


class OwnPackForm(msgspec.Struct, kw_only=True):
    """Which pack that comes again and again is meant."""

    subscription: Name


class PackOrder(msgspec.Struct, kw_only=True):
    """The pack to buy."""

    pack: Name
    currency: Annotated[str, Meta(pattern="^[a-z]{3}$")] | None = None


class AccountPages(Controller):
    """`/account`"""

    path = "/account"
    include_in_schema = False

    @get("/")
    async def show(
        self,
        web: Page,
        caller: given.Caller,
        viewing: given.Viewing,
        transactions: given.Transactions,
        keying: given.Keying,
    ) -> Response[str]:
        """All there is to know about the caller's account."""
        held = await viewing(caller.account_id)
        standing = standing_of(held)
        movements = (await transactions(caller.account_id, limit=ALL_AT_ONCE)).items
        version = held.catalog.current
        return web.page(
            "account.html",
            account=held.account,
            standing=standing,
            view=standing.view,
            badge=STATUSES.get(standing.view.status, ("", "")),
            usage=usage_view(held),
            credits=credits_view(held),
            days=spent_by_day(movements, held.now.date()),
            movements=lines_of(movements)[:LATEST],
            has_more=len(movements) > LATEST,
            keys=await keying.of(caller.account_id),
            has_api=entitlements(held).allows(API_ACCESS),
            own_packs=own_packs(held),
            packs=pack_cards(version, currency_of(version, "", web, standing)),
        )

    @get("/cancel", guards=[payments_needed])
    async def ask_to_cancel(self, web: Page, caller: given.Caller, viewing: given.Viewing) -> Response[str]:
        """What canceling means. Raises NoSubscription."""
        standing = standing_of(await viewing(caller.account_id))
        if standing.subscription is None:
            raise NoSubscription()
        free = standing.held.catalog.current.free
        return web.page("cancel.html", standing=standing, view=standing.view, free=free)

    @post("/cancel", guards=[payments_needed])
    async def cancel(self, web: Page, caller: given.Caller, form: Filled, canceling: given.Canceling) -> Redirect:
        leaving = form.read(Leaving)
        done = await canceling(caller.account_id, at_period_end=leaving.when == "period_end")
        ended = "Your subscription has ended." if done.ended else "Canceled. You keep your plan until it is over."
        return web.see("/account", said=ended)

    @post("/resume", guards=[payments_needed])
    async def resume(self, web: Page, caller: given.Caller, canceling: given.Canceling) -> Redirect:
        await canceling.resume(caller.account_id)
        return web.see("/account", said="Good to have you: your subscription goes on.")

    @post("/packs/cancel", guards=[payments_needed])
    async def cancel_pack(self, web: Page, caller: given.Caller, form: Filled, canceling: given.Canceling) -> Redirect:
        """Ends a pack that comes again and again, with what is paid for."""
        pack = form.read(OwnPackForm)
        await canceling(caller.account_id, at_period_end=True, subscription_id=pack.subscription)
        return web.see("/account", said="Canceled. The credits that you have stay yours.")

    @post("/packs/resume", guards=[payments_needed])
    async def resume_pack(self, web: Page, caller: given.Caller, form: Filled, canceling: given.Canceling) -> Redirect:
        pack = form.read(OwnPackForm)
        await canceling.resume(caller.account_id, subscription_id=pack.subscription)
        return web.see("/account", said="Good to have you: your pack goes on.")

    @post("/manage", guards=[payments_needed])
    async def manage(
        self,
        web: Page,
        caller: given.Caller,
        throttle: given.Throttle,
        redirects: given.Redirects,
        managing: given.Managing,
    ) -> Redirect:
        """Goes to the portal, where cards and invoices are."""
        await throttle()
        return_url = redirects.portal(f"{redirects.home}{web.root}/account")
        return web.leave(await managing(caller.account_id, return_url=return_url))

    @post("/buy", guards=[payments_needed])
    async def buy(
        self,
        *,
        web: Page,
        caller: given.Caller,
        form: Filled,
        throttle: given.Throttle,
        redirects: given.Redirects,
        buying: given.Buying,
    ) -> Response[Any]:
        """Goes to the checkout for a pack."""
        order = form.read(PackOrder)
        await throttle()
        currency = order.currency or web.settings.currency
        started = await buying(customer_of(caller), order.pack, currency, way_back(web, redirects))
        return web.leave(started.url)
