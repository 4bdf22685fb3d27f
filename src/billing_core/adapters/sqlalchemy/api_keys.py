"""API keys in a table."""

from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from billing_core.adapters.books.text import encoded, ensure_key
from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import micros, moment, moment_or_none
from billing_core.adapters.sqlalchemy.tables import accounts, api_keys
from billing_core.ports.api_keys import ApiKey, Scope


@frozen
class SqlApiKeys:
    """A row per key."""

    database: Database

    async def add(self, key: ApiKey, *, most: int) -> bool:
        ensure_key("API key", key.id)
        encoded("API key", key.name)
        return await self.database.write(lambda connection: _added(connection, key, most))

    async def of(self, account_id: str) -> tuple[ApiKey, ...]:
        own = select(api_keys).where(api_keys.c.account_id == account_id)
        return await self._load(own.order_by(api_keys.c.made_at, api_keys.c.id))

    async def find(self, digest: str) -> ApiKey | None:
        return next(iter(await self._load(select(api_keys).where(api_keys.c.digest == digest))), None)

    async def note_use(self, key: ApiKey, at: datetime) -> None:
        statement = update(api_keys).where(*_this(key.account_id, key.id)).values(used_at=micros(at))
        await self.database.write(lambda connection: connection.execute(statement))

    async def revoke(self, account_id: str, id: str) -> bool:  # noqa: A002
        statement = delete(api_keys).where(*_this(account_id, id))
        return await self.database.write(lambda connection: connection.execute(statement).rowcount == 1)

    async def _load(self, query: Select[Any]) -> tuple[ApiKey, ...]:
        def load(connection: Connection) -> tuple[ApiKey, ...]:
            return tuple([_key_of(row) for row in connection.execute(query)])

        return await self.database.read(load)


def _added(connection: Connection, key: ApiKey, most: int) -> bool:
    """Who adds at the same time waits at the account's row, and counts this key too."""
    connection.execute(select(accounts.c.id).where(accounts.c.id == key.account_id).with_for_update())
    own = select(func.count()).select_from(api_keys).where(api_keys.c.account_id == key.account_id)
    if connection.execute(own).scalar_one() >= most:
        return False
    values = {
        "account_id": key.account_id,
        "id": key.id,
        "name": key.name,
        "scopes": " ".join(sorted(scope.value for scope in key.scopes)),
        "hint": key.hint,
        "digest": key.digest,
        "made_at": micros(key.made_at),
    }
    connection.execute(insert(api_keys).values(values))
    return True


def _this(account_id: str, id: str) -> tuple[Any, ...]:  # noqa: A002
    return api_keys.c.account_id == account_id, api_keys.c.id == id


def _key_of(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes.split())),
        hint=row.hint,
        digest=row.digest,
        made_at=moment(row.made_at),
        used_at=moment_or_none(row.used_at),
    )
