"""Accounts that note it when a decision knows, reads or writes another account than its own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from types import FunctionType
from typing import Any, TypeVar

import attrs
from attrs import define, field, frozen

from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.books import Books
from billing_core.ports.commit import Cause, Commit, Decide

T = TypeVar("T")
OURS = ("billing_core.domain.", "billing_core.ports.")
_deciding: ContextVar[str | None] = ContextVar("deciding", default=None)


@define
class WatchedAccounts:
    """`strangers` is what was seen; `changes` counts the decisions of each account."""

    inner: AccountRepository
    strangers: list[str] = field(factory=list)
    changes: dict[str, int] = field(factory=dict)

    def get(self, account_id: str) -> Awaitable[Account]:
        self._note_if_deciding("reads", account_id)
        return self.inner.get(account_id)

    def change(self, account_id: str, decide: Decide[T], *, cause: Cause[T] | None = None) -> Awaitable[T]:
        self._note_if_deciding("changes", account_id)

        def watched(account: Account) -> Commit[T]:
            self.changes[account_id] = self.changes.get(account_id, 0) + 1
            self._note(account_id, "is given", [account.id])
            self._note(account_id, "knows", accounts_in(decide))
            token = _deciding.set(account_id)
            try:
                commit = decide(account)
            finally:
                _deciding.reset(token)
            self._note(account_id, "writes", accounts_in((commit.events, commit.records)))
            self._note(account_id, "answers", accounts_in(commit.answer))
            return commit

        return self.inner.change(account_id, watched, cause=cause)

    def _note(self, account_id: str, verb: str, others: "Iterator[str] | list[str]") -> None:
        self.strangers.extend(f"a decision on {account_id} {verb} {other}" for other in others if other != account_id)

    def _note_if_deciding(self, verb: str, account_id: str) -> None:
        if (deciding := _deciding.get()) is not None:
            self.strangers.append(f"a decision on {deciding} {verb} {account_id}")


def accounts_in(value: Any) -> Iterator[str]:
    """The ids of all accounts that can be reached from the value; of a function, from what it has enclosed."""
    if isinstance(value, Account):
        yield value.id
    elif isinstance(value, FunctionType):
        for cell in value.__closure__ or ():
            yield from accounts_in(cell.cell_contents)
    elif isinstance(value, tuple | list | set | frozenset):
        for part in value:
            yield from accounts_in(part)
    elif isinstance(value, Mapping):
        yield from _named(value)
    elif attrs.has(type(value)) and type(value).__module__.startswith(OURS) and not isinstance(value, Catalog):
        yield from _named({part.name: getattr(value, part.name) for part in attrs.fields(type(value))})


def _named(parts: Mapping[str, Any]) -> Iterator[str]:
    for name, part in parts.items():
        if name == "account_id" and part is not None:
            yield part
        yield from accounts_in(part)


@frozen
class WatchedBooks:
    """The books behind accounts that are watched."""

    inner: Books
    accounts: WatchedAccounts

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def watching(
    opened: Callable[..., AbstractAsyncContextManager[Books]], seen: list[WatchedAccounts]
) -> Callable[..., AbstractAsyncContextManager[Any]]:
    """Opens books as before, but watched; the accounts are added to `seen`."""

    @asynccontextmanager
    async def open_watched(*args: Any) -> AsyncIterator[WatchedBooks]:
        async with opened(*args) as books:
            seen.append(WatchedAccounts(books.accounts))
            yield WatchedBooks(books, seen[-1])

    return open_watched
