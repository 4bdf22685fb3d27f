"""What Till speaks of."""

from datetime import datetime
from typing import Any

from attrs import define, frozen


class Refused(Exception):
    """What Till will not do: `code` says why, `about` what with."""

    def __init__(self, code: str, about: str) -> None:
        super().__init__(f"{code}: {about}")
        self.code, self.about = code, about


@frozen
class Tariff:
    """What is paid, every so many months; 0 for once."""

    key: str
    amount: int
    currency: str
    months: int


@frozen
class Item:
    """A line of a bill; `back` for money that is credited, `whole` for a full period."""

    tariff: str
    amount: int
    start: datetime
    end: datetime
    back: bool
    whole: bool


@define
class Bill:
    id: str
    customer: str
    contract: str | None
    visit: str | None
    at: datetime
    items: tuple[Item, ...]
    amount: int
    currency: str
    paid: bool = False
    refunded: int = 0
    disputed: bool = False


@define
class Change:
    """A wish to move to another tariff: `done`, `asking` or `declined`."""

    contract: str
    tariff: str
    at: datetime
    end: datetime
    bill: Bill | None
    state: str = "done"


@define
class Contract:
    id: str
    customer: str
    tariff: str
    since: datetime
    anchor: datetime
    start: datetime
    end: datetime
    trial_end: datetime | None
    ends_with_period: bool = False
    over: datetime | None = None
    next_tariff: str | None = None
    asking: Change | None = None


@define
class Visit:
    id: str
    customer: str
    tariff: str
    trial_days: int
    note: dict[str, Any]
    until: datetime
    open: bool = True


@frozen
class Reckoned:
    """What a change costs now (below 0: what it credits), and until when the period goes then."""

    items: tuple[Item, ...]
    due: int
    end: datetime
