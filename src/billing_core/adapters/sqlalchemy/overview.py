"""What operators look for, in tables."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Row, Select, func, or_, select, tuple_

from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.register import is_there
from billing_core.adapters.sqlalchemy.rows import EPOCH, micros, moment_or_none, parked_of
from billing_core.adapters.sqlalchemy.tables import accounts, generations, incidents, parked
from billing_core.domain.generation import GenerationStatus
from billing_core.domain.incidents import IncidentKind, kind_of
from billing_core.ports.directory import ParkedEvent
from billing_core.ports.overview import EVERYONE, AccountListed, AccountWanted, GenerationsMade

A_DAY = timedelta(days=1)
_DAY_MICROS = A_DAY // timedelta(microseconds=1)
_STATUSES = [status.value for status in GenerationStatus]
_SHOWN = [column for column in accounts.c if column.name not in {"version", "schema", "snapshot", "next_due_at"}]
_PLACE = (parked.c.received_at, parked.c.event_id)


@frozen
class SqlOverview:
    """Whoever looks for a word reads the rows of all accounts; no index helps to find the middle of a text."""

    database: Database

    async def accounts(
        self, wanted: AccountWanted = EVERYONE, *, after: str = "", limit: int
    ) -> tuple[AccountListed, ...]:
        query = _those(wanted).where(accounts.c.id > after, is_there).order_by(accounts.c.id).limit(limit)

        def load(connection: Connection) -> tuple[AccountListed, ...]:
            return tuple([_listed(row) for row in connection.execute(query)])

        return await self.database.read(load)

    async def generations(self, first: date, last: date) -> tuple[GenerationsMade, ...]:
        begins, ends = _begin_of(first), _begin_of(last) + A_DAY
        query = (
            select(
                (generations.c.created_at // _DAY_MICROS).label("day"),
                generations.c.model,
                generations.c.status,
                func.count().label("generations"),
            )
            .where(
                # None expires before it was made, so the index by status and end leaves the older ones out.
                generations.c.status.in_(_STATUSES),
                generations.c.expires_at >= micros(begins),
                generations.c.created_at >= micros(begins),
                generations.c.created_at < micros(ends),
            )
            .group_by("day", generations.c.model, generations.c.status)
            .order_by("day", generations.c.model, generations.c.status)
        )

        def load(connection: Connection) -> tuple[GenerationsMade, ...]:
            return tuple([_made(row) for row in connection.execute(query)])

        return await self.database.read(load)

    async def open_incidents(self) -> Mapping[IncidentKind, int]:
        query = select(incidents.c.kind, func.count()).where(incidents.c.resolved_at.is_(None))

        def load(connection: Connection) -> Mapping[IncidentKind, int]:
            counts = Counter[IncidentKind]()
            for kind, count in connection.execute(query.group_by(incidents.c.kind)):
                counts[kind_of(kind)] += count
            return counts

        return await self.database.read(load)

    async def parked(self, *, limit: int = 100, after: ParkedEvent | None = None) -> tuple[ParkedEvent, ...]:
        query = select(parked).order_by(*(column.desc() for column in _PLACE)).limit(limit)
        if after is not None:
            query = query.where(tuple_(*_PLACE) < (micros(after.received_at), after.event_id))
        return await self._parked(query)

    async def parked_event(self, event_id: str) -> ParkedEvent | None:
        return next(iter(await self._parked(select(parked).where(parked.c.event_id == event_id))), None)

    async def count_parked(self) -> int:
        query = select(func.count()).select_from(parked)
        return await self.database.read(lambda connection: connection.execute(query).scalar_one())

    async def _parked(self, query: Select[Any]) -> tuple[ParkedEvent, ...]:
        def load(connection: Connection) -> tuple[ParkedEvent, ...]:
            return tuple([parked_of(row) for row in connection.execute(query)])

        return await self.database.read(load)


def _those(wanted: AccountWanted) -> Select[Any]:
    query = select(*_SHOWN)
    if wanted.status is not None:
        query = query.where(accounts.c.status == wanted.status)
    if wanted.tier is not None:
        query = query.where(accounts.c.plan == wanted.tier)
    if wanted.query is not None:
        texts = (accounts.c.id, accounts.c.email, accounts.c.name)
        parts = (text.icontains(wanted.query, autoescape=True) for text in texts)
        query = query.where(or_(accounts.c.customer_id == wanted.query, *parts))
    return query


def _listed(row: Row[Any]) -> AccountListed:
    return AccountListed(
        id=row.id,
        email=row.email,
        name=row.name,
        customer_id=row.customer_id,
        tier=row.plan,
        status=row.status,
        available=row.available,
        held=row.held,
        debt=row.debt,
        suspended=bool(row.suspended),
        opened_at=moment_or_none(row.opened_at),
    )


def _made(row: Row[Any]) -> GenerationsMade:
    return GenerationsMade(
        day=(EPOCH + row.day * A_DAY).date(),
        model=row.model,
        status=GenerationStatus(row.status),
        generations=row.generations,
    )


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
