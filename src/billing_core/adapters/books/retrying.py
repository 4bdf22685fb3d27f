"""How often a job is tried, and how long it rests in between."""

from datetime import timedelta

from attrs import field, frozen
from attrs.validators import ge

from billing_core.ports.errors import Unavailable


@frozen(kw_only=True)
class Retrying:
    """Twice as long after each failure, up to a cap: with the defaults sixteen attempts in an hour and a half."""

    attempts: int = field(default=16, validator=ge(1))
    first: timedelta = timedelta(seconds=1)
    cap: timedelta = timedelta(minutes=15)

    def rest_after(self, attempt: int, error: BaseException) -> timedelta:
        """How long to rest after the nth attempt (from 1) failed; longer where the failure itself says so."""
        doublings = min(attempt - 1, 40)  # a timedelta ends somewhere, and the cap is reached long before
        rest = min(self.first * (1 << doublings), self.cap)
        return max(rest, timedelta(seconds=error.retry_after_s)) if isinstance(error, Unavailable) else rest
