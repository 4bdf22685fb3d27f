"""What a database error means for those who wait, in one table per database."""

import sqlite3
from enum import Enum

from sqlalchemy.exc import DBAPIError

from billing_core.domain.errors import BillingError, InvalidValue
from billing_core.ports.errors import OutcomeUnknown, StaleVersion, Unavailable

WHAT = "the database"


class Failure(Enum):
    """SPLIT: a member of the group is guilty; UNAVAILABLE: nothing was written; UNKNOWN: a commit may have landed."""

    SPLIT = "split"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


_SQLITE = {
    sqlite3.SQLITE_CONSTRAINT: Failure.SPLIT,
    sqlite3.SQLITE_TOOBIG: Failure.SPLIT,
    sqlite3.SQLITE_MISMATCH: Failure.SPLIT,
    sqlite3.SQLITE_BUSY: Failure.UNAVAILABLE,
    sqlite3.SQLITE_LOCKED: Failure.UNAVAILABLE,
    sqlite3.SQLITE_PROTOCOL: Failure.UNAVAILABLE,
    sqlite3.SQLITE_INTERRUPT: Failure.UNAVAILABLE,
    sqlite3.SQLITE_NOMEM: Failure.UNAVAILABLE,
    sqlite3.SQLITE_READONLY: Failure.UNAVAILABLE,
    sqlite3.SQLITE_CANTOPEN: Failure.UNAVAILABLE,
    sqlite3.SQLITE_FULL: Failure.UNAVAILABLE,
    sqlite3.SQLITE_IOERR: Failure.UNKNOWN,
}
PRIMARY = 0xFF  # an extended code's low byte is its class


def failure_of(error: BaseException, *, committing: bool) -> Failure | None:
    """None is what a decision raised, a mistake in the program or a broken file: to be raised as it is.

    Before the commit even an I/O error leaves nothing written; at the commit it may have been written.
    """
    if isinstance(error, OverflowError | UnicodeEncodeError | StaleVersion):
        return Failure.SPLIT  # a number or text that the driver cannot send is refused before it is sent
    code = getattr(error.orig, "sqlite_errorcode", None) if isinstance(error, DBAPIError) else None
    failure = None if code is None else _SQLITE.get(code & PRIMARY)
    if failure is Failure.UNKNOWN and not committing:
        return Failure.UNAVAILABLE
    return failure


def told(error: BaseException, failure: Failure | None) -> BaseException:
    """What the caller is told: one of the ports' errors where the failure has a meaning for them."""
    match failure:
        case Failure.SPLIT if not isinstance(error, BillingError):
            cause = error.orig if isinstance(error, DBAPIError) else error
            return InvalidValue("change", f"cannot be stored: {cause}")
        case Failure.UNAVAILABLE:
            return Unavailable(WHAT)
        case Failure.UNKNOWN:
            return OutcomeUnknown(WHAT)
        case _:
            return error
