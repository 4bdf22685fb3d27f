"""The packs that come to a customer again and again, as the account's page shows them."""

from datetime import datetime

from attrs import frozen

from billing_core.domain.account_at import AccountAt
from billing_core.domain.catalog import Interval, Pack
from billing_core.domain.plan_in_force import pack_subscriptions
from billing_core.domain.subscription import Status


@frozen(kw_only=True)
class OwnPack:
    """A pack that an account is subscribed to: what it gives, and when it comes next, or ends."""

    subscription_id: str
    pack: Pack
    credits: int
    interval: Interval
    until: datetime
    is_ending: bool
    is_paid: bool


def own_packs(held: AccountAt) -> tuple[OwnPack, ...]:
    """Oldest first."""
    found = []
    for sub, snapshot, offer in pack_subscriptions(held.account, held.catalog):
        pack = held.catalog.pack(offer.item, pinned=sub.version)
        found.append(
            OwnPack(
                subscription_id=sub.id,
                pack=pack,
                credits=pack.credits * snapshot.quantity,
                interval=offer.price.interval or Interval.MONTH,
                until=snapshot.ends_at or snapshot.period_end,
                is_ending=snapshot.ends_at is not None,
                is_paid=snapshot.status is Status.ACTIVE,
            )
        )
    return tuple(found)
