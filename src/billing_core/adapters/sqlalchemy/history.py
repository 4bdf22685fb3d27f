"""Events in a table, read page by page, so that a long stream needs no long transaction."""

from collections.abc import AsyncIterator

from attrs import frozen
from sqlalchemy import Connection, select

from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import event_of
from billing_core.adapters.sqlalchemy.tables import accounts, events
from billing_core.ports.history import StoredEvent

PAGE = 500


@frozen
class SqlHistory:
    """The streams, in order."""

    database: Database

    async def of(self, account_id: str, *, after: int = 0) -> AsyncIterator[StoredEvent]:
        while page := await self._page(account_id, after):
            for event in page:
                yield event
            after = page[-1].number

    async def accounts(self) -> AsyncIterator[str]:
        last = ""
        while ids := await self._ids(last):
            for account_id in ids:
                yield account_id
            last = ids[-1]

    async def _page(self, account_id: str, after: int) -> list[StoredEvent]:
        query = (
            select(events)
            .where(events.c.account_id == account_id, events.c.number > after)
            .order_by(events.c.number)
            .limit(PAGE)
        )

        def load(connection: Connection) -> list[StoredEvent]:
            return [event_of(row) for row in connection.execute(query)]

        return await self.database.read(load)

    async def _ids(self, after: str) -> list[str]:
        query = (
            select(accounts.c.id)
            .where(accounts.c.id > after, accounts.c.version > 0)
            .order_by(accounts.c.id)
            .limit(PAGE)
        )
        return await self.database.read(lambda connection: list(connection.scalars(query)))
