"""What PostgreSQL's errors mean, by SQLSTATE: the exact one where it matters, else its class."""

from asyncpg import InterfaceError, InternalClientError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from billing_core.adapters.sqlalchemy.failures import Failure
from billing_core.ports.errors import StaleVersion

_MEANING = {
    "22": Failure.SPLIT,  # data exception
    "23": Failure.SPLIT,  # a constraint
    "54": Failure.SPLIT,  # beyond a limit of the program
    "40001": Failure.RETRY,  # could not serialize
    "40P01": Failure.RETRY,  # deadlock
    "08": Failure.LOST,  # the connection
    "57P01": Failure.LOST,  # shut down
    "57P02": Failure.LOST,  # crashed
    "25P03": Failure.LOST,  # idle for too long within a transaction
    "57P03": Failure.UNAVAILABLE,  # starting up
    "57014": Failure.UNAVAILABLE,  # the statement took too long
    "55P03": Failure.UNAVAILABLE,  # a lock was not given in time
    "53": Failure.UNAVAILABLE,  # out of disk, memory or connections
    "25006": Failure.UNAVAILABLE,  # this server only reads
}
CLASS = 2


def failure_of(error: BaseException) -> Failure | None:
    if isinstance(error, DBAPIError):
        error = error.orig or error
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return _MEANING.get(state, _MEANING.get(state[:CLASS]))
    match error:
        case StaleVersion() | OverflowError() | UnicodeEncodeError():
            return Failure.SPLIT
        case PoolTimeoutError() | TimeoutError():
            return Failure.UNAVAILABLE
        case InterfaceError() | InternalClientError() | OSError():  # the second where it was cut just now
            return Failure.LOST
        case _:
            return None
