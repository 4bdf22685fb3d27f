"""Versions of the catalog in a table."""

from datetime import datetime

from attrs import frozen
from sqlalchemy import Connection, select

from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import Insert, micros, moment
from billing_core.adapters.sqlalchemy.tables import catalogs
from billing_core.ports.catalogs import KeptCatalog


@frozen
class SqlCatalogs:
    """Every version, for ever."""

    database: Database

    async def kept(self) -> tuple[KeptCatalog, ...]:
        return await self.database.read(_versions)

    async def keep(self, text: str, *, now: datetime) -> tuple[KeptCatalog, ...]:
        kept = await self.kept()
        if kept and kept[-1].text == text:
            return kept
        return await self.database.write(lambda connection: _kept(connection, self.database.insert, text, now))


def _versions(connection: Connection) -> tuple[KeptCatalog, ...]:
    rows = connection.execute(select(catalogs).order_by(catalogs.c.number))
    return tuple(KeptCatalog(number=row.number, since=moment(row.since), text=row.text) for row in rows)


def _kept(connection: Connection, insert: Insert, text: str, now: datetime) -> tuple[KeptCatalog, ...]:
    """Of two processes that start at once with the same text, one keeps it and the other finds it kept."""
    while not (kept := _versions(connection)) or kept[-1].text != text:
        values = {"number": len(kept) + 1, "since": micros(now), "text": text}
        connection.execute(insert(catalogs).on_conflict_do_nothing(), values)
    return kept
