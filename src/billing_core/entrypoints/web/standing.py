"""How a customer stands, as the pages that sell ask: which plan, paid how, and what may be done about it now."""

from datetime import datetime

from attrs import frozen

from billing_core.application.viewing import SubscriptionView, subscription_view
from billing_core.domain.account_at import AccountAt
from billing_core.domain.catalog import Interval, Offer, Plan
from billing_core.domain.plan_in_force import access_ends_at, plan_subscription
from billing_core.domain.subscription import VERBS, Status, Subscription


@frozen
class Standing:
    """An account, and the subscription that it pays for its plan with (None: it pays for none)."""

    held: AccountAt
    view: SubscriptionView
    subscription: Subscription | None

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        return self.held.in_force.plan

    @property
    def status(self) -> Status | None:
        return self.subscription.status if self.subscription else None

    @property
    def billed(self) -> Offer | None:
        """What the subscription is billed for."""
        sub = self.subscription
        snapshot = sub.snapshot if sub else None
        return self.held.catalog.offer(snapshot.price, pinned=sub.version) if sub and snapshot else None

    @property
    def pending(self) -> Offer | None:
        """What it changes to at the period's end."""
        sub = self.subscription
        coming = sub.snapshot.pending_change if sub and sub.snapshot else None
        return self.held.catalog.offer(coming.price, pinned=sub.version) if sub and coming else None

    @property
    def may_change(self) -> bool:
        return self.status in VERBS["change"]

    @property
    def had_trial(self) -> bool:
        """Whether it had the one trial that each account gets."""
        return self.held.account.trialed is not None

    @property
    def keeps_until(self) -> datetime | None:
        """When the plan goes, unless something is done."""
        sub = self.subscription
        return access_ends_at(self.held.account, sub, self.held.catalog) if sub else None

    @property
    def money(self) -> str | None:
        """The currency that it is held to while the subscription goes on."""
        return self.held.account.currency if self.subscription else None

    def is_billed(self, plan: Plan, interval: Interval | None) -> bool:
        """Whether it pays for that plan so."""
        billed = self.billed
        return billed is not None and (billed.item, billed.price.interval) == (plan.key, interval)

    def is_coming(self, plan: Plan, interval: Interval | None) -> bool:
        """Whether it moves to that plan at the period's end."""
        coming = self.pending
        return coming is not None and (coming.item, coming.price.interval) == (plan.key, interval)


def standing_of(held: AccountAt) -> Standing:
    return Standing(held, subscription_view(held), plan_subscription(held.account, held.catalog))
