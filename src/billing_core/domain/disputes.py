"""Disputes: a customer's bank takes a payment back, until it is decided whose the money is.

Life cycle: an `inquiry` moves no money and may become `open`; an `open` one (evidence wanted, under review, appealed)
ends as `won`, `lost`, or `prevented` (it was settled before it counted).
"""

from datetime import datetime
from enum import Enum

from attrs import field, frozen

from billing_core.domain.calendar import instant
from billing_core.domain.values import not_negative


class DisputeStatus(Enum):
    """How a dispute stands."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"

    @property
    def is_over(self) -> bool:
        return self in OVER

    @property
    def suspends(self) -> bool:
        """Whether the account is suspended for it; one that was lost needs an operator to lift it."""
        return self in SUSPENDING


OVER = (DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.PREVENTED)
SUSPENDING = (DisputeStatus.OPEN, DisputeStatus.LOST)


@frozen(kw_only=True)
class Dispute:
    """A dispute of a payment, as it was last told; dated by when the fetch of its payment began."""

    id: str
    payment_id: str
    status: DisputeStatus
    amount_minor: int = field(validator=not_negative)
    seen_at: datetime = field(validator=instant)

    @property
    def reason(self) -> str:
        """The reason for which an account is suspended while it stands."""
        return f"dispute:{self.id}"

    @property
    def lost_minor(self) -> int:
        return self.amount_minor if self.status is DisputeStatus.LOST else 0

    def supersedes(self, other: "Dispute") -> bool:
        """Whether this one is to be believed over the other: the later, and of two at one moment always the same."""
        return (self.seen_at, repr(self)) > (other.seen_at, repr(other))
