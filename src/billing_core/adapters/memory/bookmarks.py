"""Bookmarks in memory."""

from attrs import frozen

from billing_core.adapters.books.text import encoded, ensure_key
from billing_core.adapters.memory.state import MemoryState


@frozen
class MemoryBookmarks:
    """A value per name."""

    state: MemoryState

    async def get(self, name: str) -> str | None:
        return self.state.bookmarks.get(name)

    async def set(self, name: str, value: str) -> None:
        ensure_key("bookmark", name)
        encoded("bookmark", value)
        self.state.bookmarks[name] = value
