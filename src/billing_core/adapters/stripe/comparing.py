"""What differs between the shelf and the catalog, and what would mend it."""

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from billing_core.adapters.stripe.goods import Goods, costs, item_of, name_of, told_price
from billing_core.adapters.stripe.shapes import Shape, needed, text
from billing_core.adapters.stripe.stock import Stock, made_for, product_of
from billing_core.domain.catalog import CatalogVersion, Price
from billing_core.domain.wares import movable
from billing_core.ports.shelf import Deed, ShelfChange


@frozen
class Comparison:
    """The goods of a catalog beside the stock. `given` are the ids of the prices that the merchant named."""

    goods: Sequence[Goods]
    now: Stock
    given: Mapping[str, str]

    def products(self) -> Iterator[ShelfChange]:
        """What is to be made or changed, before the prices."""
        for goods in self.goods:
            found = self.now.product(goods.kind.value, goods.item)
            differing = ", ".join(goods.differences(found)) if found is not None else ""
            if found is None:
                yield ShelfChange(deed=Deed.CREATE, thing="product", key=goods.key, detail=goods.name)
            elif differing:
                yield ShelfChange(deed=Deed.UPDATE, thing="product", key=goods.key, detail=differing)

    def prices(self) -> Iterator[ShelfChange]:
        """What is to be made, replaced or changed, before the portal."""
        for goods in self.goods:
            for price in goods.prices:
                change = None if price.key in self.given else self.price(goods, price)
                if change is not None:
                    yield change

    def price(self, goods: Goods, price: Price) -> ShelfChange | None:
        """What one price lacks: its amount cannot be changed, so a wrong one is replaced."""
        holder = self.now.holders.get(price.key)
        if holder is None:
            return ShelfChange(deed=Deed.CREATE, thing="price", key=price.key, detail=_told(price))
        if not self._is_right(goods, price, holder):
            detail = f"{told_price(holder)} becomes {_told(price)}"
            return ShelfChange(deed=Deed.REPLACE, thing="price", key=price.key, detail=detail)
        if holder.get("active") is not True:
            return ShelfChange(deed=Deed.UPDATE, thing="price", key=price.key, detail="it is archived")
        if made_for(holder) != price.key:
            return ShelfChange(deed=Deed.UPDATE, thing="price", key=price.key, detail="its metadata do not name it")
        return None

    def spare_prices(self) -> Iterator[Shape]:
        """Those of ours that are on sale and are not, or no longer, of the catalog."""
        held = {
            text(self.now.holders[price.key], "id")
            for goods in self.goods
            for price in goods.prices
            if price.key in self.now.holders and self._is_right(goods, price, self.now.holders[price.key])
        }
        rightful = {*held, *self.given.values()}
        return (price for price in self.now.on_sale if made_for(price) and price.get("id") not in rightful)

    def spare_products(self) -> Iterator[Shape]:
        """Those of ours that are active and are of no item of the catalog, or one too many."""
        wanted = [self.now.product(goods.kind.value, goods.item) for goods in self.goods]
        return (product for product in self.now.products if product.get("active") is True and product not in wanted)

    def archived(self) -> Iterator[ShelfChange]:
        """What is to be taken off the shelf, last of all."""
        for price in self.spare_prices():
            key = needed(made_for(price), "key")
            yield ShelfChange(deed=Deed.ARCHIVE, thing="price", key=key, detail=told_price(price))
        for product in self.spare_products():
            detail = text(product, "name") or ""
            yield ShelfChange(deed=Deed.ARCHIVE, thing="product", key=product_name(product), detail=detail)

    def _is_right(self, goods: Goods, price: Price, holder: Shape) -> bool:
        """Whether it costs the same, and stands with the item, or with a product that the merchant made himself."""
        product = self.now.product(goods.kind.value, goods.item)
        where = product_of(holder)
        return costs(holder, price) and (
            not self.now.is_ours(where) or (product is not None and product.get("id") == where)
        )


def sold(version: CatalogVersion, at_stripe: Mapping[str, Shape]) -> dict[str, list[str]]:
    """The ids of those prices, by the id of their product."""
    found: dict[str, list[str]] = {}
    for price in movable(version):
        told = at_stripe.get(price.key)
        if told is not None:
            found.setdefault(product_of(told), []).append(needed(text(told, "id"), "id"))
    return found


def product_name(product: Shape) -> str:
    """The item of a product of ours, as its changes name it."""
    return name_of(needed(item_of(product), "item"))


def _told(price: Price) -> str:
    return f"{price.money} a {price.interval.value}" if price.interval else f"{price.money}"
