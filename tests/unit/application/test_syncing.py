"""Keeping the shelf in step."""

from attrs import define, field

from billing_core.application.syncing import Syncing
from billing_core.domain.catalog import CatalogVersion
from billing_core.ports.shelf import Deed, ShelfChange
from billing_core.testing.builders import a_catalog

CHANGES = tuple(
    ShelfChange(deed=Deed.CREATE, thing=thing, key="x", detail="new") for thing in ("product", "price", "portal")
)


@define
class Shelf:
    """Differs until it is mended."""

    differing: list[ShelfChange] = field(factory=lambda: list(CHANGES))

    async def compare(self, version: CatalogVersion) -> tuple[ShelfChange, ...]:
        return tuple(self.differing)

    async def mend(self, change: ShelfChange, version: CatalogVersion) -> None:
        self.differing.remove(change)


async def test_what_is_due_is_done_in_its_order() -> None:
    syncing = Syncing(Shelf(), a_catalog().current)

    done = [change async for change in syncing(await syncing.due())]

    assert list(CHANGES) == done
    assert () == await syncing.due()


async def test_looking_does_nothing() -> None:
    shelf = Shelf()

    await Syncing(shelf, a_catalog().current).due()

    assert list(CHANGES) == shelf.differing
