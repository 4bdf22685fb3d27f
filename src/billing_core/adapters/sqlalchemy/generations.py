"""Generations and pictures in tables."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    Table,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
)

from billing_core.adapters.books.progress import LAST_RANK, OF_ATTEMPTS, OF_STATUS, RANKS, UNSURE
from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import attempt_of, generation_of, image_of, micros, partial_of
from billing_core.adapters.sqlalchemy.tables import attempts, generations, images, is_public, partials
from billing_core.domain.attempts import Attempt
from billing_core.domain.generation import Generation, GenerationStatus, Image, Partial
from billing_core.ports.generations import ImagePage, Page, Progress


@frozen
class SqlGenerations:
    """Lists go by id, newest first, since ids sort by when they were made."""

    database: Database

    async def get(self, account_id: str, generation_id: str) -> Generation | None:
        query = _one(account_id, generation_id)

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

    async def attempts(self, account_id: str, generation_id: str) -> tuple[Attempt, ...]:
        return await self.database.read(lambda connection: _attempts(connection, account_id, generation_id))

    async def progress(self, account_id: str, generation_id: str) -> Progress | None:
        query = _one(account_id, generation_id)

        def load(connection: Connection) -> Progress | None:
            found = _with_images(connection, account_id, connection.execute(query).all())
            if not found:
                return None
            return Progress(
                found[0],
                _attempts(connection, account_id, generation_id),
                _partials(connection, account_id, generation_id),
            )

        return await self.database.read(load)

    async def marks(self, generation_ids: Collection[str]) -> Mapping[str, int]:
        query = select(generations.c.id, _MARK).where(generations.c.id.in_(list(generation_ids)))
        return await self.database.read(lambda connection: {row[0]: row[1] for row in connection.execute(query)})

    async def overdue(self, now: datetime, *, stuck_since: datetime, limit: int) -> tuple[Generation, ...]:
        late = (
            select(generations)
            .where(generations.c.status == GenerationStatus.QUEUED.value, generations.c.expires_at <= micros(now))
            .order_by(generations.c.expires_at, generations.c.account_id, generations.c.id)
            .limit(limit)
        )
        stuck = _stuck(micros(stuck_since)).limit(limit)

        def load(connection: Connection) -> tuple[Generation, ...]:
            rows = [*connection.execute(late), *connection.execute(stuck)]
            return tuple(generation_of(row, ()) for row in rows[:limit])

        return await self.database.read(load)


def _one(account_id: str, generation_id: str) -> Select[Any]:
    return select(generations).where(generations.c.account_id == account_id, generations.c.id == generation_id)


def _attempts(connection: Connection, account_id: str, generation_id: str) -> tuple[Attempt, ...]:
    query = (
        select(attempts)
        .where(attempts.c.account_id == account_id, attempts.c.generation_id == generation_id)
        .order_by(attempts.c.number)
    )
    return tuple(attempt_of(row) for row in connection.execute(query))


def _partials(connection: Connection, account_id: str, generation_id: str) -> tuple[Partial, ...]:
    query = (
        select(partials)
        .where(partials.c.account_id == account_id, partials.c.generation_id == generation_id)
        .order_by(partials.c.attempt, partials.c.number)
    )
    return tuple(partial_of(row) for row in connection.execute(query))


def _mark() -> ColumnElement[int]:
    """What `mark_of` makes of the same rows."""
    ranks = {status.value: rank for status, rank in RANKS.items()}
    rank = case(ranks, value=generations.c.status, else_=LAST_RANK)
    sure = case((attempts.c.outcome.not_in([outcome.value for outcome in UNSURE]), 1))
    steps = _count_of(attempts, func.count() + func.count(attempts.c.ended_at) + func.count(sure))
    return rank * OF_STATUS + steps * OF_ATTEMPTS + _count_of(partials, func.count())


def _count_of(table: Table, count: ColumnElement[int]) -> ScalarSelect[int]:
    return select(count).where(_belongs(table)).correlate(generations).scalar_subquery()


def _belongs(table: Table) -> ColumnElement[bool]:
    return and_(table.c.account_id == generations.c.account_id, table.c.generation_id == generations.c.id)


def _stuck(since: int) -> Select[Any]:
    """Those that run, and of which nothing was heard since."""
    begun = func.coalesce(generations.c.started_at, generations.c.created_at)
    sign = or_(attempts.c.started_at >= since, attempts.c.ended_at >= since)
    return (
        select(generations)
        .where(
            generations.c.status == GenerationStatus.RUNNING.value,
            begun < since,
            ~exists().where(_belongs(attempts), sign),
            ~exists().where(_belongs(partials), partials.c.at >= since),
        )
        .order_by(begun, generations.c.account_id, generations.c.id)
    )


_MARK = _mark()


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
