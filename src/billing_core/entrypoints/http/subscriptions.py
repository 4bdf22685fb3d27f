"""Subscribing, looking at one's subscription, and canceling it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from billing_core.application.canceling import Canceled
from billing_core.application.checking_out import Customer
from billing_core.application.subscribing import PlanOrder
from billing_core.application.viewing import PendingChangeView
from billing_core.domain.catalog import Interval, Unlimited
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import SCOPE, Caller
from billing_core.entrypoints.http.bodies import Body, Line, Name, Url
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.http.shapes import number, problems
from billing_core.ports.api_keys import Scope

Currency = Annotated[str, Meta(max_length=3, pattern="^[A-Za-z]{3}$")]


class CheckoutBody(Body):
    """What to subscribe to, and where to come back to."""

    tier: Name
    success_url: Url | None = None
    cancel_url: Url | None = None
    interval: Literal["month", "year"] = "month"
    currency: Currency | None = None
    promotion_code: Line | None = None


class PortalBody(Body):
    """Where the portal sends the customer back to."""

    return_url: Url | None = None


class CheckoutShape(msgspec.Struct, kw_only=True):
    """An open checkout. `url` is `checkout_url` again."""

    checkout_url: str
    session_id: str
    url: str


class PortalShape(msgspec.Struct, kw_only=True):
    """A secret: whoever has it manages the subscription."""

    portal_url: str


class PendingChangeShape(msgspec.Struct, kw_only=True):
    """What the subscription changes to, and when."""

    tier: str
    interval: str | None
    at: datetime


class SubscriptionShape(msgspec.Struct, kw_only=True):
    """The plan and what is left of it. Unlimited plans say -1 credits a month."""

    tier: str
    status: str
    credits_remaining: int
    credits_per_month: int
    is_unlimited: bool
    current_period_end: datetime | None
    cancel_at_period_end: bool
    features: list[str]
    interval: str | None
    currency: str | None
    days_remaining: int | None
    pending_change: PendingChangeShape | None
    trial_end: datetime | None


class UsageShape(msgspec.Struct, kw_only=True):
    """What was captured in the slot in progress."""

    tier: str
    credits_remaining: int
    credits_used: int
    credits_per_month: int
    is_unlimited: bool
    usage_percentage: float
    period_end: datetime | None


class CanceledShape(msgspec.Struct, kw_only=True):
    """How the subscription goes on."""

    message: str
    cancel_at_period_end: bool
    success: bool = True


def customer_of(caller: Caller) -> Customer:
    return Customer(account_id=caller.account_id, email=caller.email, name=caller.name)


class Subscriptions(Controller):
    """`/subscriptions`"""

    path = "/subscriptions"
    tags = ("Subscriptions",)

    @post("/checkout", guards=[payments_needed], responses=problems(401, 403, 409, 422, 429, 503))
    async def checkout(
        self,
        *,
        data: JSONBody[CheckoutBody],
        caller: given.Caller,
        throttle: given.Throttle,
        redirects: given.Redirects,
        settings: given.Settings,
        subscribing: given.Subscribing,
        key: given.Key,
    ) -> CheckoutShape:
        """Opens a checkout. The same wish gets its open session again."""
        back = redirects.checkout(data.success_url, data.cancel_url)
        await throttle()
        order = PlanOrder(
            tier=data.tier,
            interval=Interval(data.interval),
            currency=(data.currency or settings.currency).lower(),
            promotion_code=data.promotion_code,
        )
        started = await subscribing(customer_of(caller), order, back, request=key)
        return CheckoutShape(checkout_url=started.url, session_id=started.session_id, url=started.url)

    @post("/portal", guards=[payments_needed], responses=problems(401, 404, 422, 429, 503))
    async def portal(
        self,
        caller: given.Caller,
        throttle: given.Throttle,
        redirects: given.Redirects,
        managing: given.Managing,
        data: JSONBody[PortalBody | None] = None,
    ) -> PortalShape:
        """Opens the portal, where the customer manages cards, invoices and the subscription."""
        return_url = redirects.portal(data.return_url if data else None)
        await throttle()
        return PortalShape(portal_url=await managing(caller.account_id, return_url=return_url))

    @get("/", opt={SCOPE: Scope.READ}, responses=problems(401))
    async def show(self, caller: given.Caller, viewing: given.Viewing) -> SubscriptionShape:
        """The caller's subscription; one who never subscribed is on the free tier with status `none`."""
        view = await viewing.subscription(caller.account_id)
        return SubscriptionShape(
            tier=view.tier,
            status=view.status,
            credits_remaining=view.credits_remaining,
            credits_per_month=number(view.credits_per_month),
            is_unlimited=isinstance(view.credits_per_month, Unlimited),
            current_period_end=view.current_period_end,
            cancel_at_period_end=view.cancel_at_period_end,
            features=list(view.features),
            interval=view.interval.value if view.interval else None,
            currency=view.currency,
            days_remaining=view.days_remaining,
            pending_change=_pending(view.pending_change),
            trial_end=view.trial_end,
        )

    @get("/usage", opt={SCOPE: Scope.READ}, responses=problems(401))
    async def usage(self, caller: given.Caller, viewing: given.Viewing) -> UsageShape:
        """What was captured in the slot in progress, of what it gives."""
        view = await viewing.usage(caller.account_id)
        return UsageShape(
            tier=view.tier,
            credits_remaining=view.credits_remaining,
            credits_used=view.credits_used,
            credits_per_month=number(view.credits_per_month),
            is_unlimited=isinstance(view.credits_per_month, Unlimited),
            usage_percentage=view.usage_percentage,
            period_end=view.period_end,
        )

    @delete("/", status_code=200, responses=problems(401, 404, 409, 422, 503))
    async def cancel(
        self,
        caller: given.Caller,
        canceling: given.Canceling,
        key: given.Key,
        at_period_end: FromQuery[bool] = True,
        prorate: FromQuery[bool] = False,
    ) -> CanceledShape:
        """Cancels: at the end of what is paid for, or at once."""
        done = await canceling(caller.account_id, at_period_end=at_period_end, prorate=prorate, request=key)
        return _canceled(done)

    @post("/resume", status_code=200, responses=problems(401, 404, 409, 503))
    async def resume(self, caller: given.Caller, canceling: given.Canceling, key: given.Key) -> CanceledShape:
        """Undoes a cancellation at the period's end."""
        return _canceled(await canceling.resume(caller.account_id, request=key))


def _pending(view: PendingChangeView | None) -> PendingChangeShape | None:
    if view is None:
        return None
    return PendingChangeShape(tier=view.tier, interval=view.interval.value if view.interval else None, at=view.at)


def _canceled(done: Canceled) -> CanceledShape:
    if done.ended:
        message = "The subscription has ended."
    elif done.cancel_at_period_end:
        message = "The subscription ends with the period that is paid for."
    else:
        message = "The subscription goes on."
    return CanceledShape(message=message, cancel_at_period_end=done.cancel_at_period_end)
