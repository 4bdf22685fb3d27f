"""API keys in memory."""

from datetime import datetime

from attrs import evolve, frozen

from billing_core.adapters.books.text import encoded, ensure_key
from billing_core.adapters.memory.state import MemoryState
from billing_core.ports.api_keys import ApiKey


@frozen
class MemoryApiKeys:
    """A key per account and id."""

    state: MemoryState

    async def add(self, key: ApiKey, *, most: int) -> bool:
        ensure_key("API key", key.id)
        encoded("API key", key.name)
        if len(await self.of(key.account_id)) >= most:
            return False
        self.state.api_keys[key.account_id, key.id] = key
        return True

    async def of(self, account_id: str) -> tuple[ApiKey, ...]:
        own = (key for key in self.state.api_keys.values() if key.account_id == account_id)
        return tuple(sorted(own, key=lambda key: (key.made_at, key.id)))

    async def find(self, digest: str) -> ApiKey | None:
        return next((key for key in self.state.api_keys.values() if key.digest == digest), None)

    async def note_use(self, key: ApiKey, at: datetime) -> None:
        place = key.account_id, key.id
        if place in self.state.api_keys:
            self.state.api_keys[place] = evolve(self.state.api_keys[place], used_at=at)

    async def revoke(self, account_id: str, id: str) -> bool:  # noqa: A002
        return self.state.api_keys.pop((account_id, id), None) is not None
