"""Keeping Stripe's products, prices and portal in step with the catalog.

What is there is read anew before each change, so a run that was cut off is completed by the next one. Products and
prices that nobody marked as ours are the merchant's and stay as they are.
"""

from collections.abc import Mapping

from attrs import field, frozen

from billing_core.adapters.stripe import portal_settings
from billing_core.adapters.stripe.api import Api, any_key, nothing, of, reading
from billing_core.adapters.stripe.checkouts import ITEM, KIND
from billing_core.adapters.stripe.comparing import Comparison, product_name, sold
from billing_core.adapters.stripe.goods import Goods, costs, goods_of, money_of
from billing_core.adapters.stripe.portal_settings import CONFIGURATIONS, METADATA, our_configuration
from billing_core.adapters.stripe.prices import PRICE
from billing_core.adapters.stripe.shapes import Shape, needed, text
from billing_core.adapters.stripe.stock import (
    PRICES,
    PRODUCTS,
    Stock,
    given_prices,
    holders,
    made_for,
    our_products,
    stock,
)
from billing_core.domain.catalog import CatalogVersion, Price
from billing_core.domain.wares import movable
from billing_core.ports.errors import GatewayRefused
from billing_core.ports.shelf import Deed, ShelfChange

_NEW = frozenset({Deed.CREATE, Deed.REPLACE})


@frozen
class StripeShelf:
    """A Shelf at Stripe. `given` are the ids, by price key, of prices that the merchant named: these are taken as
    they are. A change first looks whether it was made already, so its idempotency key need not be the same again."""

    _api: Api
    _given: Mapping[str, str] = field(factory=dict)

    async def compare(self, version: CatalogVersion) -> tuple[ShelfChange, ...]:
        with reading("the shelf"):
            comparison = await self._comparison(version)
            prices = tuple(comparison.prices())
            made = {change.key for change in prices if change.deed in _NEW}
            portal = await self._portal(version, comparison.now, made)
            return (*comparison.products(), *prices, *portal, *dict.fromkeys(comparison.archived()))

    async def mend(self, change: ShelfChange, version: CatalogVersion) -> None:
        with reading("the shelf"):
            if change.thing == "portal":
                await self._mend_portal(version)
            elif change.deed is Deed.ARCHIVE:
                await self._archive(change, await self._comparison(version))
            elif change.thing == "product":
                await self._mend_product(next(each for each in self._goods(version) if each.key == change.key))
            else:
                await self._mend_price(change.key, version)

    def _goods(self, version: CatalogVersion) -> tuple[Goods, ...]:
        return goods_of(version, given=self._given)

    async def _comparison(self, version: CatalogVersion) -> Comparison:
        goods = self._goods(version)
        keys = {price.key for each in goods for price in each.prices} - self._given.keys()
        return Comparison(goods, await stock(self._api, keys), self._given)

    async def _mend_product(self, goods: Goods) -> None:
        async def find() -> Shape | None:
            return (await our_products(self._api)).product(goods.kind.value, goods.item)

        found = await find()
        if found is None:
            metadata = {KIND: goods.kind.value, ITEM: goods.item}
            shown = {name: value for name, value in goods.shown.items() if value}
            await self._api.post(PRODUCTS, key=any_key(), find=find, metadata=metadata, **shown)
        elif any(goods.differences(found)):
            await self._change(PRODUCTS, found, active=True, **goods.shown)

    async def _mend_price(self, key: str, version: CatalogVersion) -> None:
        goods, price = next((g, price) for g in self._goods(version) for price in g.prices if price.key == key)
        now = Stock((await our_products(self._api)).products, await holders(self._api, [key]))
        holder, product = now.holders.get(key), now.product(goods.kind.value, goods.item)
        change = Comparison((goods,), now, self._given).price(goods, price)
        if holder is not None and made_for(holder) != key:
            await self._change(PRICES, holder, metadata={PRICE: key})
        if change is None:
            return
        if change.deed in _NEW:
            if product is None:
                raise GatewayRefused(f"the price {key} has no product yet")
            await self._make_price(price, product, before=holder)
        elif holder is not None and holder.get("active") is not True:
            await self._change(PRICES, holder, active=True)

    async def _make_price(self, price: Price, product: Shape, *, before: Shape | None) -> None:
        """The new one takes the lookup key over from the one before, and how that was taxed."""
        taxed = text(before, "tax_behavior") if before is not None else None

        async def find() -> Shape | None:
            held = (await holders(self._api, [price.key])).get(price.key)
            return held if held is not None and costs(held, price) else None

        await self._api.post(
            PRICES,
            key=any_key(),
            find=find,
            product=product["id"],
            lookup_key=price.key,
            transfer_lookup_key=True,
            tax_behavior=None if taxed == "unspecified" else taxed,
            metadata={PRICE: price.key},
            **money_of(price),
        )

    async def _archive(self, change: ShelfChange, comparison: Comparison) -> None:
        if change.thing == "price":
            for price in comparison.spare_prices():
                if made_for(price) == change.key:
                    await self._change(PRICES, price, active=False)
            return
        for product in comparison.spare_products():
            if product_name(product) == change.key:
                await self._change(PRODUCTS, product, active=False)

    async def _portal(self, version: CatalogVersion, now: Stock, made: set[str]) -> tuple[ShelfChange, ...]:
        """`made` are the keys of the prices that come before it, and so change what it offers."""
        found = await our_configuration(self._api)
        if found is None:
            detail = "what customers may change by themselves"
            return (ShelfChange(deed=Deed.CREATE, thing="portal", key="default", detail=detail),)
        at_stripe = {**now.holders, **await given_prices(self._api, self._given)}
        differing = list(portal_settings.differences(found, portal_settings.features(sold(version, at_stripe))))
        if not differing and made.isdisjoint(price.key for price in movable(version)):
            return ()
        detail = ", ".join(differing) or "the prices that it offers"
        return (ShelfChange(deed=Deed.UPDATE, thing="portal", key="default", detail=detail),)

    async def _mend_portal(self, version: CatalogVersion) -> None:
        async def find() -> Shape | None:
            return await our_configuration(self._api)

        keys = {price.key for price in movable(version)} - self._given.keys()
        at_stripe = await holders(self._api, keys) | await given_prices(self._api, self._given)
        wanted, found = portal_settings.features(sold(version, at_stripe)), await find()
        if found is None:
            await self._api.post(CONFIGURATIONS, key=any_key(), find=find, features=wanted, metadata=METADATA)
        elif any(portal_settings.differences(found, wanted)):
            await self._change(CONFIGURATIONS, found, features=wanted)

    async def _change(self, collection: str, found: Shape, **params: object) -> None:
        path = of(collection, needed(text(found, "id"), "id"))
        await self._api.post(path, key=any_key(), find=nothing, **params)
