"""Work after the commit: where it waits, and who runs it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from attrs import frozen

Handler = Callable[[Mapping[str, str]], Awaitable[None]]

HEAD_START = timedelta(seconds=30)


class Every(Enum):
    """How often a handler runs by itself."""

    MINUTE = "minute"
    HOUR = "hour"


NEVER: Mapping[str, Every] = MappingProxyType({})


@frozen(kw_only=True)
class ClaimedJob:
    """A job that this worker has until its lease ends. `attempt` counts from 1."""

    id: int
    task: str
    args: Mapping[str, str]
    attempt: int


@frozen(kw_only=True)
class Backlog:
    """How many jobs are due, how many are under way, and how many rest until later; of those that are not under way,
    how many have failed before. `waits_since` is the place in line of the first that is due, or the end of its rest if
    that was later; None where nothing is due."""

    due: int
    under_way: int
    later: int
    failing: int
    waits_since: datetime | None


class Jobs(Protocol):
    """Where Job records wait, as everybody sees it."""

    async def idle(self, now: datetime) -> bool:
        """Whether nothing is due or running."""
        ...

    async def backlog(self, now: datetime) -> Backlog:
        """How the queue stands."""
        ...

    async def known(self, keys: Collection[str]) -> frozenset[str]:
        """Those of the keys that a job has: one that waits, rests or is under way."""
        ...


@runtime_checkable
class JobQueue(Jobs, Protocol):
    """Jobs that can be claimed. A claim is a lease: one that is neither finished nor put back is given out again."""

    async def claim(
        self,
        now: datetime,
        *,
        lease: timedelta,
        tasks: Collection[str] | None = None,
        leaving: Collection[str] = (),
    ) -> ClaimedJob | None:
        """Of the jobs that are due, the one whose turn it is: the first in line, where each point of priority is a
        head start of `HEAD_START`. So what is more urgent overtakes, and nothing waits for ever. None where nothing is
        due; `tasks` are those to choose from (None: all, whatever they are called) but for those of `leaving`."""
        ...

    async def renew(self, job: ClaimedJob, *, until: datetime) -> bool:
        """Makes the lease longer, if this claim still holds the job; False where it does not."""
        ...

    async def finish(self, job: ClaimedJob) -> None:
        """Forgets the job, if this claim still holds it."""
        ...

    async def put_back(self, job: ClaimedJob, *, not_before: datetime, error: str) -> None:
        """Gives the job up until later, with what went wrong, if this claim still holds it."""
        ...

    async def wait(self, *, timeout_s: float) -> None:
        """Returns when a job may have come, at the latest after the timeout."""
        ...


class JobRunner(Protocol):
    """Runs handlers by task name. A handler may run twice; a job without a handler is an incident."""

    async def run(
        self, handlers: Mapping[str, Handler], *, stop: asyncio.Event, periodic: Mapping[str, Every] = NEVER
    ) -> None:
        """Works until `stop` is set, then finishes what is under way.

        The handlers named by `periodic` run once a minute or once an hour, without args, by one of all the runners on
        the same books.
        """
        ...
