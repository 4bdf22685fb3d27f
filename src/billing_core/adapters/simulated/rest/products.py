"""Products."""

from typing import Any

from attrs import evolve

from billing_core.adapters.simulated import shapes
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.goods import Price, Product
from billing_core.adapters.simulated.goods_shape import product as shape
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route

_TOLD_AGAIN = ("marketing_features", "statement_descriptor", "tax_code", "unit_label", "url", "images")
MOST_FEATURES, LONGEST_FEATURE = 15, 80


def create(draft: Draft, params: Params) -> Json:
    key = params.text("id") or draft.new_id("prod")
    if key in draft.state.products:
        raise params.refused("id", f"Product already exists: {key}", code="resource_already_exists")
    made = Product(
        id=key,
        name=params.must("name"),
        description=params.text("description"),
        active=params.flag("active") is not False,
        metadata=params.metadata(),
        details=_details(params, {}),
        created_at=draft.now,
        updated_at=draft.now,
    )
    draft.put(made)
    draft.emit("product.created", shape(made))
    return shape(made)


def retrieve(draft: Draft, params: Params, product_id: str) -> Json:
    return shape(found(draft, Product, product_id, "product"))


def update(draft: Draft, params: Params, product_id: str) -> Json:
    before = found(draft, Product, product_id, "product")
    price = referred(draft, params, "default_price", Price, "price")
    active = params.flag("active")
    after = evolve(
        before,
        name=params.text("name") or before.name,
        description=params.text("description", can_unset=True) if params.has("description") else before.description,
        active=before.active if active is None else active,
        default_price=price.id if price else before.default_price,
        metadata=params.metadata(over=before.metadata),
        details=_details(params, before.details),
    )
    if after != before:
        after = evolve(after, updated_at=draft.now)
        draft.put(after)
        draft.emit("product.updated", shape(after), before=shape(before))
    return shape(after)


def listed(draft: Draft, params: Params) -> Json:
    active, ids = params.flag("active"), params.texts("ids")

    def where(product: Product) -> bool:
        return active in {None, product.active} and (ids is None or product.id in ids)

    return listing(draft, params, "/v1/products", Product, shape, where=where)


def _details(params: Params, before: dict[str, Any]) -> dict[str, Any]:
    """What changes nothing, over what it was; an empty text unsets it."""
    sent = {name: params.anything(name) for name in _TOLD_AGAIN if params.has(name)}
    features = sent.get("marketing_features") or []
    if not isinstance(features, list) or any(not isinstance(each, dict) or set(each) != {"name"} for each in features):
        raise params.refused("marketing_features", "Invalid array")
    if len(features) > MOST_FEATURES or any(len(each["name"]) > LONGEST_FEATURE for each in features):
        message = f"At most {MOST_FEATURES} marketing features with {LONGEST_FEATURE} characters each."
        raise params.refused("marketing_features", message)
    return {name: value for name, value in {**before, **sent}.items() if value != ""}


def _price(draft: Draft, told: Json) -> Json | None:
    key = told["default_price"]
    return shapes.price(draft.price(key)) if key else None


ROUTES = (
    Route("POST", "/v1/products", create),
    Route("GET", "/v1/products", listed),
    Route("GET", "/v1/products/{product_id}", retrieve),
    Route("POST", "/v1/products/{product_id}", update),
)
EXPANDING: Expandings = {("product", "default_price"): _price}
