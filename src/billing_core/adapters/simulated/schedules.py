"""Subscription schedules: what a subscription is to become, phase by phase."""

from datetime import datetime
from enum import Enum

from attrs import field, frozen


class ScheduleStatus(Enum):
    """Only `active` is none of the ends."""

    ACTIVE = "active"
    COMPLETED = "completed"
    RELEASED = "released"
    CANCELED = "canceled"


class EndBehavior(Enum):
    """What becomes of the subscription when the last phase is over."""

    RELEASE = "release"
    CANCEL = "cancel"


@frozen(kw_only=True)
class Phase:
    """So many of a price, for a stretch of time. The next one starts where it ends."""

    start: datetime
    end: datetime
    price: str
    quantity: int = 1
    trial_end: datetime | None = None
    proration_behavior: str = "create_prorations"
    metadata: dict[str, str] = field(factory=dict)


@frozen(kw_only=True)
class Schedule:
    """The phases of one subscription, of which `current` is the number of the present one.

    An end leaves the subscription alone, except where it cancels it.
    """

    id: str
    subscription_id: str
    customer_id: str
    currency: str
    created_at: datetime
    phases: tuple[Phase, ...]
    current: int = 0
    end_behavior: EndBehavior = EndBehavior.RELEASE
    metadata: dict[str, str] = field(factory=dict)
    status: ScheduleStatus = ScheduleStatus.ACTIVE
    completed_at: datetime | None = None
    released_at: datetime | None = None
    canceled_at: datetime | None = None

    @property
    def found_by(self) -> tuple[str, ...]:
        return (self.customer_id, self.subscription_id)

    @property
    def is_active(self) -> bool:
        return self.status is ScheduleStatus.ACTIVE

    @property
    def phase(self) -> Phase:
        """The present one."""
        return self.phases[self.current]

    @property
    def following(self) -> Phase | None:
        """The one after it; None where it is the last."""
        return self.phases[self.current + 1] if self.current + 1 < len(self.phases) else None
