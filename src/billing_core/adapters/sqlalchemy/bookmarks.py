"""Bookmarks in a table."""

from attrs import frozen
from sqlalchemy import select

from billing_core.adapters.books.text import encoded, ensure_key
from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.tables import bookmarks


@frozen
class SqlBookmarks:
    """A row per name."""

    database: Database

    async def get(self, name: str) -> str | None:
        query = select(bookmarks.c.value).where(bookmarks.c.name == name)
        return await self.database.read(lambda connection: connection.execute(query).scalar())

    async def set(self, name: str, value: str) -> None:
        ensure_key("bookmark", name)
        encoded("bookmark", value)
        insert = self.database.insert(bookmarks).values(name=name, value=value)
        statement = insert.on_conflict_do_update(index_elements=["name"], set_={"value": insert.excluded.value})
        await self.database.write(lambda connection: connection.execute(statement))
