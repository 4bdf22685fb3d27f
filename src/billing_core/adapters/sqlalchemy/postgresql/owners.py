"""Who owns an id at the provider: each newcomer's webhook asks, so a connection is kept for it."""

from collections.abc import Collection, Mapping

from attrs import frozen
from sqlalchemy import any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_core.adapters.sqlalchemy.failures import Failure, told
from billing_core.adapters.sqlalchemy.postgresql.connection import DriverConnection
from billing_core.adapters.sqlalchemy.postgresql.failures import failure_of
from billing_core.adapters.sqlalchemy.postgresql.prepared import prepared
from billing_core.adapters.sqlalchemy.tables import owners

_IDS = bindparam("ids", type_=ARRAY(owners.c.provider_id.type))
_OWNERS = prepared(select(owners.c.provider_id, owners.c.account_id).where(owners.c.provider_id == any_(_IDS)))


@frozen
class Owners:
    """Asked by one at a time. A connection that was lost is replaced once."""

    connection: DriverConnection

    async def __call__(self, provider_ids: Collection[str]) -> Mapping[str, str]:
        """Raises Unavailable."""
        try:
            return await self._asked(provider_ids)
        except Exception as error:
            await self.connection.drop()
            if failure_of(error) is not Failure.LOST:
                raise told(error, failure_of(error), committing=False) from error
        try:
            return await self._asked(provider_ids)
        except Exception as error:
            await self.connection.drop()
            raise told(error, failure_of(error), committing=False) from error

    async def _asked(self, provider_ids: Collection[str]) -> Mapping[str, str]:
        driver = await self.connection.get()
        rows = await driver.fetch(_OWNERS.text, list(provider_ids))
        return {row["provider_id"]: row["account_id"] for row in rows}
