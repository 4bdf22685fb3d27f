"""What a database error means for those who wait. Each database has its own table of errors beside its adapter."""

from collections.abc import Callable
from enum import Enum

from sqlalchemy.exc import DBAPIError

from billing_core.domain.errors import BillingError, InvalidValue
from billing_core.ports.errors import OutcomeUnknown, Unavailable

WHAT = "the database"


class Failure(Enum):
    """What it means before the commit, where nothing is written yet, and at the commit.

    SPLIT: a member of the group is guilty. RETRY: the database gave up on it for no fault of its own. UNAVAILABLE: it
    can do nothing now. LOST: the answer was lost; at the commit it may have landed.
    """

    SPLIT = "split"
    RETRY = "retry"
    UNAVAILABLE = "unavailable"
    LOST = "lost"


FailureOf = Callable[[BaseException], Failure | None]
"""None is what a decision raised, a mistake in the program or a broken file: to be raised as it is."""


def told(error: BaseException, failure: Failure | None, *, committing: bool) -> BaseException:
    """What the caller is told: one of the ports' errors where the failure has a meaning for them."""
    match failure:
        case Failure.SPLIT if not isinstance(error, BillingError):
            cause = error.orig if isinstance(error, DBAPIError) else error
            return InvalidValue("change", f"cannot be stored: {cause}")
        case Failure.LOST if committing:
            return OutcomeUnknown(WHAT)
        case Failure.RETRY | Failure.UNAVAILABLE | Failure.LOST:
            return Unavailable(WHAT)
        case _:
            return error
