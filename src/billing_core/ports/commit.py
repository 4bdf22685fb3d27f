"""The unit of work as a value: what a pure decision wants written, and the outside reason for it.

A use case opens no session. It hands the repository a function from the account to a Commit; the adapter locks,
decides (perhaps more than once) and writes everything of it in one transaction, or nothing.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from attrs import frozen

from billing_core.domain.account import Account
from billing_core.domain.events import Event
from billing_core.ports.records import Record

T = TypeVar("T")


@frozen(kw_only=True)
class Cause(Generic[T]):
    """The outside reason for a change. The same key is answered with its first answer, and changes nothing again.

    `key` is unique within the account (`stripe:evt_…`, `http:<route>:<Idempotency-Key>`); `fingerprint` tells two
    requests under one key apart; `answer_type` decodes the kept answer. `final=False` marks the first of two commits
    around a vendor's call: it keeps the fingerprint and no answer, and runs again until the final one is in.
    """

    key: str
    fingerprint: str
    answer_type: type[T]
    kind: str = ""
    body: bytes = b""
    final: bool = True


@frozen
class Commit(Generic[T]):
    """What a decision answers, and what must become durable before anyone hears the answer."""

    answer: T
    events: tuple[Event, ...] = ()
    records: tuple[Record, ...] = ()


Decide = Callable[[Account], Commit[T]]
