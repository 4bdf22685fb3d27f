"""A JobRunner that is a Procrastinate worker, on a connection pool of its own."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from attrs import field, frozen
from attrs.validators import ge
from procrastinate import App, PsycopgConnector
from procrastinate.worker import Worker
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from billing_core.adapters.books.attempting import Attempting, Report
from billing_core.adapters.books.retrying import Retrying
from billing_core.adapters.books.taking import taken
from billing_core.adapters.procrastinate.tasks import app_of
from billing_core.adapters.procrastinate.tending import fail_unknown, put_back_stalled, report_failed
from billing_core.ports.jobs import NEVER, Every, Handler

log = logging.getLogger(__name__)

POOL = 4
CANCELLED_AGAIN_S = 0.5
CRON = MappingProxyType({Every.MINUTE: "* * * * *", Every.HOUR: "0 * * * *"})


@frozen
class ProcrastinateRunner:
    """A job is with a worker that is heard of; what a worker left that is not is given out again by the others.

    `stalled_after_s` must be longer than `heartbeat_s` and `stop_within_s` together: while a worker waits for what is
    under way at a stop, Procrastinate lets it be silent. What waits is asked for every `poll_s`, since a job whose
    rest is over tells nobody; one that is written does.
    Runners may share the work, as `taken` tells: each by its `tasks` or by what it is `leaving` to the others.
    """

    url: str = field(repr=False)
    report: Report
    tasks: frozenset[str] | None = field(default=None, kw_only=True)
    leaving: frozenset[str] = field(default=frozenset(), kw_only=True)
    concurrency: int = field(default=4, validator=ge(1), kw_only=True)
    handler_within: timedelta = field(default=timedelta(minutes=9), kw_only=True)
    retrying: Retrying = field(default=Retrying(), kw_only=True)
    poll_s: float = field(default=1.0, kw_only=True)
    stop_within_s: float = field(default=30.0, kw_only=True)
    heartbeat_s: float = field(default=10.0, kw_only=True)
    stalled_after_s: float = field(default=60.0, kw_only=True)
    cron: Mapping[Every, str] = field(default=CRON, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.stalled_after_s <= self.heartbeat_s + self.stop_within_s:
            raise ValueError("a worker that is only stopping would count as stalled")

    async def run(
        self, handlers: Mapping[str, Handler], *, stop: asyncio.Event, periodic: Mapping[str, Every] = NEVER
    ) -> None:
        """Works until `stop` is set, then finishes what is under way. Where the database goes away, it comes back."""
        attempting = Attempting(
            handlers=handlers,
            report=self.report,
            retrying=self.retrying,
            within_s=self.handler_within.total_seconds(),
        )
        while not stop.is_set():
            worker = self._worker(attempting, periodic)
            session = asyncio.create_task(self._session(worker, attempting))
            stopped = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait([session, stopped], return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopped.cancel()
                await _end(session, worker)
            if not stop.is_set():
                ended = None if session.cancelled() else session.exception()
                log.warning("the worker came to an end, and begins again", exc_info=ended)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), self.poll_s)

    def _worker(self, attempting: Attempting, periodic: Mapping[str, Every]) -> Worker:
        connector = PsycopgConnector(
            pool_factory=_pool, conninfo=self.url, min_size=1, max_size=POOL, configure=_configure
        )
        mine = self._taken(attempting.handlers if self.tasks is None else self.tasks)
        crons = {task: self.cron[periodic[task]] for task in self._taken(periodic)}
        return Worker(
            app_of(connector, attempting, crons=crons),
            queues=sorted(mine),
            concurrency=self.concurrency,
            fetch_job_polling_interval=self.poll_s,
            shutdown_graceful_timeout=self.stop_within_s,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=self.heartbeat_s,
            stalled_worker_timeout=self.stalled_after_s,
        )

    async def _session(self, worker: Worker, attempting: Attempting) -> None:
        """A worker from its first connection to its last."""
        app = worker.app
        try:
            await app.open_async()
            tending = asyncio.create_task(self._tend(app, attempting))
            try:
                await worker.run()  # type: ignore[no-untyped-call]
            finally:
                tending.cancel()
                await asyncio.gather(tending, return_exceptions=True)
        finally:
            await app.close_async()

    def _taken(self, names: Iterable[str]) -> frozenset[str]:
        return taken(names, tasks=self.tasks, leaving=self.leaving)

    async def _tend(self, app: App, attempting: Attempting) -> None:
        while True:
            try:
                await put_back_stalled(app, stalled_after_s=self.stalled_after_s)
                if self.tasks is None:
                    await fail_unknown(app, known={*attempting.handlers, *self.leaving})
                    await report_failed(app, attempting)
            except Exception:  # the next round may do better, and must come
                log.exception("what other workers left could not be looked after")
            await asyncio.sleep(self.heartbeat_s)


async def _end(session: asyncio.Task[None], worker: Worker) -> None:
    """A worker that runs finishes what is under way; one that is about to does not begin.

    A cancellation is lost where it comes at the very moment at which a connection is handed out, so it is repeated.
    """
    while not session.done():
        if worker.run_task is not None:
            worker.stop()  # type: ignore[no-untyped-call]
        else:
            session.cancel()
        await asyncio.wait([session], timeout=CANCELLED_AGAIN_S)


def _pool(**options: Any) -> AsyncConnectionPool:
    """A connection is not asked before each use whether it is still there: where it is not, all begins again."""
    return AsyncConnectionPool(**{**options, "check": None})


async def _configure(connection: AsyncConnection[Any]) -> None:
    """Each statement is a transaction of its own, and waits for no disk: what a power cut loses runs again."""
    await connection.set_autocommit(True)
    await connection.execute("set synchronous_commit = off")
