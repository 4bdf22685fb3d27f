"""What the reading adapters need of a database, whichever it is."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Database(Protocol):
    """Runs work on a connection, inside one transaction, off the event loop.

    Raises: Unavailable; OutcomeUnknown (from `write`); what the work raised.
    """

    @property
    def insert(self) -> Callable[..., Any]:
        """The dialect's own insert construct, which knows upserts."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """The work sees one state of the database, and writes nothing."""
        ...

    async def write(self, work: Callable[[Connection], T]) -> T:
        """The work is durable when this returns; where it raises, nothing of it is written."""
        ...
