"""Workers as processes that can be killed, with pictures that take a while."""

import asyncio
import signal
from pathlib import Path
from typing import Any

from attrs import define, field, frozen
from psycopg import AsyncConnection

from tests.crash.server import COMMAND, Place
from tests.studio.waiting import until

CATALOG = Path(__file__).with_name("catalog.toml")
LANES = 2

# A worker of Procrastinate counts as dead when it was not heard of for a minute: nobody waits for that here.
_BURY = """
update procrastinate_workers set last_heartbeat = last_heartbeat - interval '1 day' where id = any(%s) returning id
"""
_MAKING = """
select count(*) from procrastinate_jobs where status = 'doing' and task_name = 'generate' and worker_id = any(%s)
"""


@frozen
class Studio(Place):
    """A place whose pictures take so many seconds, so many at once."""

    drawing_s: float = 1.0
    at_once: int = 8

    @property
    def environment(self) -> dict[str, str]:
        told = {"BILLING_DRAWING_SECONDS": str(self.drawing_s), "BILLING_IMAGE_CONCURRENCY": str(self.at_once)}
        return {**super().environment, "BILLING_CATALOG": str(CATALOG), **told}

    async def asked(self, statement: str, *given: object) -> list[tuple[Any, ...]]:
        """What the books answer, past the product."""
        async with await AsyncConnection.connect(self.settings.database_url, autocommit=True) as connection:
            return await (await connection.execute(statement.encode(), given)).fetchall()


@define
class Worker:
    """`billing-core worker`. What it says goes to a file in its folder."""

    studio: Studio
    name: str
    lanes: list[int] = field(factory=list, init=False)
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def start(self) -> None:
        """Returns when it asks for jobs."""
        before = await self._known()
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                COMMAND, "worker", cwd=self.studio.folder, env=self.studio.environment, stdout=log, stderr=log
            )

        async def asks() -> bool:
            assert self._process is not None
            assert self._process.returncode is None, self.said()
            self.lanes = sorted(await self._known() - before)
            return len(self.lanes) == LANES

        await until(asks)

    async def making(self) -> int:
        """How many generations it has begun and not ended."""
        ((count,),) = await self.studio.asked(_MAKING, self.lanes)
        return int(count)

    async def kill(self) -> None:
        """As if its machine lost its power; the others hear that it is dead."""
        await self._end(signal.SIGKILL)
        await self.studio.asked(_BURY, self.lanes)

    async def stop(self) -> None:
        """As an operator does it."""
        await self._end(signal.SIGTERM)

    async def close(self) -> None:
        """Whatever state it is in."""
        if self._process is not None and self._process.returncode is None:
            await self._end(signal.SIGKILL)

    def said(self) -> str:
        return self._log.read_text(errors="replace")[-5_000:]

    @property
    def _log(self) -> Path:
        return self.studio.folder / f"{self.name}.log"

    async def _known(self) -> set[int]:
        return {each for (each,) in await self.studio.asked("select id from procrastinate_workers")}

    async def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        await asyncio.wait_for(self._process.wait(), 60)
