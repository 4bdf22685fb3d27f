"""The prices that the gateway knows: every price key of every version of the catalog."""

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

    def find(self, key: str, *, version: int) -> Offer:
        """What the price buys, as the version has it or else the oldest that knows it. Raises UnknownAtGateway."""
        numbers = {v.number for v in self.catalog.versions}
        pinned = version if version in numbers else self.catalog.versions[0].number
        offer = self.catalog.offer(key, pinned=pinned)
        if offer is None:
            raise UnknownAtGateway(f"price {key}")
        return offer

    def recurring(self, key: str, *, version: int) -> Offer:
        """The same, where it can be subscribed to. Raises UnknownAtGateway, InvalidValue."""
        offer = self.find(key, version=version)
        if offer.price.interval is None:
            raise InvalidValue("price", f"{key} is paid once")
        return offer
