"""A connection of one user, for the few statements that run all the time."""

from contextlib import suppress
from typing import Any

from attrs import define, field
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

# The statements of a group are the same each time, and planning them costs as much as running them; so each is planned
# once. All find their rows by key, also while the tables are so new that PostgreSQL takes them for small.
BY_KEY = """
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off
"""


@define
class DriverConnection:
    """Taken from the pool when it is first needed, kept, and taken anew after it was lost."""

    engine: AsyncEngine
    _held: AsyncConnection | None = field(default=None, init=False)
    _driver: Any = field(default=None, init=False)

    async def get(self) -> Any:
        """The driver's own connection: the statements of a group are too many for a layer above it."""
        if self._held is None:
            self._held = await self.engine.connect()
            self._driver = (await self._held.get_raw_connection()).driver_connection
            await self._driver.execute(BY_KEY)
        return self._driver

    async def roll_back(self) -> None:
        """Ends the transaction; a connection that cannot even do that is dropped."""
        if self._held is None:
            return
        try:
            driver = await self.get()
            await driver.execute("ROLLBACK")
        except Exception:  # noqa: BLE001 - whatever is wrong with it, the next group gets another
            await self.drop()

    async def drop(self) -> None:
        """Cuts the connection, so that nothing of its session is left to whom the pool would give it next."""
        held, self._held = self._held, None
        if held is not None:
            with suppress(Exception):
                await held.invalidate()
            await held.close()
