"""Subscribing to a plan."""

from attrs import frozen

from billing_core.application.checking_out import CheckingOut, CheckoutStarted, Customer, Return, Wanted
from billing_core.application.requests import RequestKey
from billing_core.domain.account_at import AccountAt
from billing_core.domain.catalog import CatalogVersion, Interval, Kind, Plan, Price
from billing_core.domain.errors import AlreadySubscribed, ContactSales, NotForSale
from billing_core.domain.plan_in_force import plan_subscription


@frozen(kw_only=True)
class PlanOrder:
    """The plan, and how it is to be paid."""

    tier: str
    interval: Interval
    currency: str
    promotion_code: str | None = None


@frozen
class Subscribing:
    """Opens a checkout for a plan. A trial is offered once per account."""

    check_out: CheckingOut

    async def __call__(
        self, customer: Customer, order: PlanOrder, back: Return, *, request: RequestKey | None = None
    ) -> CheckoutStarted:
        """Raises UnknownPlan, NotForSale, ContactSales, AlreadySubscribed, CurrencyLocked, AccountSuspended."""
        return await self.check_out(customer, lambda held: wanted_plan(held, order), back, request=request)


def wanted_plan(held: AccountAt, order: PlanOrder) -> Wanted:
    """The plan at its price, if this account may subscribe to it."""
    version = held.catalog.current
    plan = version.plan(order.tier)
    price = sold_price(version, plan, order.interval, order.currency)
    live = plan_subscription(held.account, held.catalog)
    if live is not None and live.status is not None:
        raise AlreadySubscribed(held.in_force.plan.key, live.status.value)
    trial = plan.trial if held.account.trialed is None else None
    return Wanted(
        kind=Kind.PLAN,
        item=plan.key,
        price=price,
        version=version.number,
        trial_days=trial.days if trial else 0,
        trial_needs_card=trial.needs_card if trial else True,
        promotion_code=order.promotion_code,
    )


def sold_price(version: CatalogVersion, plan: Plan, interval: Interval, currency: str) -> Price:
    """What the plan costs so. Raises NotForSale, ContactSales."""
    if plan.contact is not None:
        raise ContactSales(plan.key, plan.contact)
    for price in plan.prices:
        if price.interval is interval and price.money.currency == currency and plan is not version.free:
            return price
    raise NotForSale(plan.key)
