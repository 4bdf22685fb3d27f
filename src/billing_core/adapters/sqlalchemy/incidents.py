"""Incidents in a table."""

from attrs import frozen
from sqlalchemy import Connection, select

from billing_core.adapters.books.text import encoded
from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import micros, moment
from billing_core.adapters.sqlalchemy.tables import incidents
from billing_core.adapters.sqlalchemy.writers import raise_incident
from billing_core.ports.incidents import Incident


@frozen
class SqlIncidents:
    """Where no account is known, the column is empty: a key's part cannot be null."""

    database: Database

    async def open(self, *, limit: int = 100) -> tuple[Incident, ...]:
        query = (
            select(incidents)
            .where(incidents.c.resolved_at.is_(None))
            .order_by(incidents.c.at.desc(), incidents.c.account_id.desc(), incidents.c.key.desc())
            .limit(limit)
        )

        def load(connection: Connection) -> tuple[Incident, ...]:
            return tuple(
                Incident(
                    key=row.key,
                    account_id=row.account_id or None,
                    kind=row.kind,
                    detail=row.detail,
                    at=moment(row.at),
                )
                for row in connection.execute(query)
            )

        return await self.database.read(load)

    async def report(self, incident: Incident) -> None:
        encoded("incident", incident)
        values = {
            "account_id": incident.account_id or "",
            "key": incident.key,
            "kind": incident.kind,
            "detail": incident.detail,
            "at": micros(incident.at),
        }
        statement = raise_incident(self.database.insert)
        await self.database.write(lambda connection: connection.execute(statement, values))
