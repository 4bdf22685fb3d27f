"""Checkouts: what a customer set out to buy, and how far that went.

Life cycle: `open`, then `processing` while the money is on its way, `paid` when it came and the books follow,
`complete` when the credits are there; or `expired`, or `failed`.
"""

from datetime import datetime
from enum import Enum

from attrs import field, frozen

from billing_core.domain.calendar import instant
from billing_core.domain.catalog import Kind
from billing_core.domain.values import changed

REMEMBERED_CHECKOUTS = 20


class CheckoutStatus(Enum):
    """How far a checkout has gone."""

    OPEN = "open"
    PROCESSING = "processing"
    PAID = "paid"
    COMPLETE = "complete"
    EXPIRED = "expired"
    FAILED = "failed"

    @property
    def rank(self) -> int:
        """A checkout only moves to a higher rank, whatever the order of the news."""
        return _RANK[self]


_RANK = {
    CheckoutStatus.OPEN: 0,
    CheckoutStatus.PROCESSING: 1,
    CheckoutStatus.EXPIRED: 2,
    CheckoutStatus.FAILED: 2,
    CheckoutStatus.PAID: 3,
    CheckoutStatus.COMPLETE: 4,
}


@frozen(kw_only=True, slots=False)
class Checkout:
    """One session at the gateway. `wish` tells what was asked for, so that the same wish gets the same session."""

    session_id: str
    kind: Kind
    item: str
    price: str
    version: int
    wish: str
    url: str
    opened_at: datetime = field(validator=instant)
    expires_at: datetime = field(validator=instant)
    status: CheckoutStatus = CheckoutStatus.OPEN
    subscription_id: str | None = None
    payment_id: str | None = None

    def moved(self, status: CheckoutStatus, subscription_id: str | None, payment_id: str | None) -> "Checkout":
        """The same, further on; an id that is known stays known."""
        return changed(
            self,
            status=status,
            subscription_id=subscription_id or self.subscription_id,
            payment_id=payment_id or self.payment_id,
        )

    def is_open_at(self, at: datetime) -> bool:
        return self.status is CheckoutStatus.OPEN and at < self.expires_at
