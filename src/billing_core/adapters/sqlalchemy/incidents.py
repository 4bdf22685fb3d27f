"""Incidents in a table."""

import json
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Row, Select, select, tuple_, update

from billing_core.adapters.books.text import encoded
from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import micros, moment
from billing_core.adapters.sqlalchemy.tables import incidents
from billing_core.adapters.sqlalchemy.writers import incident_row, raise_incident
from billing_core.domain.incidents import IncidentKind, Resolution, detail_of, kind_of
from billing_core.ports.incidents import ALL, Incident, IncidentFilter, IncidentStatus, Resolved

_PLACE = (incidents.c.at, incidents.c.id)
_KNOWN = [kind.value for kind in IncidentKind if kind is not IncidentKind.OTHER]


@frozen
class SqlIncidents:
    """Where no account is known, the column is empty: a key's part cannot be null."""

    database: Database

    async def open(self, *, limit: int = 100) -> tuple[Incident, ...]:
        return await self.page(IncidentFilter(status=IncidentStatus.OPEN), limit=limit)

    async def page(
        self, wanted: IncidentFilter = ALL, *, limit: int = 100, after: Incident | None = None
    ) -> tuple[Incident, ...]:
        query = _those(wanted)
        if after is not None:
            query = query.where(tuple_(*_PLACE) < (micros(after.at), after.id))
        return await self._load(query.order_by(*(column.desc() for column in _PLACE)).limit(limit))

    async def find(self, id: str) -> Incident | None:  # noqa: A002
        return next(iter(await self._load(select(incidents).where(incidents.c.id == id))), None)

    async def report(self, incident: Incident) -> None:
        encoded("incident", incident)
        values, statement = incident_row(incident.account_id, incident), raise_incident(self.database.insert)
        await self.database.write(lambda connection: connection.execute(statement, values))

    async def resolve(self, incident: Incident, resolved: Resolved) -> bool:
        encoded("note", resolved)
        closing = (
            update(incidents)
            .where(
                incidents.c.account_id == (incident.account_id or ""),
                incidents.c.key == incident.key,
                incidents.c.times == incident.times,
                incidents.c.resolved_at.is_(None),
            )
            .values(
                resolved_at=micros(resolved.at),
                resolved_by=resolved.by,
                resolution=resolved.resolution.value,
                note=resolved.note,
            )
        )
        return bool(await self.database.write(lambda connection: connection.execute(closing).rowcount))

    async def _load(self, query: Select[Any]) -> tuple[Incident, ...]:
        def load(connection: Connection) -> tuple[Incident, ...]:
            return tuple([_incident_of(row) for row in connection.execute(query)])

        return await self.database.read(load)


def _those(wanted: IncidentFilter) -> Select[Any]:
    query, columns = select(incidents), incidents.c
    if wanted.status is not None:
        is_open = wanted.status is IncidentStatus.OPEN
        query = query.where(columns.resolved_at.is_(None) if is_open else columns.resolved_at.is_not(None))
    if wanted.kind is IncidentKind.OTHER:
        query = query.where(columns.kind.not_in(_KNOWN))
    elif wanted.kind is not None:
        query = query.where(columns.kind == wanted.kind.value)
    if wanted.account_id is not None:
        query = query.where(columns.account_id == wanted.account_id)
    return query


def _incident_of(row: Row[Any]) -> Incident:
    return Incident(
        key=row.key,
        account_id=row.account_id or None,
        kind=kind_of(row.kind),
        detail=detail_of(row.kind, row.detail),
        at=moment(row.at),
        about=json.loads(row.about),
        last_at=moment(row.last_at),
        times=row.times,
        resolved=None if row.resolved_at is None else _resolved_of(row),
    )


def _resolved_of(row: Row[Any]) -> Resolved:
    return Resolved(
        at=moment(row.resolved_at), by=row.resolved_by, resolution=Resolution(row.resolution), note=row.note
    )
