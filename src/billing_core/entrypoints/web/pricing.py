"""The plans and what they cost, and subscribing to one."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromQuery
from msgspec import Meta

from billing_core.application.checking_out import Return
from billing_core.application.subscribing import PlanOrder
from billing_core.domain.catalog import CatalogVersion, Interval
from billing_core.domain.errors import AlreadySubscribed, CurrencyLocked, InvalidValue
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import Line, Name
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.http.redirects import Redirects
from billing_core.entrypoints.http.subscriptions import customer_of
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.offers import (
    INTERVALS,
    card_of,
    currencies_of,
    intervals_of,
    pack_cards,
    plan_cards,
)
from billing_core.entrypoints.web.rendering import Web
from billing_core.entrypoints.web.standing import Standing, standing_of

ALREADY = 409


class Order(msgspec.Struct, kw_only=True):
    """A plan, as the forms and links name it."""

    tier: Name
    interval: Literal["month", "year"] = "month"
    currency: Annotated[str, Meta(pattern="^[a-z]{3}$")] | None = None
    promotion_code: Line | None = None


class Pricing(Controller):
    """`/` and `/subscribe`"""

    include_in_schema = False

    @get("/")
    async def show(
        self,
        web: Page,
        viewing: given.Viewing,
        catalog: given.Catalog,
        interval: FromQuery[str] = "",
        currency: FromQuery[str] = "",
    ) -> Response[str]:
        """Every plan as it can be had by whoever looks, and what a picture costs."""
        standing = standing_of(await viewing(web.caller.account_id)) if web.caller else None
        version = catalog.current
        money = currency_of(version, currency, web, standing)
        by = interval_of(version, interval, standing)
        return web.page(
            "pricing.html",
            cards=plan_cards(version, by, money, standing),
            packs=pack_cards(version, money),
            rates=version.rates,
            sold_models={model for plan in version.plans for model in plan.models},
            standing=standing,
            interval=by,
            intervals=[(each, INTERVALS[each]) for each in intervals_of(version)],
            currency=money,
            currencies=currencies_of(version, web.settings.currency),
        )

    @get("/subscribe", guards=[payments_needed])
    async def ask(
        self,
        *,
        web: Page,
        caller: given.Caller,
        viewing: given.Viewing,
        catalog: given.Catalog,
        tier: FromQuery[str] = "",
        interval: FromQuery[str] = "",
        currency: FromQuery[str] = "",
    ) -> Response[str]:
        """What one is about to buy, for who came here by signing in first."""
        standing = standing_of(await viewing(caller.account_id))
        version = catalog.current
        order = Order(
            tier=tier,
            interval="year" if interval == "year" else "month",
            currency=currency_of(version, currency, web, standing),
        )
        return order_page(web, version, standing, order)

    @post("/subscribe", guards=[payments_needed])
    async def subscribe(
        self,
        *,
        web: Page,
        caller: given.Caller,
        form: Filled,
        throttle: given.Throttle,
        redirects: given.Redirects,
        viewing: given.Viewing,
        catalog: given.Catalog,
        subscribing: given.Subscribing,
    ) -> Response[Any]:
        """Goes to the checkout; says beside the order what stands in the way of it."""
        order = form.read(Order)
        currency = order.currency or web.settings.currency
        await throttle()
        wanted = PlanOrder(
            tier=order.tier,
            interval=Interval(order.interval),
            currency=currency,
            promotion_code=order.promotion_code,
        )
        try:
            started = await subscribing(customer_of(caller), wanted, way_back(web, redirects))
        except AlreadySubscribed:
            standing = standing_of(await viewing(caller.account_id))
            return web.page("already.html", status=ALREADY, standing=standing, order=order)
        except (InvalidValue, CurrencyLocked) as refused:
            standing = standing_of(await viewing(caller.account_id))
            return order_page(web, catalog.current, standing, order, problem=refused)
        return web.leave(started.url)


def order_page(
    web: Web,
    version: CatalogVersion,
    standing: Standing,
    order: Order,
    *,
    problem: InvalidValue | CurrencyLocked | None = None,
) -> Response[str]:
    """The order before it is paid. Raises UnknownPlan."""
    if standing.subscription is not None:
        return web.page("already.html", status=ALREADY, standing=standing, order=order)
    currency = order.currency or web.settings.currency
    card = card_of(version, version.plan(order.tier), Interval(order.interval), currency, standing)
    return web.page(
        "subscribe.html",
        status=422 if problem else 200,
        card=card,
        order=order,
        about_code=problem.problem if isinstance(problem, InvalidValue) else "",
        problem=problem if not isinstance(problem, InvalidValue) else None,
    )


def currency_of(version: CatalogVersion, asked: str, web: Web, standing: Standing | None) -> str:
    """The currency that prices are shown in: the one that the account is held to, else the one asked for."""
    known = currencies_of(version, web.settings.currency)
    wanted = (standing.money if standing else None, asked.lower(), web.settings.currency)
    return next((currency for currency in wanted if currency in known), known[0] if known else web.settings.currency)


def interval_of(version: CatalogVersion, asked: str, standing: Standing | None) -> Interval:
    """The interval asked for, else the one that is paid by, else the shortest."""
    known = intervals_of(version)
    wanted = (asked, standing.view.interval.value if standing and standing.view.interval else "")
    named = (interval for name in wanted for interval in known if interval.value == name)
    return next(named, known[0] if known else Interval.MONTH)


def way_back(web: Web, redirects: Redirects) -> Return:
    """From the checkout to our own pages, wherever the app is mounted."""
    return redirects.checkout(
        f"{redirects.home}{web.root}/subscription/success?session_id={{CHECKOUT_SESSION_ID}}",
        f"{redirects.home}{web.root}/subscription/cancel",
    )
