"""The prices that the gateway knows: every price key of every version of the catalog, and what was ever sold."""

from collections.abc import MutableMapping

from attrs import frozen

from billing_core.domain.catalog import Catalog, Offer
from billing_core.domain.errors import InvalidValue
from billing_core.ports.errors import UnknownAtGateway

PREFIX = "price_"


def price_id(key: str) -> str:
    """The id of the price that has this lookup key."""
    return f"{PREFIX}{key}"


def product_id(offer: Offer) -> str:
    """The id of the product that a price belongs to."""
    return f"prod_{offer.kind.value}_{offer.item}"


@frozen
class Prices:
    """The catalog, as a gateway sees it."""

    catalog: Catalog
    sold: MutableMapping[str, Offer]

    def sell(self, offer: Offer) -> None:
        """Remembers a price that somebody is to pay, for the day when the catalog has forgotten it."""
        self.sold[offer.price.key] = offer

    def find(self, key: str, *, version: int) -> Offer:
        """What the price buys, as the version has it or else the oldest that knows it. Raises UnknownAtGateway."""
        numbers = {v.number for v in self.catalog.versions}
        pinned = version if version in numbers else self.catalog.versions[0].number
        offer = self.catalog.offer(key, pinned=pinned) or self.sold.get(key)
        if offer is None:
            raise UnknownAtGateway(f"price {key}")
        return offer

    def recurring(self, key: str, *, version: int) -> Offer:
        """The same, where it can be subscribed to. Raises UnknownAtGateway, InvalidValue."""
        offer = self.find(key, version=version)
        if offer.price.interval is None:
            raise InvalidValue("price", f"{key} is paid once")
        return offer
