"""What long work tells, object by object, and how it goes through many of them at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from enum import Enum
from typing import TypeVar

from attrs import evolve, frozen

from billing_core.domain.errors import PortFailure
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.clock import Clock
from billing_core.ports.incidents import Incident, Incidents

PAGE = 100
FEW = 16
"""So many at once where each may ask the gateway."""

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


@frozen
class Trouble:
    """Shows a person an object that needs one. `work` is whose finding it is; the same is shown once."""

    incidents: Incidents
    clock: Clock
    work: str

    async def of(self, blank: Result, work: Awaitable[Result], *, dry_run: bool = False) -> Result:
        """What came of the work on one object; what it raises is a failed result, so that the others go on.

        Raises the port failures.
        """
        try:
            return await work
        except PortFailure:
            raise
        except Exception as error:  # noqa: BLE001 - a person looks at this one
            failed = evolve(blank, outcome=Outcome.FAILED, detail=f"{type(error).__name__}: {error}")
            return await self(failed, dry_run=dry_run)

    async def __call__(self, result: Result, *, dry_run: bool = False) -> Result:
        """The same result, shown unless the run is dry. Raises Unavailable."""
        if not dry_run:
            incident = Incident(
                key=f"{self.work}:{result.outcome.value}:{result.id}",
                account_id=result.account_id,
                kind=IncidentKind(f"{self.work}_{result.outcome.value}"),
                detail=f"{result.kind} {result.id}: {result.detail}",
                at=self.clock.now(),
                about={result.kind: result.id} if result.id else {},
            )
            await self.incidents.report(incident)
        return result


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
