"""What is on the shelf now: our products, the prices that hold the catalog's lookup keys, and what else is on sale."""

from collections.abc import Collection, Mapping

from attrs import field, frozen

from billing_core.adapters.stripe.api import Api, of
from billing_core.adapters.stripe.goods import item_of
from billing_core.adapters.stripe.prices import PRICE
from billing_core.adapters.stripe.shapes import Shape, id_of, needed, part, text, whole

PRODUCTS, PRICES = "/v1/products", "/v1/prices"
_KEYS_AT_ONCE = 10


@frozen
class Stock:
    """`holders` are the prices with a wanted lookup key, archived ones too; `on_sale` the active prices of our
    products."""

    products: tuple[Shape, ...]
    holders: Mapping[str, Shape] = field(factory=dict)
    on_sale: tuple[Shape, ...] = ()

    def product(self, kind: str, item: str) -> Shape | None:
        """The item's product: of several, one that is active, then the oldest."""
        ours = [product for product in self.products if item_of(product) == (kind, item)]
        return min(ours, key=_age, default=None)

    def is_ours(self, product_id: str) -> bool:
        """Whether it is a product that we made."""
        return any(product.get("id") == product_id for product in self.products)


async def our_products(api: Api) -> Stock:
    """The products that we made; a merchant's others are passed over."""
    return Stock(tuple([told async for told in api.pages(PRODUCTS) if item_of(told)]))


async def stock(api: Api, keys: Collection[str]) -> Stock:
    """The products, the holders of the lookup keys, and what else is on sale."""
    products, on_sale = (await our_products(api)).products, list[Shape]()
    for product in products:
        if product.get("active") is True:
            on_sale += [told async for told in api.pages(PRICES, product=product["id"], active=True)]
    return Stock(products, await holders(api, keys), tuple(on_sale))


async def holders(api: Api, keys: Collection[str]) -> dict[str, Shape]:
    """The prices that hold these lookup keys."""
    found, wanted = dict[str, Shape](), sorted(keys)
    for first in range(0, len(wanted), _KEYS_AT_ONCE):
        some = wanted[first : first + _KEYS_AT_ONCE]
        async for told in api.pages(PRICES, lookup_keys=some):
            found[needed(text(told, "lookup_key"), "lookup_key")] = told
    return found


async def given_prices(api: Api, given: Mapping[str, str]) -> dict[str, Shape]:
    """The prices that the merchant named, by the catalog's keys. Raises UnknownAtGateway."""
    return {key: await api.get(of(PRICES, price_id)) for key, price_id in given.items()}


def made_for(price: Shape) -> str | None:
    """The catalog's key that we made a price for; None for those of the merchant."""
    return text(part(price, "metadata"), PRICE)


def product_of(price: Shape) -> str:
    """The id of the product that the price belongs to."""
    return needed(id_of(price, "product"), "product")


def _age(product: Shape) -> tuple[bool, int, str]:
    return product.get("active") is not True, whole(product, "created") or 0, text(product, "id") or ""
