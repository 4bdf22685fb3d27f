"""What long work tells, object by object, and how it goes through many of them at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from enum import Enum
from typing import TypeVar

from attrs import frozen

PAGE = 100
T = TypeVar("T")


class Outcome(Enum):
    """What came of an object. The last ones need a person."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    CONFLICT = "conflict"
    NO_ACCOUNT = "no_account"
    UNKNOWN_PRICE = "unknown_price"
    UNREADABLE = "unreadable"
    GONE = "gone"
    FAILED = "failed"

    @property
    def is_trouble(self) -> bool:
        return self not in {Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.SKIPPED}


@frozen(kw_only=True)
class Result:
    """What came of one object of the gateway, and whose it is. `kind` is `customer`, `subscription`, …"""

    kind: str
    id: str
    outcome: Outcome
    account_id: str | None = None
    detail: str = ""


async def pages(things: AsyncIterator[T], size: int = PAGE) -> AsyncIterator[list[T]]:
    """The things, so many at a time."""
    page: list[T] = []
    async for thing in things:
        page.append(thing)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page


async def at_once(work: Iterable[Awaitable[T]]) -> list[T]:
    """All results, in order; all at once, so that the store can commit many together.

    Raises the first failure, once all have ended.
    """
    done = await asyncio.gather(*work, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return [result for result in done if not isinstance(result, BaseException)]
