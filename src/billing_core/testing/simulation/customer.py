"""A customer of a world: what they are told, and so what they may count on."""

from datetime import datetime

from attrs import define, field

from billing_core.domain.generation import Generation

GOOD, ASKS, NO_FUNDS, DECLINES_LATER, SLOW_REFUNDS, RISKY = (
    "4242424242424242",
    "4000002500003155",
    "4000000000009995",
    "4000000000000341",
    "4000000000007726",
    "4000000000004954",
)
CARDS = (GOOD,) * 6 + (ASKS, NO_FUNDS, DECLINES_LATER, DECLINES_LATER, SLOW_REFUNDS, RISKY)


@define
class Placed:
    """A hold that the customer was told of."""

    id: str
    amount: int
    until: datetime
    captured: int | None = None
    released: bool = False
    is_asked_for: bool = False


@define
class Customer:
    """`unsure_*` count the requests whose outcome nobody told: each may have been done once, or not.

    `deleted` holds the images, by generation, of which the customer wanted to be rid.
    """

    id: str
    holds: dict[str, Placed] = field(factory=dict)
    generations: dict[str, Generation] = field(factory=dict)
    deleted: dict[str, set[str]] = field(factory=dict)
    sessions: list[str] = field(factory=list)
    adjusted: int = 0
    unsure_holds: int = 0
    unsure_generations: int = 0
    unsure_adjustments: int = 0
    asked: int = 0

    def next_key(self) -> str:
        """A new idempotency key."""
        self.asked += 1
        return f"{self.id}-{self.asked}"
