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

    `key` is unique within the account (`webhook:evt_…`, `http:<route>:<Idempotency-Key>`); `fingerprint` tells two
    requests under one key apart; `answer_type` decodes the kept answer. With `intent_type` it is the first of two
    commits around a vendor's call: what it answers is kept as the intent, and who comes again before the last commit
    gets that same intent, so that the vendor is asked exactly the same once more.
    """

    key: str
    fingerprint: str
    answer_type: type[T]
    intent_type: type[T] | None = None
    kind: str = ""
    body: bytes = b""


@frozen
class Commit(Generic[T]):
    """What a decision answers, and what must become durable before anyone hears the answer.

    `renews` has the row of an account that there is written anew also without an event: since the catalog has changed,
    its plain columns may tell something else.
    """

    answer: T
    events: tuple[Event, ...] = ()
    records: tuple[Record, ...] = ()
    renews: bool = False


Decide = Callable[[Account], Commit[T]]


@frozen
class Recording(Generic[T]):
    """A decision that asks nothing of the account and only has something recorded: what keeps the account need not
    make it out for this."""

    commit: Commit[T]

    def __call__(self, account: Account) -> Commit[T]:
        return self.commit
