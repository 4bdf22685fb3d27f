"""The shop as it stands before the first customer: products, prices and a portal, as `sync-products` makes them.

Stripe's prices never change. Where a later version of the catalog has another amount under a key, a new price takes
the key over, and the old one is archived; those who pay it go on paying it.
"""

from datetime import datetime

from attrs import evolve

from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.goods import PRICE_KEY, Price, Product
from billing_core.adapters.simulated.rest.products import LONGEST_FEATURE, MOST_FEATURES
from billing_core.adapters.simulated.stocked_portal import ensure_portal
from billing_core.domain.catalog import Catalog, CatalogVersion, Kind, Offer, Pack, Plan
from billing_core.domain.wares import description, movable

_KIND, _ITEM = "billing_core_kind", "billing_core_item"


def price_id(key: str, n: int = 1) -> str:
    """The id of the nth price that has had this lookup key."""
    return f"price_{key}" if n == 1 else f"price_{key}_{n}"


def product_id(offer: Offer) -> str:
    """The id of the product that a price belongs to."""
    return f"prod_{offer.kind.value}_{offer.item}"


def stock(draft: Draft, catalog: Catalog) -> None:
    """Brings products and prices in step with the catalog; where they are, nothing happens. No events tell of it."""
    prices: dict[str, Price] = {}
    for version in catalog.versions:
        at = version.since.replace(microsecond=0)
        for key, offer in version.offers.items():
            _ensure_product(draft, offer, _item(version, offer), at)
            prices[key] = _ensured_price(draft, key, offer, at)
    for price in tuple(draft.state.prices.values()):
        ours = price.metadata.get(PRICE_KEY)
        if ours is not None:
            is_latest = prices.get(ours, price).id == price.id
            sold = is_latest and ours in catalog.current.offers
            _ensure_shelved(draft, price, sold=sold, key=ours if is_latest else None)
    wanted = {product_id(offer) for offer in catalog.current.offers.values()}
    for product in tuple(draft.state.products.values()):
        if product.metadata.keys() >= {_KIND, _ITEM} and product.active is not (product.id in wanted):
            draft.put(evolve(product, active=product.id in wanted))
    ensure_portal(draft, [prices[price.key] for price in movable(catalog.current)])


def _item(version: CatalogVersion, offer: Offer) -> Plan | Pack:
    return version.plan(offer.item) if offer.kind is Kind.PLAN else version.pack(offer.item)


def _ensure_product(draft: Draft, offer: Offer, item: Plan | Pack, at: datetime) -> None:
    told = item.features[:MOST_FEATURES] if isinstance(item, Plan) else ()
    features = [{"name": feature[:LONGEST_FEATURE]} for feature in told]
    known = draft.state.products.get(product_id(offer)) or Product(
        id=product_id(offer),
        name=item.name,
        created_at=at,
        updated_at=at,
        metadata={_KIND: offer.kind.value, _ITEM: offer.item},
    )
    now = evolve(
        known,
        name=item.name,
        description=description(item),
        details={**known.details, "marketing_features": features},
    )
    if now != draft.state.products.get(now.id):
        draft.put(evolve(now, updated_at=at))


def _ensured_price(draft: Draft, key: str, offer: Offer, at: datetime) -> Price:
    known = [price for price in draft.named(Price, key) if price.metadata.get(PRICE_KEY) == key]
    price = next((price for price in known if _is(price, offer)), None)
    if price is None:
        price = Price(
            id=price_id(key, len(known) + 1),
            product_id=product_id(offer),
            amount_minor=offer.price.money.amount_minor,
            currency=offer.price.money.currency,
            interval=offer.price.interval,
            created_at=at,
            metadata={PRICE_KEY: key},
        )
        draft.put(price)
    return price


def _ensure_shelved(draft: Draft, price: Price, *, sold: bool, key: str | None) -> None:
    if (price.active, price.lookup_key) != (sold, key):
        draft.put(evolve(price, active=sold, lookup_key=key))


def _is(price: Price, offer: Offer) -> bool:
    money = (price.amount_minor, price.currency) == (offer.price.money.amount_minor, offer.price.money.currency)
    return money and price.interval is offer.price.interval and price.product_id == product_id(offer)
