"""Keeping what is on sale at the gateway in step with the catalog."""

from collections.abc import AsyncIterator, Sequence

from attrs import frozen

from billing_core.domain.catalog import CatalogVersion
from billing_core.ports.shelf import Shelf, ShelfChange


@frozen
class Syncing:
    """Brings the shelf in step with one version. A run that was cut off is completed by the next one.

    Raises what the shelf raises.
    """

    shelf: Shelf
    version: CatalogVersion

    async def due(self) -> tuple[ShelfChange, ...]:
        """What differs, in the order in which it is to be mended. Changes nothing."""
        return await self.shelf.compare(self.version)

    async def __call__(self, due: Sequence[ShelfChange]) -> AsyncIterator[ShelfChange]:
        """Does them one after the other, and tells each that is done."""
        for change in due:
            await self.shelf.mend(change, self.version)
            yield change
