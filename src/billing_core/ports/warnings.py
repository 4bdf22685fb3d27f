"""Early fraud warnings, one case each."""

from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from billing_core.domain.calendar import instant
from billing_core.domain.fraud import FraudPolicy, RiskLevel, WarningStatus


@frozen(kw_only=True)
class FraudWarning:
    """What a card's network warned of, and what was made of it.

    `payment` is the payment's id in the books. `policy` is what was done at once. `actionable` says whether the payment
    could still be given back when it was asked for last. `noted_at` and `noted_by` are of the last change of its status
    or notes by a person.
    """

    id: str
    account_id: str
    payment: str
    kind: str
    risk: RiskLevel
    policy: FraudPolicy
    actionable: bool
    at: datetime = field(validator=instant)
    status: WarningStatus = WarningStatus.OPEN
    notes: str = ""
    noted_at: datetime | None = field(default=None, validator=instant)
    noted_by: str | None = None


@frozen(kw_only=True)
class WarningFilter:
    """Which warnings are asked for; None asks for all."""

    status: WarningStatus | None = None
    account_id: str | None = None

    def takes(self, warning: FraudWarning) -> bool:
        return self.status in {None, warning.status} and self.account_id in {None, warning.account_id}


EVERY = WarningFilter()


class FraudWarnings(Protocol):
    """Written by WarningKept and WarningNoted records of their accounts. Raises: Unavailable."""

    async def page(
        self, wanted: WarningFilter = EVERY, *, limit: int = 100, after: FraudWarning | None = None
    ) -> tuple[FraudWarning, ...]:
        """The newest of them, or those that come after that one."""
        ...

    async def find(self, id: str) -> FraudWarning | None:  # noqa: A002 - that is what it is
        """The warning of that id at the gateway."""
        ...
