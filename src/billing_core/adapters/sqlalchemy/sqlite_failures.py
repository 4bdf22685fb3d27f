"""What SQLite's errors mean."""

import sqlite3

from sqlalchemy.exc import DBAPIError

from billing_core.adapters.sqlalchemy.failures import Failure
from billing_core.ports.errors import StaleVersion

_MEANING = {
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
    sqlite3.SQLITE_IOERR: Failure.LOST,
}
PRIMARY = 0xFF  # an extended code's low byte is its class


def failure_of(error: BaseException) -> Failure | None:
    if isinstance(error, OverflowError | UnicodeEncodeError | StaleVersion):
        return Failure.SPLIT  # a number or text that the driver cannot send is refused before it is sent
    code = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlite_errorcode", None)
    return None if code is None else _MEANING.get(code & PRIMARY)
