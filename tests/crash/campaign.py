"""Killing the server at random moments while callers ask, and at times the database under it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import httpx
import psycopg
from attrs import define, frozen

from billing_core.adapters.books.columns import columns_of
from billing_core.adapters.system import SystemClock
from billing_core.entrypoints.parts.books import open_books
from tests.crash.findings import unkept
from tests.crash.ledger import Ledger
from tests.crash.load import Caller
from tests.crash.opening import customers_of
from tests.crash.operations import Numbering
from tests.crash.server import Place, Server
from tests.local_postgres import LocalPostgres

RECOVERS_WITHIN_S = 60.0


@frozen(kw_only=True)
class Plan:
    """How often, with how many. `crashes_every` counts the kills between two crashes of the database."""

    kills: int
    callers: int
    customers: int
    seed: int
    longest_s: float = 0.8
    crashes_every: int = 0


@define
class Campaign:
    """Runs a plan against the server of a place. The database's own crashes need the database."""

    plan: Plan
    place: Place
    ledger: Ledger
    postgres: LocalPostgres | None = None

    async def run(self) -> None:
        """Afterwards the server is stopped, every deadline is over and nothing is under way.

        Raises AssertionError.
        """
        server = Server(self.place)
        async with httpx.AsyncClient(base_url=self.place.settings.base_url) as client:
            try:
                await server.start()
                await server.ready(client)
                async with self._load(client):
                    await self._kill_again_and_again(server, client)
                await server.kill()
                async with open_books(self.place.settings, columns_of, SystemClock()) as books:
                    self.ledger.wrong += await unkept(self.ledger, books)
                await self._let_a_day_pass(server, client)
                await server.stop()
            finally:
                await server.close()

    @asynccontextmanager
    async def _load(self, client: httpx.AsyncClient) -> AsyncIterator[None]:
        plan = self.plan
        customers = await customers_of(self.place.settings, client, plan.customers)
        stop, numbering = asyncio.Event(), Numbering()
        callers = [
            Caller(self.place.settings, client, customers, numbering, self.ledger, Random(f"{plan.seed} {number}"))
            for number in range(plan.callers)
        ]
        async with asyncio.TaskGroup() as group:
            for caller in callers:
                group.create_task(caller.work(stop))
            try:
                yield
            finally:
                stop.set()

    async def _kill_again_and_again(self, server: Server, client: httpx.AsyncClient) -> None:
        dice = Random(self.plan.seed)
        for number in range(1, self.plan.kills + 1):
            await asyncio.sleep(dice.uniform(0, self.plan.longest_s))
            await server.kill()
            await server.start()
            if dice.random() < 0.1:  # not even the start is safe
                continue
            await server.ready(client)
            await self._one_more("told")
            if self.postgres is not None and self.plan.crashes_every and number % self.plan.crashes_every == 0:
                await self._crash(self.postgres, server, dice)
        await server.ready(client)
        await self._one_more("told")

    async def _crash(self, postgres: LocalPostgres, server: Server, dice: Random) -> None:
        """The server says that it cannot, and gets on by itself once the database is there again."""
        await asyncio.to_thread(postgres.stop, crash=True)
        await self._one_more("503")
        await asyncio.sleep(dice.uniform(0, 1))
        await asyncio.to_thread(postgres.start)
        await self._one_more("told")
        self.ledger.counts["crashes of the database"] += 1
        assert server.is_alive, server.said()

    async def _one_more(self, count: str) -> None:
        """Returns when somebody was told something new, or was refused for want of a database."""
        before, deadline = self.ledger.counts[count], time.monotonic() + RECOVERS_WITHIN_S
        while self.ledger.counts[count] == before:
            assert time.monotonic() < deadline, f"nobody gets any more of {count!r}: {self.ledger.counts}"
            await asyncio.sleep(0.01)

    async def _let_a_day_pass(self, server: Server, client: httpx.AsyncClient) -> None:
        """Every deadline is over: of holds, of generations that wait, of jobs that a dead process had claimed."""
        if self.postgres is not None:
            await asyncio.to_thread(_age_workers, self.place.settings.database_url)
        await server.start()
        await server.ready(client)
        moved = await client.post("/dev/clock", json={"days": 1}, timeout=120)
        assert moved.status_code == 200, moved.text


def _age_workers(url: str) -> None:
    """The database has a clock of its own, by which it knows for how long a worker was not heard of."""
    with psycopg.connect(url) as connection:
        connection.execute("update procrastinate_workers set last_heartbeat = last_heartbeat - interval '1 day'")
