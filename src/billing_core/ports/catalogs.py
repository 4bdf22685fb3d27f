"""The versions that the catalog has had."""

from datetime import datetime
from typing import Protocol

from attrs import frozen


@frozen(kw_only=True)
class KeptCatalog:
    """The text of one version, its number (from 1) and since when it is in force."""

    number: int
    since: datetime
    text: str


class Catalogs(Protocol):
    """Keeps every version for ever. Raises: Unavailable."""

    async def kept(self) -> tuple[KeptCatalog, ...]:
        """All versions, oldest first."""
        ...

    async def keep(self, text: str, *, now: datetime) -> tuple[KeptCatalog, ...]:
        """All versions, oldest first; `text` is added as a new one from `now` where the last one differs from it."""
        ...
