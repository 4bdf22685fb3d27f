"""Links that lead to a checkout: the customer's own, and the gateway's for anonymous sale."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from billing_core.application.linking import LinkedOffer, linkable_plans
from billing_core.application.subscribing import sold_price
from billing_core.domain.catalog import Interval, Kind
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import only_admins
from billing_core.entrypoints.http.bodies import Body, Name
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.http.references import PlanReference
from billing_core.entrypoints.http.refusals import FieldProblem, InvalidFields
from billing_core.entrypoints.http.shapes import problems
from billing_core.entrypoints.http.subscriptions import Currency
from billing_core.entrypoints.stripe_settings import Mode

AskedCurrency = Annotated[str | None, QueryParameter(max_length=3, pattern="^[A-Za-z]{3}$")]
AskedInterval = FromQuery[Literal["month", "year"]]
PAY = "/pay"


class PaymentLinksShape(msgspec.Struct, kw_only=True):
    """A link for each tier that one can subscribe to."""

    payment_links: dict[str, str]


class PaymentLinkShape(msgspec.Struct, kw_only=True):
    """A link that stays: whoever opens it comes to a checkout for this account."""

    payment_link: str
    id: str


class SaleBody(Body):
    """What the link is to sell: a tier or a pack."""

    tier: Name | None = None
    pack: Name | None = None
    interval: Literal["month", "year"] = "month"
    currency: Currency | None = None


class SaleLinkShape(msgspec.Struct, kw_only=True):
    """A link of the gateway's own, which sells to anybody."""

    id: str
    url: str
    livemode: bool
    dashboard_url: str


class PaymentLinks(Controller):
    """`/subscriptions/payment-links`"""

    path = "/subscriptions/payment-links"
    tags = ("Subscriptions",)
    guards = (payments_needed,)

    @get("/", responses=problems(401, 422, 429, 503))
    async def all(
        self,
        *,
        request: Request[Any, Any, Any],
        caller: given.Caller,
        throttle: given.Throttle,
        references: given.References,
        catalog: given.Catalog,
        settings: given.Settings,
        interval: AskedInterval = "month",
        currency: AskedCurrency = None,
    ) -> PaymentLinksShape:
        """A link for each tier that the caller can subscribe to."""
        await throttle()
        asked = (currency or settings.currency).lower()
        links = {}
        for tier in linkable_plans(catalog, asked, Interval(interval)):
            reference = PlanReference(account_id=caller.account_id, tier=tier, interval=interval, currency=asked)
            links[tier] = _url(request, references.sealed(reference))
        return PaymentLinksShape(payment_links=links)

    @get("/{tier:str}", responses=problems(401, 422, 429, 503))
    async def one(
        self,
        *,
        tier: FromPath[str],
        request: Request[Any, Any, Any],
        caller: given.Caller,
        throttle: given.Throttle,
        references: given.References,
        catalog: given.Catalog,
        settings: given.Settings,
        interval: AskedInterval = "month",
        currency: AskedCurrency = None,
    ) -> PaymentLinkShape:
        """The link for one tier. It stays the same."""
        await throttle()
        asked = (currency or settings.currency).lower()
        sold_price(catalog.current, catalog.current.plan(tier), Interval(interval), asked)
        reference = PlanReference(account_id=caller.account_id, tier=tier, interval=interval, currency=asked)
        sealed = references.sealed(reference)
        return PaymentLinkShape(payment_link=_url(request, sealed), id=sealed)


class SaleLinks(Controller):
    """`/admin/payment-links`"""

    path = "/admin/payment-links"
    tags = ("Admin",)
    guards = (only_admins, payments_needed)

    @post("/", responses=problems(401, 403, 422, 503))
    async def make(self, data: JSONBody[SaleBody], linking: given.Linking, settings: given.Settings) -> SaleLinkShape:
        """A link of the gateway's own for anonymous sale. The same wish gets the same link, as long as it sells."""
        if (data.tier is None) == (data.pack is None):
            raise InvalidFields((FieldProblem("tier", "give either a tier or a pack"),))
        offer = LinkedOffer(
            kind=Kind.PLAN if data.tier is not None else Kind.PACK,
            item=data.tier or data.pack or "",
            currency=(data.currency or settings.currency).lower(),
            interval=Interval(data.interval),
        )
        link = await linking(offer)
        is_live = settings.mode is Mode.LIVE
        return SaleLinkShape(id=link.id, url=link.url, livemode=is_live, dashboard_url=linking.page_of(link.id))


def _url(request: Request[Any, Any, Any], sealed: str) -> str:
    return f"{str(request.base_url).rstrip('/')}{PAY}/{sealed}"
