"""One transaction, and what its failure means."""

from collections.abc import Callable
from typing import TypeVar

from attrs import define
from sqlalchemy import Connection

from billing_core.adapters.sqlalchemy.failures import Failure, FailureOf, told

T = TypeVar("T")


@define
class TransactionFailed(Exception):
    """The transaction was rolled back; `answer` is what the caller is told, `failure` what it means for a group."""

    failure: Failure | None
    answer: BaseException


def transact(connection: Connection, work: Callable[[Connection], T], failure_of: FailureOf) -> T:
    """The work in one transaction. Raises TransactionFailed, and nothing of the work is written."""
    committing = False
    try:
        with connection.begin() as transaction:
            result = work(connection)
            committing = True
            transaction.commit()
    except Exception as error:
        failure = failure_of(error)
        raise TransactionFailed(failure, told(error, failure, committing=committing)) from error
    return result


def answered(connection: Connection, work: Callable[[Connection], T], failure_of: FailureOf) -> T:
    """The same for work that stands alone. Raises what the caller is to be told."""
    try:
        return transact(connection, work, failure_of)
    except TransactionFailed as failed:
        raise failed.answer from failed.__cause__
