"""Causes in a table."""

from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, tuple_

from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import cause_of, micros
from billing_core.adapters.sqlalchemy.tables import inbox, is_request
from billing_core.ports.inbox import StoredCause
from billing_core.ports.records import CauseStatus

_PLACE = (inbox.c.received_at, inbox.c.account_id, inbox.c.key)


@frozen
class SqlInbox:
    """What was kept of the causes of changes."""

    database: Database

    async def get(self, account_id: str, key: str) -> StoredCause | None:
        found = await self._load(select(inbox).where(inbox.c.account_id == account_id, inbox.c.key == key))
        return next(iter(found), None)

    async def find(self, key: str) -> tuple[StoredCause, ...]:
        # The keys are looked through in their index, which has no bodies.
        keys = inbox.alias("keys")
        whose = select(keys.c.account_id).where(keys.c.key == key)
        mine = select(inbox).where(inbox.c.account_id.in_(whose), inbox.c.key == key)
        return await self._load(mine.order_by(inbox.c.account_id))

    async def with_status(
        self, status: CauseStatus, *, prefix: str = "", before: StoredCause | None = None, limit: int = 100
    ) -> tuple[StoredCause, ...]:
        wanted = select(inbox).where(_is(status, prefix))
        if before is not None:
            wanted = wanted.where(tuple_(*_PLACE) < (micros(before.received_at), before.account_id, before.key))
        return await self._load(wanted.order_by(*(column.desc() for column in _PLACE)).limit(limit))

    async def count(self, status: CauseStatus, *, prefix: str = "") -> int:
        query = select(func.count()).select_from(inbox).where(_is(status, prefix))
        return await self.database.read(lambda connection: int(connection.execute(query).scalar_one()))

    async def forget_requests(self, prefix: str, *, before: datetime, limit: int) -> int:
        old = and_(is_request, _is(CauseStatus.PROCESSED, prefix), inbox.c.received_at < micros(before))
        some = select(*inbox.primary_key).where(old).limit(limit)  # in no order: nothing has to be sorted for it
        forgetting = delete(inbox).where(tuple_(*inbox.primary_key).in_(some))
        return await self.database.write(lambda connection: connection.execute(forgetting).rowcount)

    async def _load(self, query: Any) -> tuple[StoredCause, ...]:
        def load(connection: Connection) -> tuple[StoredCause, ...]:
            return tuple([cause_of(row) for row in connection.execute(query)])

        return await self.database.read(load)


def _is(status: CauseStatus, prefix: str) -> ColumnElement[bool]:
    return and_(inbox.c.status == status.value, inbox.c.key.startswith(prefix, autoescape=True))
