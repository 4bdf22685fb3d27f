"""Versions of the catalog in memory."""

from datetime import datetime

from attrs import frozen

from billing_core.adapters.memory.state import MemoryState
from billing_core.ports.catalogs import KeptCatalog


@frozen
class MemoryCatalogs:
    """Every version, for ever."""

    state: MemoryState

    async def kept(self) -> tuple[KeptCatalog, ...]:
        return tuple(self.state.catalogs)

    async def keep(self, text: str, *, now: datetime) -> tuple[KeptCatalog, ...]:
        kept = self.state.catalogs
        if not kept or kept[-1].text != text:
            kept.append(KeptCatalog(number=len(kept) + 1, since=now, text=text))
        return tuple(kept)
