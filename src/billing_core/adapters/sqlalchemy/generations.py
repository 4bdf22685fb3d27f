"""Generations and pictures in tables."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Row, false, select

from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import generation_of, image_of
from billing_core.adapters.sqlalchemy.tables import attempts, generations, images, is_public
from billing_core.domain.generation import Generation, Image
from billing_core.ports.generations import ImagePage, Page


@frozen
class SqlGenerations:
    """Lists go by id, newest first, since ids sort by when they were made."""

    database: Database

    async def get(self, account_id: str, generation_id: str) -> Generation | None:
        query = select(generations).where(generations.c.account_id == account_id, generations.c.id == generation_id)

        def load(connection: Connection) -> Generation | None:
            found = _with_images(connection, account_id, connection.execute(query).all())
            return found[0] if found else None

        return await self.database.read(load)

    async def page(self, account_id: str, *, limit: int, cursor: str | None = None) -> Page:
        query = select(generations).where(generations.c.account_id == account_id)
        if cursor is not None:
            query = query.where(generations.c.id < cursor)
        query = query.order_by(generations.c.id.desc()).limit(limit + 1)

        def load(connection: Connection) -> Page:
            rows = connection.execute(query).all()
            items = _with_images(connection, account_id, rows[:limit])
            return Page(items, items[-1].id if len(rows) > limit else None)

        return await self.database.read(load)

    async def image(self, image_id: str) -> Image | None:
        query = select(images).where(images.c.id == image_id, images.c.deleted == false())

        def load(connection: Connection) -> Image | None:
            row = connection.execute(query).first()
            return None if row is None else image_of(row)

        return await self.database.read(load)

    async def gallery(self, *, limit: int, cursor: str | None = None) -> ImagePage:
        query = select(images).where(is_public)
        if cursor is not None:
            query = query.where(images.c.id < cursor)
        query = query.order_by(images.c.id.desc()).limit(limit + 1)

        def load(connection: Connection) -> ImagePage:
            rows = connection.execute(query).all()
            items = tuple(image_of(row) for row in rows[:limit])
            return ImagePage(items, items[-1].id if len(rows) > limit else None)

        return await self.database.read(load)

    async def attempts(self, account_id: str, generation_id: str) -> tuple[str, ...]:
        query = (
            select(attempts.c.outcome)
            .where(attempts.c.account_id == account_id, attempts.c.generation_id == generation_id)
            .order_by(attempts.c.number)
        )
        return await self.database.read(lambda connection: tuple(connection.scalars(query)))


def _with_images(connection: Connection, account_id: str, rows: Sequence[Row[Any]]) -> tuple[Generation, ...]:
    """The generations of the rows, their pictures looked up for all of them at once."""
    query = (
        select(images)
        .where(
            images.c.account_id == account_id,
            images.c.generation_id.in_([row.id for row in rows]),
            images.c.deleted == false(),
        )
        .order_by(images.c.id)
    )
    found: defaultdict[str, list[Image]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.generation_id].append(image_of(row))
    return tuple(generation_of(row, tuple(found[row.id])) for row in rows)
