"""Fraud warnings in a table."""

from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Row, Select, select, tuple_

from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import micros, moment, moment_or_none
from billing_core.adapters.sqlalchemy.tables import fraud_warnings
from billing_core.domain.fraud import FraudPolicy, RiskLevel, WarningStatus
from billing_core.ports.warnings import EVERY, FraudWarning, WarningFilter

_PLACE = (fraud_warnings.c.at, fraud_warnings.c.id)


@frozen
class SqlWarnings:
    """One case each."""

    database: Database

    async def page(
        self, wanted: WarningFilter = EVERY, *, limit: int = 100, after: FraudWarning | None = None
    ) -> tuple[FraudWarning, ...]:
        query = _those(wanted)
        if after is not None:
            query = query.where(tuple_(*_PLACE) < (micros(after.at), after.id))
        return await self._load(query.order_by(*(column.desc() for column in _PLACE)).limit(limit))

    async def find(self, id: str) -> FraudWarning | None:  # noqa: A002
        return next(iter(await self._load(select(fraud_warnings).where(fraud_warnings.c.id == id))), None)

    async def _load(self, query: Select[Any]) -> tuple[FraudWarning, ...]:
        def load(connection: Connection) -> tuple[FraudWarning, ...]:
            return tuple([_warning_of(row) for row in connection.execute(query)])

        return await self.database.read(load)


def _those(wanted: WarningFilter) -> Select[Any]:
    query = select(fraud_warnings)
    if wanted.status is not None:
        query = query.where(fraud_warnings.c.status == wanted.status.value)
    if wanted.account_id is not None:
        query = query.where(fraud_warnings.c.account_id == wanted.account_id)
    return query


def _warning_of(row: Row[Any]) -> FraudWarning:
    return FraudWarning(
        id=row.id,
        account_id=row.account_id,
        payment=row.payment,
        kind=row.kind,
        risk=RiskLevel(row.risk),
        policy=FraudPolicy(row.policy),
        actionable=bool(row.actionable),
        at=moment(row.at),
        status=WarningStatus(row.status),
        notes=row.notes,
        noted_at=moment_or_none(row.updated_at),
        noted_by=row.updated_by,
    )
