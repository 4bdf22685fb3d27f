"""Which plan an account has at an instant. It follows payment, not the price of the subscription's item.

It is the plan of the paid charge span that started last, also where that one is over (a renewal is under way), while
the subscription has access. An earlier span that reaches further does not come back: what was left of it was credited.
So a declined upgrade gives nothing, and a downgrade that is billed later takes nothing early.
"""

from datetime import datetime
from operator import itemgetter

from attrs import frozen

from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog, Kind, Offer, Plan
from billing_core.domain.subscription import Status, Subscription, SubscriptionSnapshot

# Members that every decision asks for: looking one up in its Enum is a call of its own in Python 3.11.
PLAN, PACK, TRIALING, PAST_DUE = Kind.PLAN, Kind.PACK, Status.TRIALING, Status.PAST_DUE
WITH_ACCESS = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE)

_first_three = itemgetter(slice(3))


@frozen(slots=False)
class PlanInForce:
    """A plan, the catalog version it is taken from, and the subscription that pays for it (None: the free plan)."""

    plan: Plan
    version: int
    subscription: Subscription | None = None


def plan_in_force(account: Account, at: datetime, catalog: Catalog) -> PlanInForce:
    """The plan in force at that instant; the free plan where no subscription gives one."""
    return plan_given(account, plan_subscription(account, catalog), at, catalog)


def plan_given(account: Account, sub: Subscription | None, at: datetime, catalog: Catalog) -> PlanInForce:
    """The plan that the plan subscription gives at that instant; the free plan where it gives none."""
    key = plan_key(account, sub, at, catalog) if sub is not None else None
    if sub is None or key is None:
        return PlanInForce(catalog.current.free, catalog.current.number)
    return PlanInForce(catalog.plan(key, pinned=sub.version), sub.version, sub)


def plan_subscription(account: Account, catalog: Catalog) -> Subscription | None:
    """The live plan subscription; of several, the one created last, then the greatest id."""
    live = _live_plans(account, catalog)
    return live[0] if live else None


def surplus_subscriptions(account: Account, catalog: Catalog) -> list[Subscription]:
    """The live plan subscriptions that should not be: all but the one that counts."""
    return _live_plans(account, catalog)[1:]


def pack_subscriptions(account: Account, catalog: Catalog) -> list[tuple[Subscription, SubscriptionSnapshot, Offer]]:
    """The live subscriptions to packs that come again and again, oldest first: each with its state, and with what it is
    billed for."""
    found = []
    for sub in account.subscriptions:
        if sub.snapshot is not None and sub.is_live:
            offer = offer_of(sub, catalog)
            if offer is not None and offer.kind is PACK:
                found.append((sub, sub.snapshot, offer))
    return sorted(found, key=lambda pack: (pack[1].created_at, pack[1].id))


def _live_plans(account: Account, catalog: Catalog) -> list[Subscription]:
    """Newest first; one that nobody knows what it is for stands behind those that are known to be for a plan."""
    live = [
        (kind is PLAN, s.snapshot.created_at, s.id, s)
        for s in account.subscriptions
        if s.snapshot and s.is_live and (kind := kind_of(account, s, catalog)) is not PACK
    ]
    if len(live) > 1:
        live.sort(key=_first_three, reverse=True)
    return [found[-1] for found in live]


def offer_of(sub: Subscription, catalog: Catalog) -> Offer | None:
    """What its price buys; None where nothing was told of it, or nobody knows the price."""
    return catalog.offer(sub.snapshot.price, pinned=sub.version) if sub.snapshot else None


def kind_of(account: Account, sub: Subscription, catalog: Catalog) -> Kind | None:
    """What the subscription is for, by its price, else by what was paid for it; None while nobody knows."""
    offer = offer_of(sub, catalog)
    if offer is not None:
        return offer.kind
    return next((span.kind for span, _ in account.paid_for(sub.id).spans), None)


def plan_key(account: Account, sub: Subscription, at: datetime, catalog: Catalog) -> str | None:
    """The plan that the subscription gives at the instant; None where it gives no access."""
    if not has_access(account, sub, at, catalog):
        return None
    last = account.paid_for(sub.id).last_charge(by=at)
    if last is not None:
        return last.item
    if sub.status is TRIALING:
        offer = offer_of(sub, catalog)
        return offer.item if offer else None
    return None


def has_access(account: Account, sub: Subscription, at: datetime, catalog: Catalog) -> bool:
    """Whether the subscription gives its plan at the instant, as far as is known."""
    ends = access_ends_at(account, sub, catalog)
    return sub.status in WITH_ACCESS and (ends is None or at < ends)


def access_ends_at(account: Account, sub: Subscription, catalog: Catalog) -> datetime | None:
    """When the access that the subscription gives will stop by what is known now; None if nothing stops it."""
    if sub.snapshot is None:
        return None
    known, status = [sub.ended_at, sub.snapshot.ends_at], sub.snapshot.status
    if status is TRIALING:
        known.append(sub.snapshot.trial_end)
    elif status is PAST_DUE:
        known.append(paid_until(account, sub) + catalog.version(sub.version).grace)
    ends = [end for end in known if end is not None]
    return min(ends) if ends else None


def paid_until(account: Account, sub: Subscription) -> datetime:
    """When the unpaid period begins: the end of what was paid for last, else the start of the present period."""
    if sub.snapshot is None:
        raise ValueError(f"nothing was told of subscription {sub.id}")
    last = account.paid_for(sub.id).last_charge()
    return last.end if last else sub.snapshot.period_start
