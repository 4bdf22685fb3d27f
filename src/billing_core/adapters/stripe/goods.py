"""What the catalog sells, as Stripe's products and prices say it."""

from collections.abc import Iterator, Mapping

from attrs import frozen

from billing_core.adapters.stripe.checkouts import ITEM, KIND
from billing_core.adapters.stripe.shapes import Shape, part, rows, text, whole
from billing_core.domain.catalog import CatalogVersion, Kind, Pack, Plan, Price
from billing_core.domain.wares import description

_MOST_FEATURES = 15
_LONGEST_FEATURE = 80


@frozen(kw_only=True)
class Goods:
    """An item of the catalog that has a price: one product. `name` to `features` are what customers read there."""

    kind: Kind
    item: str
    name: str
    description: str
    features: tuple[str, ...]
    prices: tuple[Price, ...]

    @property
    def key(self) -> str:
        """How the item is told to people: `plan basic`."""
        return name_of((self.kind.value, self.item))

    @property
    def shown(self) -> dict[str, object]:
        """The parameters of the product that customers see."""
        return {
            "name": self.name,
            "description": self.description,
            "marketing_features": [{"name": feature} for feature in self.features] or "",
        }

    def differences(self, product: Shape) -> Iterator[str]:
        """In what a product differs from these goods."""
        if text(product, "name") != self.name:
            yield "name"
        if text(product, "description", longest=40_000) != self.description:
            yield "description"
        if tuple(text(feature, "name") for feature in rows(product, "marketing_features")) != self.features:
            yield "features"
        if product.get("active") is not True:
            yield "it is archived"


def goods_of(version: CatalogVersion, *, given: Mapping[str, str]) -> tuple[Goods, ...]:
    """Everything with a price that is not given: those of a given id are the merchant's own."""
    every = (*(_plan(plan) for plan in version.plans), *(_pack(pack) for pack in version.packs))
    return tuple(goods for goods in every if any(price.key not in given for price in goods.prices))


def item_of(product: Shape) -> tuple[str, str] | None:
    """The kind and the item that a product of ours is for; None for those of the merchant."""
    metadata = part(product, "metadata")
    kind, item = text(metadata, KIND), text(metadata, ITEM)
    return (kind, item) if kind and item else None


def name_of(item: tuple[str, str]) -> str:
    """An item, for people."""
    return " ".join(item)


def money_of(price: Price) -> dict[str, object]:
    """The parameters of the price that can never be changed."""
    recurring = {"recurring": {"interval": price.interval.value}} if price.interval else {}
    return {"currency": price.money.currency, "unit_amount": price.money.amount_minor, **recurring}


def costs(told: Shape, price: Price) -> bool:
    """Whether a price at Stripe is of that amount and paid that often."""
    recurring = part(told, "recurring")
    every = text(recurring, "interval") if whole(recurring, "interval_count") == 1 else None
    return (
        (text(told, "currency"), whole(told, "unit_amount")) == (price.money.currency, price.money.amount_minor)
        and (told.get("type") == "recurring") is (price.interval is not None)
        and every == (price.interval.value if price.interval else None)
        and (text(recurring, "usage_type") or "licensed") == "licensed"
    )


def told_price(price: Shape) -> str:
    """A price at Stripe, for people."""
    every = text(part(price, "recurring"), "interval")
    return (
        f"{whole(price, 'unit_amount')} {text(price, 'currency')}{f' a {every}' if every else ''} ({price.get('id')})"
    )


def _plan(plan: Plan) -> Goods:
    return Goods(
        kind=Kind.PLAN,
        item=plan.key,
        name=plan.name,
        description=description(plan),
        features=tuple(feature[:_LONGEST_FEATURE] for feature in plan.features[:_MOST_FEATURES]),
        prices=plan.prices,
    )


def _pack(pack: Pack) -> Goods:
    return Goods(
        kind=Kind.PACK,
        item=pack.key,
        name=pack.name,
        description=description(pack),
        features=(),
        prices=pack.prices,
    )
