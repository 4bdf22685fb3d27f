"""The ways out that a denial offers to the one who was denied."""

from datetime import datetime
from enum import Enum

from attrs import frozen


class Action(Enum):
    """What somebody who was denied can do about it."""

    UPGRADE = "upgrade"
    BUY_PACK = "buy_pack"
    WAIT = "wait"
    SETTLE_PAYMENT = "settle_payment"
    REDUCE = "reduce"
    CONTACT = "contact"


@frozen
class Option:
    """One way out: an action and what it needs (a tier, a pack, a moment or a URL)."""

    action: Action
    tier: str | None = None
    pack: str | None = None
    available_at: datetime | None = None
    url: str | None = None
