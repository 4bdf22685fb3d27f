"""The rows of accounts, read page by page."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Row, func, select, tuple_

from billing_core.adapters.books.encoding import ACCOUNTS, Encoded
from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import micros, moment_or_none
from billing_core.adapters.sqlalchemy.tables import accounts
from billing_core.ports.errors import Unavailable
from billing_core.ports.register import AccountRow

PAGE = 500
_COLUMNS = [column.name for column in accounts.c if column.name not in {"id", "version", "schema", "snapshot"}]
_MOMENTS = {"opened_at", "next_due_at"}
Due = tuple[int, str]
is_there = accounts.c.version > 0  # a row without an event is only a lock


@frozen
class SqlRegister:
    """A page is one short transaction, so that a long reading holds nobody up."""

    database: Database

    async def row(self, account_id: str) -> AccountRow | None:
        query = select(accounts).where(accounts.c.id == account_id, is_there)

        def load(connection: Connection) -> AccountRow | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else row_of(row)

        return await self.database.read(load)

    async def page(self, *, after: str = "", limit: int) -> tuple[AccountRow, ...]:
        query = select(accounts).where(accounts.c.id > after, is_there).order_by(accounts.c.id).limit(limit)
        return await self.database.read(lambda connection: tuple(row_of(row) for row in connection.execute(query)))

    async def count(self, *, after: str = "", due_by: datetime | None = None) -> int:
        query = select(func.count()).where(accounts.c.id > after, is_there)
        if due_by is not None:
            query = query.where(accounts.c.next_due_at <= micros(due_by))
        return await self.database.read(lambda connection: connection.execute(query).scalar_one())

    async def due(self, by: datetime) -> AsyncIterator[str]:
        last: Due | None = None
        while page := await self._due(by, last):
            for _, account_id in page:
                yield account_id
            last = page[-1]

    async def _due(self, by: datetime, after: Due | None) -> list[Due]:
        """Whoever was brought to now meanwhile has gone; whoever could not be is not met again."""
        key = (accounts.c.next_due_at, accounts.c.id)
        query = select(*key).where(accounts.c.next_due_at <= micros(by)).order_by(*key).limit(PAGE)
        if after is not None:
            query = query.where(tuple_(*key) > tuple_(*after))
        return await self.database.read(lambda connection: [(row[0], row[1]) for row in connection.execute(query)])


def row_of(row: Row[Any]) -> AccountRow:
    """The row of an account, among whatever else was selected with it."""
    try:
        account = ACCOUNTS.decode(Encoded(row.schema, row.snapshot))
    except Unavailable:
        account = None
    columns: dict[str, object] = {name: row._mapping[name] for name in _COLUMNS}
    columns |= {name: moment_or_none(row._mapping[name]) for name in _MOMENTS}
    return AccountRow(
        account_id=row.id, version=row.version, account=account, columns=columns | {"suspended": bool(row.suspended)}
    )
