"""Old URLs: what the front ends call that were written for the services this core takes the place of.

They are there only where the operator says so, and each of them is another way to a route of `/api/v1`. What they call
by a number is the price with that `old_id` in the catalog. Answers carry what is new under every name that it had, and
a problem is also told as `error`.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, Response, Router, post
from litestar.params import JSONBody
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Meta

from billing_core.application.checking_out import CheckoutStarted
from billing_core.application.linking import linkable_plans
from billing_core.application.subscribing import PlanOrder
from billing_core.domain.catalog import CatalogVersion, Interval, Kind, Offer
from billing_core.domain.errors import NotForSale, UnknownPack, UnknownPlan
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.answering import Answer
from billing_core.entrypoints.http.auth import AUTH, NONE, OPTIONAL
from billing_core.entrypoints.http.bodies import MOST, Body
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.http.rates import UNCOUNTED
from billing_core.entrypoints.http.shapes import problems
from billing_core.entrypoints.http.subscriptions import customer_of
from billing_core.entrypoints.http.webhooks import ANSWERS, RECEIVED, take

BILLING = ("/billing/stripe", "/api/billing/stripe")
WEBHOOKS = ("/billing/stripe/webhook", "/stripe/webhook", "/subscription/webhook")
KINDS = {"full": Kind.PLAN, "token": Kind.PACK}
SITE = b"sec-fetch-site"
Wrapping = Callable[[ASGIApp], ASGIApp]


class OldOrder(Body):
    """What to buy: a plan (`full`) or a pack (`token`), by the number that the catalog has for its price."""

    plan_type: Literal["full", "token"]
    plan_id: Annotated[int, Meta(ge=1, le=MOST)]


class NothingAsked(Body):
    """A body without a field."""


class OldCheckoutShape(msgspec.Struct, kw_only=True):
    """An open checkout: where it is, twice, and its session, twice."""

    url: str
    checkout_url: str
    id: str
    session_id: str = msgspec.field(name="sessionId")


class OldPortalShape(msgspec.Struct, kw_only=True):
    """A secret: whoever has it manages the subscription."""

    url: str


class OldUrls(Controller):
    """Checkout and portal."""

    path = "/"
    guards = (payments_needed,)
    tags = ("Old URLs",)

    @post(
        [f"{path}/checkout-session" for path in BILLING],
        status_code=200,
        deprecated=True,
        responses=problems(401, 403, 409, 422, 429, 503),
    )
    async def buy(
        self,
        *,
        data: JSONBody[OldOrder],
        caller: given.Caller,
        throttle: given.Throttle,
        redirects: given.Redirects,
        catalog: given.Catalog,
        subscribing: given.Subscribing,
        buying: given.Buying,
    ) -> OldCheckoutShape:
        """Opens a checkout for a plan or a pack, named by its number."""
        offer = offer_of(catalog.current, KINDS[data.plan_type], data.plan_id)
        await throttle()
        back, currency = redirects.checkout(None, None), offer.price.money.currency
        if offer.kind is Kind.PACK:
            return _opened(await buying(customer_of(caller), offer.item, currency, back))
        interval = offer.price.interval or Interval.MONTH
        order = PlanOrder(tier=offer.item, interval=interval, currency=currency)
        return _opened(await subscribing(customer_of(caller), order, back))

    @post(
        "/subscription/create-checkout-session",
        status_code=200,
        deprecated=True,
        responses=problems(401, 403, 409, 422, 429, 503),
    )
    async def subscribe(
        self,
        *,
        caller: given.Caller,
        throttle: given.Throttle,
        redirects: given.Redirects,
        settings: given.Settings,
        catalog: given.Catalog,
        subscribing: given.Subscribing,
    ) -> OldCheckoutShape:
        """Opens a checkout for the lowest plan that is for sale by the month: the button has no other."""
        await throttle()
        for_sale = linkable_plans(catalog, settings.currency, Interval.MONTH)
        if not for_sale:
            raise NotForSale(catalog.current.free.key)
        order = PlanOrder(tier=for_sale[0], interval=Interval.MONTH, currency=settings.currency)
        return _opened(await subscribing(customer_of(caller), order, redirects.checkout(None, None)))

    @post(
        [f"{path}/customer-portal" for path in BILLING],
        status_code=200,
        deprecated=True,
        responses=problems(401, 404, 422, 429, 503),
    )
    async def manage(
        self,
        caller: given.Caller,
        throttle: given.Throttle,
        redirects: given.Redirects,
        managing: given.Managing,
        data: JSONBody[NothingAsked | None] = None,
    ) -> OldPortalShape:
        """Opens the portal, where the customer manages cards, invoices and the subscription."""
        await throttle()
        return OldPortalShape(url=await managing(caller.account_id, return_url=redirects.portal(None)))


class OldWebhooks(Controller):
    """Where an endpoint at the gateway still points to."""

    path = "/"
    opt = {AUTH: NONE, UNCOUNTED: True}  # noqa: RUF012 (the framework's own class attribute)
    tags = ("Old URLs",)

    @post(list(WEBHOOKS), status_code=200, deprecated=True, responses=ANSWERS | problems(413, 503))
    async def receive(self, request: Request[Any, Any, Any]) -> ASGIResponse:
        """Takes in an event."""
        await take(request.scope, request.receive, request.app.state.opened)
        return RECEIVED


def old_urls(in_session: Wrapping, answer: Answer) -> Router:
    """The routes. Who sends no token is whoever `in_session` finds signed in, on pages of the same origin alone."""
    return Router(
        "/",
        route_handlers=[OldUrls, OldWebhooks],
        opt={AUTH: OPTIONAL},
        middleware=[_of_the_same_origin(in_session)],
        exception_handlers={Exception: _also_as_error(answer)},
    )


def offer_of(version: CatalogVersion, kind: Kind, old_id: int) -> Offer:
    """What the number stands for. Raises UnknownPlan, UnknownPack."""
    for offer in version.offers.values():
        if offer.kind is kind and offer.price.old_id == old_id:
            return offer
    raise UnknownPlan(str(old_id)) if kind is Kind.PLAN else UnknownPack(str(old_id))


def _of_the_same_origin(in_session: Wrapping) -> Wrapping:
    """The middleware, where the browser says that a page of this very origin asks.

    Old front ends prove a form by a token of a server that is gone, so the browser's own word stands in for it; another
    site cannot make it say so.
    """

    def wrap(app: ASGIApp) -> ASGIApp:
        signed_in = in_session(app)

        async def choose(scope: Scope, receive: Receive, send: Send) -> None:
            sites = [value for name, value in scope["headers"] if name == SITE]
            await (signed_in if sites == [b"same-origin"] else app)(scope, receive, send)

        return choose

    return wrap


def _also_as_error(answer: Answer) -> Answer:
    """The answer, whose detail also stands where old front ends look for it."""

    def tell(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        told = answer(request, error)
        problem = msgspec.json.decode(told.content)
        told.content = msgspec.json.encode(problem | {"error": problem["detail"]})
        return told

    return tell


def _opened(started: CheckoutStarted) -> OldCheckoutShape:
    return OldCheckoutShape(
        url=started.url, checkout_url=started.url, id=started.session_id, session_id=started.session_id
    )
