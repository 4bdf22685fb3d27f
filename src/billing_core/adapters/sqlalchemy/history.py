"""Events in a table, read page by page, so that a long stream needs no long transaction."""

from collections.abc import AsyncIterator
from typing import Any

from attrs import frozen
from sqlalchemy import Row, Select, select, tuple_

from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import event_of
from billing_core.adapters.sqlalchemy.tables import accounts, events
from billing_core.ports.errors import Unavailable
from billing_core.ports.history import StoredEvent, UnreadableEvent

PAGE = 500


@frozen
class SqlHistory:
    """The streams, in order."""

    database: Database

    async def of(self, account_id: str, *, after: int = 0) -> AsyncIterator[StoredEvent]:
        stream = select(events).where(events.c.account_id == account_id).order_by(events.c.number).limit(PAGE)
        while page := await self._rows(stream.where(events.c.number > after)):
            for row in page:
                yield event_of(row)
            after = page[-1].number

    async def between(self, first: str, last: str) -> AsyncIterator[StoredEvent | UnreadableEvent]:
        place = (events.c.account_id, events.c.number)
        streams = select(events).where(events.c.account_id <= last).order_by(*place).limit(PAGE)
        after = (first, 0)
        while page := await self._rows(streams.where(tuple_(*place) > tuple_(*after))):
            for row in page:
                yield _read(row)
            after = (page[-1].account_id, page[-1].number)

    async def accounts(self) -> AsyncIterator[str]:
        last = ""
        while ids := await self._ids(last):
            for account_id in ids:
                yield account_id
            last = ids[-1]

    async def newest(
        self, account_id: str, *, before: int | None = None, limit: int
    ) -> tuple[StoredEvent | UnreadableEvent, ...]:
        stream = select(events).where(events.c.account_id == account_id).order_by(events.c.number.desc()).limit(limit)
        if before is not None:
            stream = stream.where(events.c.number < before)
        return tuple([_read(row) for row in await self._rows(stream)])

    async def _ids(self, after: str) -> list[str]:
        query = (
            select(accounts.c.id)
            .where(accounts.c.id > after, accounts.c.version > 0)
            .order_by(accounts.c.id)
            .limit(PAGE)
        )
        return await self.database.read(lambda connection: list(connection.scalars(query)))

    async def _rows(self, query: Select[Any]) -> list[Row[Any]]:
        return await self.database.read(lambda connection: list(connection.execute(query)))


def _read(row: Row[Any]) -> StoredEvent | UnreadableEvent:
    try:
        return event_of(row)
    except Unavailable as error:
        return UnreadableEvent(account_id=row.account_id, number=row.number, problem=str(error))
