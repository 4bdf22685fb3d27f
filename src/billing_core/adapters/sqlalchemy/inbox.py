"""Causes in a table."""

from attrs import frozen
from sqlalchemy import Connection, select

from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import cause_of
from billing_core.adapters.sqlalchemy.tables import inbox
from billing_core.ports.inbox import StoredCause
from billing_core.ports.records import CauseStatus


@frozen
class SqlInbox:
    """What was kept of the causes of changes."""

    database: Database

    async def get(self, account_id: str, key: str) -> StoredCause | None:
        query = select(inbox).where(inbox.c.account_id == account_id, inbox.c.key == key)

        def load(connection: Connection) -> StoredCause | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else cause_of(row)

        return await self.database.read(load)

    async def with_status(self, status: CauseStatus, *, limit: int = 100) -> tuple[StoredCause, ...]:
        query = (
            select(inbox)
            .where(inbox.c.status == status.value)
            .order_by(inbox.c.received_at.desc(), inbox.c.account_id.desc(), inbox.c.key.desc())
            .limit(limit)
        )
        return await self.database.read(lambda connection: tuple(cause_of(row) for row in connection.execute(query)))
