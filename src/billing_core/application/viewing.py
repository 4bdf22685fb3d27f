"""What an account looks like now: its subscription, its credits, its usage. Reads write nothing."""

from datetime import datetime, timedelta
from math import ceil

from attrs import frozen

from billing_core.application.errors import CheckoutNotFound
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.catalog import Catalog, Interval, Kind, Limit
from billing_core.domain.checkouts import Checkout, CheckoutStatus
from billing_core.domain.credits import Grant
from billing_core.domain.openings import tally_in_progress
from billing_core.domain.payments import Span
from billing_core.domain.plan_in_force import kind_of, plan_subscription
from billing_core.domain.subscription import Status
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock


@frozen(kw_only=True)
class SubscriptionView:
    """The plan, how it is paid, and what is left. An account that never subscribed is free with status `none`."""

    tier: str
    status: str
    credits_remaining: int
    credits_per_month: Limit
    features: tuple[str, ...]
    current_period_end: datetime | None
    cancel_at_period_end: bool
    interval: Interval | None
    currency: str | None
    days_remaining: int | None
    pending_change: "PendingChangeView | None"
    trial_end: datetime | None


@frozen(kw_only=True)
class PendingChangeView:
    """The plan that the subscription moves to, and when."""

    tier: str
    interval: Interval | None
    at: datetime


@frozen(kw_only=True)
class UsageView:
    """What was captured in the slot in progress, of what it was entitled to."""

    tier: str
    credits_remaining: int
    credits_used: int
    credits_per_month: Limit
    usage_percentage: float
    period_end: datetime | None


@frozen(kw_only=True)
class CreditsView:
    """What is available, held and owed, and the grants that it comes from."""

    available: int
    held: int
    debt: int
    is_unlimited: bool
    grants: tuple[Grant, ...]


@frozen(kw_only=True)
class CheckoutView:
    """How far a checkout has gone, and the credits that it brought."""

    status: CheckoutStatus
    kind: Kind
    item: str
    credits_granted: int


@frozen
class Viewing:
    """Brings an account to now, without writing, for all who only look."""

    accounts: AccountRepository
    catalog: Catalog
    clock: Clock

    async def __call__(self, account_id: str) -> AccountAt:
        """The account as it is now; one that was never seen, as opening it now would make it."""
        return at(await self.accounts.get(account_id), self.clock.now(), self.catalog)

    async def subscription(self, account_id: str) -> SubscriptionView:
        return subscription_view(await self(account_id))

    async def usage(self, account_id: str) -> UsageView:
        return usage_view(await self(account_id))

    async def credits(self, account_id: str) -> CreditsView:
        return credits_view(await self(account_id))

    async def checkout(self, account_id: str, session_id: str) -> CheckoutView:
        """Raises CheckoutNotFound."""
        held = await self(account_id)
        checkout = next((c for c in held.account.checkouts if c.session_id == session_id), None)
        if checkout is None:
            raise CheckoutNotFound(session_id)
        return checkout_view(held, checkout)


def subscription_view(held: AccountAt) -> SubscriptionView:
    """The plan in force, and the facts of the subscription that stands behind it, or in its way."""
    in_force = held.in_force
    sub = plan_subscription(held.account, held.catalog)
    snapshot = sub.snapshot if sub else None
    offer = held.catalog.offer(snapshot.price, pinned=sub.version) if sub and snapshot else None
    ends = snapshot.ends_at or snapshot.period_end if snapshot else None
    return SubscriptionView(
        tier=in_force.plan.key,
        status=snapshot.status.value if snapshot else "canceled" if _has_ended(held) else "none",
        credits_remaining=held.account.book.available,
        credits_per_month=in_force.plan.allotment,
        features=in_force.plan.features,
        current_period_end=ends,
        cancel_at_period_end=bool(snapshot and snapshot.ends_at),
        interval=offer.price.interval if offer else None,
        currency=offer.price.money.currency if offer else held.account.currency,
        days_remaining=days_until(ends, held.now) if ends else None,
        pending_change=_pending_change(held),
        trial_end=snapshot.trial_end if snapshot else None,
    )


def _has_ended(held: AccountAt) -> bool:
    """Whether there was a plan subscription; one that was never paid, and a pack, are none."""
    never = {None, Status.INCOMPLETE, Status.INCOMPLETE_EXPIRED}
    had = (s for s in held.account.subscriptions if s.status not in never and not s.is_live)
    return any(kind_of(held.account, sub, held.catalog) is not Kind.PACK for sub in had)


def _pending_change(held: AccountAt) -> PendingChangeView | None:
    sub = plan_subscription(held.account, held.catalog)
    pending = sub.snapshot.pending_change if sub and sub.snapshot else None
    offer = held.catalog.offer(pending.price, pinned=sub.version) if sub and pending else None
    if pending is None or offer is None:
        return None
    return PendingChangeView(tier=offer.item, interval=offer.price.interval, at=pending.at)


def days_until(ends: datetime, now: datetime) -> int:
    """Whole days that are left, a begun one counted."""
    return max(0, ceil((ends - now) / timedelta(days=1)))


def usage_view(held: AccountAt) -> UsageView:
    """The slot in progress of the plan in force: the subscription's, else the free plan's."""
    plan = held.in_force.plan
    entitled, used, ends = _slot_in_progress(held)
    return UsageView(
        tier=plan.key,
        credits_remaining=held.account.book.available,
        credits_used=used,
        credits_per_month=plan.allotment,
        usage_percentage=min(100.0, round(100 * used / entitled, 1)) if entitled else 0.0,
        period_end=ends,
    )


def _slot_in_progress(held: AccountAt) -> tuple[int, int, datetime | None]:
    sub = held.in_force.subscription
    if sub is not None:
        tally = tally_in_progress(held.account, sub.id, held.now)
        return (tally.given, tally.captured, tally.end) if tally else (0, 0, None)
    free, allotment = held.account.free_slot, held.in_force.plan.allotment
    if free is None or not free.start <= held.now < free.end:
        return 0, 0, None
    return allotment if isinstance(allotment, int) else 0, free.captured, free.end


def credits_view(held: AccountAt) -> CreditsView:
    book = held.account.book
    return CreditsView(
        available=book.available,
        held=book.held,
        debt=book.debt,
        is_unlimited=held.in_force.plan.is_unlimited,
        grants=tuple(sorted(book.grants, key=lambda grant: grant.burn_order)),
    )


def checkout_view(held: AccountAt, checkout: Checkout) -> CheckoutView:
    """A paid checkout is complete once its payment is in the books."""
    granted = _granted_by(held.account, checkout)
    status = checkout.status
    if status is CheckoutStatus.OPEN and not checkout.is_open_at(held.now):
        status = CheckoutStatus.EXPIRED
    if status is CheckoutStatus.PAID and granted is not None:
        status = CheckoutStatus.COMPLETE
    return CheckoutView(status=status, kind=checkout.kind, item=checkout.item, credits_granted=granted or 0)


def _granted_by(account: Account, checkout: Checkout) -> int | None:
    """The credits that the checkout's payment was counted for; None while the books have not followed."""
    if checkout.subscription_id is not None:
        sub = account.subscription(checkout.subscription_id)
        spans: list[Span] = [span for span, _ in account.paid_for(checkout.subscription_id).spans]
        if sub is None or sub.snapshot is None or not spans:
            return None
        return sub.tallies[0].counted if sub.tallies else 0
    tally = account.tally(f"pack:{checkout.payment_id}") if checkout.payment_id else None
    return tally.counted if tally else None
