"""Attempts to make a generation's pictures: how each ended, and whether another one is made.

An attempt that was made and billed, or may have been, and that nobody got pictures from, is repeated once at most. One
that was surely not made costs nothing, and may be repeated more often.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

from attrs import field, frozen
from attrs.validators import ge

from billing_core.domain.calendar import instant

MOST_ATTEMPTS = 5
MOST_BILLED = 2


class AttemptOutcome(Enum):
    """How an attempt ended. One that only `started` belongs to a worker that works on it, or died.

    It `succeeded` when the provider answered with pictures, also where they came too late to be delivered.
    """

    STARTED = "started"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    MISCONFIGURED = "misconfigured"
    UNKNOWN = "unknown"

    @property
    def may_have_been_billed(self) -> bool:
        return self in {AttemptOutcome.STARTED, AttemptOutcome.SUCCEEDED, AttemptOutcome.UNKNOWN}

    def gives_way_to(self, told: "AttemptOutcome") -> bool:
        """Whether what is told now is surer: that nobody heard of it is surer than nothing, and news than both."""
        sureness = {AttemptOutcome.STARTED: 0, AttemptOutcome.UNKNOWN: 1}
        return sureness.get(self, 2) < sureness.get(told, 2)


@frozen(kw_only=True)
class Attempt:
    """One time that a provider was asked. The numbers count from 1."""

    number: int = field(validator=ge(1))
    outcome: AttemptOutcome
    started_at: datetime = field(validator=instant)
    ended_at: datetime | None = field(default=None, validator=instant)
    error: str | None = None
    provider_request_id: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


def may_try_again(outcomes: Sequence[AttemptOutcome]) -> bool:
    """Whether one more attempt is within the budget, after those with these outcomes."""
    billed = sum(1 for outcome in outcomes if outcome.may_have_been_billed)
    return len(outcomes) < MOST_ATTEMPTS and billed < MOST_BILLED
