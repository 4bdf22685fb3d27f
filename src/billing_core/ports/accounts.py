"""The one way to read and change an account."""

from typing import Protocol, TypeVar

from billing_core.domain.account import Account
from billing_core.ports.commit import Cause, Decide

T = TypeVar("T")


class AccountRepository(Protocol):
    """Keeps accounts. Every write to an account goes through `change`; it answers only after the commit is durable.

    `decide` is pure and may run more than once, on the account as it is when it is locked. Its answer is returned.
    What it raises is its caller's answer and disturbs nobody else; nothing is then written. A cause that was
    processed before is answered with its kept answer, without running `decide`.

    Raises: what `decide` raised; IdempotencyKeyReused; Unavailable (nothing written); OutcomeUnknown.
    """

    async def get(self, account_id: str) -> Account:
        """The account as last committed, without a lock; one that was never seen is empty."""
        ...

    async def change(self, account_id: str, decide: Decide[T], *, cause: Cause[T] | None = None) -> T:
        """Runs the decision and writes what it wants, all or nothing."""
        ...
