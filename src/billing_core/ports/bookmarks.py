"""Short notes of long work: how far it has come, and what the books belong to."""

from typing import Protocol


class Bookmarks(Protocol):
    """A value per name. Raises: Unavailable."""

    async def get(self, name: str) -> str | None:
        """What was set last, or None."""
        ...

    async def set(self, name: str, value: str) -> None:
        """Keeps the value durably in place of the last one."""
        ...
