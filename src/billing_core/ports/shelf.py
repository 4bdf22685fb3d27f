"""What is on sale at the gateway, kept in step with the catalog."""

from enum import Enum
from typing import Protocol

from attrs import frozen

from billing_core.domain.catalog import CatalogVersion


class Deed(Enum):
    """What is to be done to bring the shelf in step."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    ARCHIVE = "archive"


@frozen(kw_only=True)
class ShelfChange:
    """One difference between the shelf and the catalog, and what mends it.

    `thing` is `product`, `price` or `portal`; `key` the catalog's (for the portal: `default`); `detail` says what
    differs, for people.
    """

    deed: Deed
    thing: str
    key: str
    detail: str


class Prices(Protocol):
    """Which prices can be bought at the gateway, as they were read last. Raises: Unavailable, GatewayRefused."""

    def forget(self) -> None:
        """Something changed at the gateway: who asks next reads all anew."""
        ...

    async def on_sale(self) -> frozenset[str]:
        """The catalog's keys of the prices that can be bought now."""
        ...


class Shelf(Protocol):
    """Products, prices and the portal's settings. Raises: Unavailable, OutcomeUnknown, GatewayRefused."""

    async def compare(self, version: CatalogVersion) -> tuple[ShelfChange, ...]:
        """What differs, in the order in which it must be mended; empty where all is in step. Changes nothing."""
        ...

    async def mend(self, change: ShelfChange, version: CatalogVersion) -> None:
        """Does one of the changes that `compare` told. Doing it twice does it once."""
        ...
