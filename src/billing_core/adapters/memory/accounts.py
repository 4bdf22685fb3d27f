"""Accounts in memory: the shared planner, one call at a time."""

from typing import Any, TypeVar

from attrs import field, frozen

from billing_core.adapters.books.columns import Describe
from billing_core.adapters.books.encoding import ACCOUNTS
from billing_core.adapters.books.moment import Now, new_commit_id
from billing_core.adapters.books.plan import plan
from billing_core.adapters.books.recent import RecentAccounts
from billing_core.adapters.books.writes import Call, KnownCause, Raised
from billing_core.adapters.memory.state import MemoryState
from billing_core.adapters.memory.writers import apply
from billing_core.domain.account import Account
from billing_core.ports.commit import Cause, Decide

T = TypeVar("T")


@frozen
class MemoryAccounts:
    """A change never waits for anything, so no other can come between: every group is a group of one."""

    state: MemoryState
    describe: Describe
    now: Now
    _recent: RecentAccounts = field(factory=RecentAccounts, init=False)

    async def get(self, account_id: str) -> Account:
        kept = self.state.accounts.get(account_id)
        return Account(id=account_id) if kept is None else ACCOUNTS.decode(kept.snapshot)

    async def change(self, account_id: str, decide: Decide[T], *, cause: Cause[T] | None = None) -> T:
        kept = self.state.accounts.get(account_id)
        writes = plan(
            [Call(account_id, decide, cause)],
            {} if kept is None else {account_id: kept.snapshot},
            self._known(account_id, cause),
            commit_id=new_commit_id(),
            at=self.now(),
            describe=self.describe,
            recent=self._recent,
        )
        (outcome,) = writes.outcomes
        if isinstance(outcome, Raised):
            raise outcome.error
        apply(self.state, writes)
        answer: T = outcome.answer
        return answer

    def _known(self, account_id: str, cause: Cause[Any] | None) -> dict[tuple[str, str], KnownCause]:
        kept = None if cause is None else self.state.causes.get((account_id, cause.key))
        if kept is None:
            return {}
        return {(account_id, kept.key): KnownCause(kept.status, kept.fingerprint, kept.answer)}
