"""Prices: an amount is never changed, a lookup key belongs to one price at a time."""

from decimal import Decimal
from typing import Any

from attrs import evolve

from billing_core.adapters.simulated import goods_shape, shapes
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.goods import Price, Product
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.domain.catalog import Interval

_MOST_KEYS = 10
_LONGEST_KEY = 200
_LONGEST_PERIOD = {"month": 36, "year": 3}
_TAX = ("exclusive", "inclusive", "unspecified")


def create(draft: Draft, params: Params) -> Json:
    interval, count = _recurring(params)
    params.choice("billing_scheme", "per_unit")
    made = Price(
        id=draft.new_id("price"),
        product_id=_product(draft, params),
        amount_minor=_amount(params),
        currency=_currency(params),
        interval=interval,
        count=count,
        active=params.flag("active") is not False,
        lookup_key=_claimed_key(draft, params),
        nickname=params.text("nickname"),
        tax_behavior=params.choice("tax_behavior", *_TAX) or "unspecified",
        metadata=params.metadata(),
        created_at=draft.now,
    )
    draft.put(made)
    draft.emit("price.created", shapes.price(made))
    return shapes.price(made)


def retrieve(draft: Draft, params: Params, price_id: str) -> Json:
    return shapes.price(found(draft, Price, price_id, "price"))


def update(draft: Draft, params: Params, price_id: str) -> Json:
    before = found(draft, Price, price_id, "price")
    active, taxed = params.flag("active"), params.choice("tax_behavior", *_TAX)
    if taxed is not None and before.tax_behavior not in {"unspecified", taxed}:
        raise params.refused("tax_behavior", "The tax behavior cannot be changed once it is set.")
    if active is False and draft.find(Product, before.product_id).default_price == before.id:
        message = "This price cannot be archived because it is the default price of its product."
        raise params.refused("active", message)
    key = before.lookup_key
    if params.has("lookup_key"):
        key = _claimed_key(draft, params, by=before.id)
    else:
        params.flag("transfer_lookup_key")
    after = evolve(
        before,
        active=before.active if active is None else active,
        lookup_key=key,
        nickname=params.text("nickname", can_unset=True) if params.has("nickname") else before.nickname,
        tax_behavior=taxed or before.tax_behavior,
        metadata=params.metadata(over=before.metadata),
    )
    _tell(draft, before, after)
    return shapes.price(after)


def listed(draft: Draft, params: Params) -> Json:
    keys, active, currency = params.texts("lookup_keys"), params.flag("active"), params.text("currency")
    product, kind = params.text("product"), params.choice("type", "one_time", "recurring")
    if keys is not None and len(keys) > _MOST_KEYS:
        message = f"Array lookup_keys exceeded maximum {_MOST_KEYS} allowed elements."
        raise params.refused("lookup_keys", message)

    def where(price: Price) -> bool:
        is_meant = product in {None, price.product_id} and currency in {None, price.currency}
        is_of_kind = kind in {None, "recurring" if price.interval else "one_time"} and active in {None, price.active}
        return is_meant and is_of_kind and (keys is None or price.lookup_key in keys)

    by = product or (keys[0] if keys and len(keys) == 1 else None)
    return listing(draft, params, "/v1/prices", Price, shapes.price, by=by, where=where)


def _product(draft: Draft, params: Params) -> str:
    """The one that is named, or a new one. Raises Refused."""
    named = referred(draft, params, "product", Product, "product")
    if named is not None:
        return named.id
    if not params.has("product_data"):
        raise params.refused("product", "You must specify either `product` or `product_data` when creating a price.")
    data = params.inside("product_data")
    made = Product(
        id=data.text("id") or draft.new_id("prod"),
        name=data.must("name"),
        active=data.flag("active") is not False,
        metadata=data.metadata(),
        created_at=draft.now,
        updated_at=draft.now,
    )
    draft.put(made)
    draft.emit("product.created", goods_shape.product(made))
    return made.id


def _amount(params: Params) -> int:
    exact = params.decimal("unit_amount_decimal")
    if exact is not None and exact != exact.to_integral_value():
        raise params.refused("unit_amount_decimal", "The simulated Stripe has no prices of parts of a minor unit.")
    amount = params.whole("unit_amount", least=0, most=99_999_999)
    return params.needed("unit_amount", amount if exact is None else int(Decimal(exact)))


def _currency(params: Params) -> str:
    currency = params.must("currency").lower()
    if len(currency) != 3 or not currency.isalpha():
        raise params.refused("currency", f"Invalid currency: {currency}")
    return currency


def _recurring(params: Params) -> tuple[Interval | None, int]:
    if not params.has("recurring"):
        return None, 1
    recurring = params.inside("recurring")
    interval = recurring.needed("interval", recurring.choice("interval", "day", "month", "week", "year"))
    if interval not in _LONGEST_PERIOD:
        raise recurring.refused("interval", "The simulated Stripe bills by the month and by the year.")
    recurring.choice("usage_type", "licensed")
    count = recurring.whole("interval_count", least=1, most=_LONGEST_PERIOD[interval]) or 1
    return Interval(interval), count


def _claimed_key(draft: Draft, params: Params, *, by: str | None = None) -> str | None:
    """The lookup key, free for this price: whoever has it gives it up if it is to be transferred. Raises Refused."""
    key = params.text("lookup_key", can_unset=True, longest=_LONGEST_KEY)
    is_transferred = params.flag("transfer_lookup_key")
    for holder in [*draft.named(Price, key)] if key else ():
        if holder.lookup_key != key or holder.id == by:
            continue
        if not is_transferred:
            message = f"A price (`{holder.id}`) already uses that lookup key."
            raise params.refused("lookup_key", message)
        _tell(draft, holder, evolve(holder, lookup_key=None))
    return key


def _tell(draft: Draft, before: Price, after: Price) -> None:
    if before != after:
        draft.put(after)
        draft.emit("price.updated", shapes.price(after), before=shapes.price(before))


def _expanded(draft: Draft, told: Json) -> Any:
    return goods_shape.product(draft.find(Product, told["product"]))


ROUTES = (
    Route("POST", "/v1/prices", create),
    Route("GET", "/v1/prices", listed),
    Route("GET", "/v1/prices/{price_id}", retrieve),
    Route("POST", "/v1/prices/{price_id}", update),
)
EXPANDING: Expandings = {("price", "product"): _expanded}
