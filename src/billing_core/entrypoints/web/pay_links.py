"""Where a customer's own link leads: to a checkout that is opened for them."""

from pathlib import PurePath
from typing import Any

from litestar import Controller, Response, get
from litestar.params import FromPath

from billing_core.application.checking_out import Customer
from billing_core.application.subscribing import PlanOrder
from billing_core.domain.catalog import Interval
from billing_core.domain.errors import BillingError, PortFailure
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.http.links import PAY
from billing_core.entrypoints.http.problems import kind_of
from billing_core.entrypoints.web.giving import Page


class Pay(Controller):
    """`/pay`"""

    path = PAY
    include_in_schema = False
    guards = (payments_needed,)

    @get("/{reference:path}")
    async def open(
        self,
        *,
        web: Page,
        reference: FromPath[PurePath],
        references: given.References,
        throttle_for: given.ThrottleFor,
        redirects: given.Redirects,
        viewing: given.Viewing,
        subscribing: given.Subscribing,
    ) -> Response[Any]:
        """Opens a checkout and goes there. What stands in the way is told on a page: a person is looking."""
        wanted = references.opened(str(reference).removeprefix("/"))
        if wanted is None:
            return web.page("no_link.html", status=404)
        await throttle_for(wanted.account_id)
        account = (await viewing(wanted.account_id)).account
        customer = Customer(account_id=account.id, email=account.email, name=account.name)
        order = PlanOrder(tier=wanted.tier, interval=Interval(wanted.interval), currency=wanted.currency)
        try:
            started = await subscribing(customer, order, redirects.checkout(None, None))
        except PortFailure:
            raise
        except BillingError as refused:
            kind = kind_of(refused)
            return web.page("not_bought.html", status=kind.status, title=kind.title)
        return web.leave(started.url)
