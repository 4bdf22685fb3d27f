"""What a planned group wants written, as values that any store can turn into its own statements.

There are many of them in each group, and named tuples are made several times faster than classes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from attrs import frozen

from billing_core.adapters.books.columns import AccountColumns
from billing_core.adapters.books.encoding import Encoded, EncodedEvent
from billing_core.adapters.books.text import ensure_key
from billing_core.ports.commit import Cause, Decide
from billing_core.ports.records import CauseStatus, Record

T = TypeVar("T")
CauseKey = tuple[str, str]
"""The account's id and the key of the cause."""


@frozen
class Call(Generic[T]):
    """One caller's wish to change one account.

    What it is looked up by is checked when it is made, before it joins a group. Raises InvalidValue.
    """

    account_id: str
    decide: Decide[T]
    cause: Cause[T] | None = None

    def __attrs_post_init__(self) -> None:
        ensure_key("account_id", self.account_id)
        if self.cause is not None:
            ensure_key("idempotency key", self.cause.key)


class KnownCause(NamedTuple):
    """What has to be known of a cause that came before."""

    status: CauseStatus
    fingerprint: str
    answer: bytes


class Answered(NamedTuple):
    """What a caller gets."""

    answer: Any


class Raised(NamedTuple):
    """What a caller gets instead."""

    error: BaseException


Outcome = Answered | Raised


class AccountWrite(NamedTuple):
    """An account's new row. `before` is the version that it was decided on; 0 says that there is no row yet."""

    account_id: str
    before: int
    version: int
    snapshot: Encoded
    columns: AccountColumns


class EventWrite(NamedTuple):
    """One event, with its number in the account's stream and the key of its cause."""

    account_id: str
    number: int
    at: datetime
    event: EncodedEvent
    cause: str | None


class CauseWrite(NamedTuple):
    """A cause's row. `failures` is how often it failed in this group. A processed row is never written over."""

    account_id: str
    key: str
    kind: str
    status: CauseStatus
    fingerprint: str
    answer: bytes
    body: bytes
    error: str | None
    failures: int
    at: datetime


class RecordWrite(NamedTuple):
    """A record, the account that it belongs to, and the time of its commit."""

    account_id: str
    record: Any
    at: datetime


@frozen(kw_only=True)
class Writes:
    """A planned group: one outcome per call, in their order, to be told only after the rest is durable."""

    commit_id: str
    at: datetime
    outcomes: tuple[Outcome, ...]
    accounts: tuple[AccountWrite, ...]
    events: tuple[EventWrite, ...]
    causes: tuple[CauseWrite, ...]
    records: Mapping[type[Record], tuple[RecordWrite, ...]]
