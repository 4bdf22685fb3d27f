"""Owners and parked events in tables."""

from collections.abc import Awaitable, Callable, Collection, Mapping

from attrs import field, frozen
from sqlalchemy import Connection, delete, select

from billing_core.adapters.books.asking import Asking
from billing_core.adapters.books.text import encoded
from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.rows import micros, parked_of
from billing_core.adapters.sqlalchemy.tables import parked
from billing_core.ports.directory import ParkedEvent


@frozen
class SqlDirectory:
    """Owners are only read here: they are written with the account that claims them.

    Each webhook of somebody new asks for one, and many may come at once: they are asked for together.
    """

    database: Database
    owners_of: Callable[[Collection[str]], Awaitable[Mapping[str, str]]]
    _asking: Asking = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_asking", Asking(self.owners_of))

    async def owner_of(self, provider_id: str) -> str | None:
        return await self._asking(provider_id)

    async def park(self, event: ParkedEvent) -> None:
        encoded("parked event", event)
        values = {
            "event_id": event.event_id,
            "provider_id": event.provider_id,
            "kind": event.kind,
            "body": event.body,
            "received_at": micros(event.received_at),
        }
        statement = self.database.insert(parked).on_conflict_do_nothing()
        await self.database.write(lambda connection: connection.execute(statement, values))

    async def parked_for(self, provider_id: str) -> tuple[ParkedEvent, ...]:
        query = (
            select(parked).where(parked.c.provider_id == provider_id).order_by(parked.c.received_at, parked.c.event_id)
        )

        def load(connection: Connection) -> tuple[ParkedEvent, ...]:
            return tuple(parked_of(row) for row in connection.execute(query))

        return await self.database.read(load)

    async def unpark(self, event_id: str) -> None:
        statement = delete(parked).where(parked.c.event_id == event_id)
        await self.database.write(lambda connection: connection.execute(statement))
