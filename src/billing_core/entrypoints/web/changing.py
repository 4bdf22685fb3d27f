"""Changing the plan: one quote on a page of its own, and then exactly that."""

from typing import Annotated, Any, Literal
from urllib.parse import quote_plus

import msgspec
from attrs import frozen
from litestar import Controller, Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect
from msgspec import Meta

from billing_core.application.changing import ChangeWish, Quote
from billing_core.application.errors import PaymentDeclined, QuoteStale
from billing_core.domain.catalog import CatalogVersion, Interval, Plan
from billing_core.domain.errors import InvalidValue, NoSubscription
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import Name
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.http.refusals import FieldProblem, InvalidFields
from billing_core.entrypoints.web.forms import filled
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.rendering import Web
from billing_core.entrypoints.web.standing import Standing, standing_of
from billing_core.entrypoints.web.wording import Differences, differences, why_declined
from billing_core.ports.gateway import ChangeStatus, When

HOSTED_INVOICE = "hosted_invoice"


class Change(msgspec.Struct, kw_only=True):
    """The plan to move to, as the forms and links name it; a wish that is confirmed has its quote."""

    tier: Name
    interval: Literal["month", "year"] | None = None
    when: Literal["now", "period_end"] | None = None
    quote: Annotated[str, Meta(min_length=1, max_length=512)] | None = None

    @property
    def wish(self) -> ChangeWish:
        return ChangeWish(
            tier=self.tier,
            interval=Interval(self.interval) if self.interval else None,
            when=When(self.when) if self.when else None,
        )


@frozen(kw_only=True)
class Told:
    """What stands above a quote: why the last one was not done."""

    problem: str = ""
    status: int = 200
    is_declined: bool = False


class Changing(Controller):
    """`/subscription/change`"""

    path = "/subscription/change"
    guards = (payments_needed,)
    include_in_schema = False

    @get("/")
    async def ask(
        self,
        *,
        web: Page,
        caller: given.Caller,
        viewing: given.Viewing,
        quoting: given.Quoting,
        tier: FromQuery[str] = "",
        interval: FromQuery[str] = "",
        when: FromQuery[str] = "",
    ) -> Response[Any]:
        """What the change costs and does. Who pays for no plan yet is led to subscribing."""
        change = filled({"tier": tier, "interval": interval, "when": when}).read(Change)
        standing = standing_of(await viewing(caller.account_id))
        try:
            quote = await quoting(caller.account_id, change.wish)
        except NoSubscription:
            return web.see(f"/subscribe?tier={quote_plus(change.tier)}&interval={change.interval or 'month'}")
        except InvalidValue as refused:
            return web.see("/", problem=f"There is nothing to change: {refused.problem}.")
        return quote_page(web, standing, change, quote)

    @post("/")
    async def change(
        self,
        *,
        web: Page,
        caller: given.Caller,
        form: Filled,
        viewing: given.Viewing,
        quoting: given.Quoting,
        changing: given.Changing,
    ) -> Response[Any]:
        """Does what was quoted; where that no longer holds, or the bank says no, the quote is shown anew."""
        change = form.read(Change)
        if change.quote is None:
            raise InvalidFields((FieldProblem("quote", "look at the quote first"),))
        try:
            changed = await changing(caller.account_id, change.wish, quote=change.quote)
        except QuoteStale:
            told = Told(problem="The price is another one by now. This is what it would be:", status=409)
        except PaymentDeclined as declined:
            told = Told(problem=_declined(declined), status=402, is_declined=True)
        else:
            if changed.status is ChangeStatus.PENDING_AUTHENTICATION:
                web.request.session[HOSTED_INVOICE] = changed.hosted_invoice_url or ""
                return web.see("/subscription/change/confirm")
            return _done(web, change, changed.quote)
        return await self._again(web, change, told, viewing, quoting)

    async def _again(
        self, web: Web, change: Change, told: Told, viewing: given.Viewing, quoting: given.Quoting
    ) -> Response[Any]:
        account_id = web.signed_in.account_id
        try:
            quote = await quoting(account_id, change.wish)
        except InvalidValue:  # it is the present plan by now: the first of two clicks did it
            return web.see("/account", said="Your plan is changed.")
        return quote_page(web, standing_of(await viewing(account_id)), change, quote, told=told)

    @get("/confirm")
    async def confirm(self, web: Page, caller: given.Caller) -> Response[Any]:
        """Where the bank asks its customer first. Nobody but who asked for the change has the link."""
        url = web.request.session.get(HOSTED_INVOICE)
        return web.page("confirm.html", url=url) if url else web.see("/account")

    @get("/done")
    async def done(
        self, web: Page, caller: given.Caller, viewing: given.Viewing, tier: FromQuery[str] = ""
    ) -> Response[str]:
        """Waits until the plan is there, and says what it gives."""
        held = await viewing(caller.account_id)
        return web.page("changed.html", standing=standing_of(held), target=held.catalog.current.plan(tier))

    @post("/drop")
    async def drop(self, web: Page, caller: given.Caller, changing: given.Changing) -> Redirect:
        """Keeps the plan that would have been changed at the period's end."""
        await changing.drop(caller.account_id)
        return web.see("/account", said="Your subscription stays as it is.")


def quote_page(
    web: Web, standing: Standing, change: Change, quote: Quote, *, told: Told | None = None
) -> Response[str]:
    """The quote in money, in credits and in what the plan allows."""
    said = told or Told()
    version = standing.held.catalog.current
    target = version.plan(change.tier)
    return web.page(
        "change.html",
        status=said.status,
        standing=standing,
        target=target,
        interval=change.interval or (standing.view.interval.value if standing.view.interval else "month"),
        change=change,
        quote=quote,
        differences=differences_of(standing, target, version),
        told=said,
    )


def differences_of(standing: Standing, target: Plan, version: CatalogVersion) -> Differences:
    """From what is billed, since a plan in force may be on its way there."""
    billed = standing.billed
    known = {plan.key: plan for plan in version.plans}
    now = standing.plan if billed is None or billed.item == standing.plan.key else known.get(billed.item, standing.plan)
    return differences(now, target)


def _done(web: Web, change: Change, quote: Quote) -> Redirect:
    if quote.when is When.NOW:
        return web.see(f"/subscription/change/done?tier={quote_plus(change.tier)}")
    return web.see("/account", said=f"Done. Your plan changes on {quote.next_at.day} {quote.next_at:%B %Y}.")


def _declined(declined: PaymentDeclined) -> str:
    reason = why_declined(declined.decline_code)
    because = f": {reason}" if reason else ""
    return f"Your bank said no{because}. Nothing was charged and nothing has changed."
