"""Coupons, and the codes that customers are given them for."""

from functools import partial

from attrs import evolve

from billing_core.adapters.simulated import goods_shape
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.goods import Coupon, PromotionCode
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.adapters.simulated.state import Customer


def create(draft: Draft, params: Params) -> Json:
    key = params.text("id") or draft.new_id("coupon")
    if key in draft.state.coupons:
        raise params.refused("id", "Coupon already exists.", code="resource_already_exists")
    percent, amount = params.decimal("percent_off"), params.whole("amount_off", least=1)
    if (percent is None) is (amount is None):
        raise params.refused("percent_off", "You must pass exactly one of `percent_off` and `amount_off`.")
    if percent is not None and not 0 < percent <= 100:
        raise params.refused("percent_off", "Invalid decimal: must be greater than 0 and at most 100")
    duration = params.choice("duration", "forever", "once", "repeating") or "once"
    months = params.whole("duration_in_months", least=1)
    made = Coupon(
        id=key,
        name=params.text("name", longest=40),
        percent_off=percent,
        amount_off=amount,
        currency=params.needed("currency", params.text("currency")) if amount else params.text("currency"),
        duration=duration,
        months=params.needed("duration_in_months", months) if duration == "repeating" else None,
        max_redemptions=params.whole("max_redemptions", least=1),
        redeem_by=params.moment("redeem_by"),
        metadata=params.metadata(),
        created_at=draft.now,
    )
    draft.put(made)
    draft.emit("coupon.created", goods_shape.coupon(draft, made))
    return goods_shape.coupon(draft, made)


def retrieve(draft: Draft, params: Params, coupon_id: str) -> Json:
    return goods_shape.coupon(draft, found(draft, Coupon, coupon_id, "coupon"))


def create_code(draft: Draft, params: Params) -> Json:
    promotion = params.inside("promotion")
    promotion.needed("type", promotion.choice("type", "coupon"))
    coupon = promotion.needed("coupon", referred(draft, promotion, "coupon", Coupon, "coupon"))
    customer = referred(draft, params, "customer", Customer, "customer")
    restrictions = params.inside("restrictions")
    made_id = draft.new_id("promo")
    code = params.text("code", longest=500) or made_id.removeprefix("promo_").upper()
    if any(known.active for known in draft.named(PromotionCode, code.casefold())):
        raise params.refused("code", f"An active promotion code with `code: {code}` already exists.")
    made = PromotionCode(
        id=made_id,
        code=code,
        coupon=coupon.id,
        active=params.flag("active") is not False,
        customer_id=customer.id if customer else None,
        expires_at=params.moment("expires_at"),
        max_redemptions=params.whole("max_redemptions", least=1),
        first_time=restrictions.flag("first_time_transaction") or False,
        minimum_amount=restrictions.whole("minimum_amount", least=1),
        minimum_currency=restrictions.text("minimum_amount_currency"),
        metadata=params.metadata(),
        created_at=draft.now,
    )
    draft.put(made)
    draft.emit("promotion_code.created", goods_shape.promotion_code(draft, made))
    return goods_shape.promotion_code(draft, made)


def retrieve_code(draft: Draft, params: Params, code_id: str) -> Json:
    return goods_shape.promotion_code(draft, found(draft, PromotionCode, code_id, "promotion code"))


def update_code(draft: Draft, params: Params, code_id: str) -> Json:
    before = found(draft, PromotionCode, code_id, "promotion code")
    active = params.flag("active")
    after = evolve(
        before,
        active=before.active if active is None else active,
        metadata=params.metadata(over=before.metadata),
    )
    told, was = goods_shape.promotion_code(draft, after), goods_shape.promotion_code(draft, before)
    if after != before:
        draft.put(after)
        draft.emit("promotion_code.updated", told, before=was)
    return told


def listed_codes(draft: Draft, params: Params) -> Json:
    code, active, coupon = params.text("code"), params.flag("active"), params.text("coupon")
    customer = params.text("customer")

    def where(each: PromotionCode) -> bool:
        is_meant = coupon in {None, each.coupon} and customer in {None, each.customer_id}
        return is_meant and active in {None, goods_shape.is_usable(draft, each)}

    shape, by = partial(goods_shape.promotion_code, draft), code and code.casefold()
    return listing(draft, params, "/v1/promotion_codes", PromotionCode, shape, by=by, where=where)


def _coupon(draft: Draft, told: Json) -> Json:
    return goods_shape.coupon(draft, draft.find(Coupon, told["promotion"]["coupon"]))


ROUTES = (
    Route("POST", "/v1/coupons", create),
    Route("GET", "/v1/coupons/{coupon_id}", retrieve),
    Route("POST", "/v1/promotion_codes", create_code),
    Route("GET", "/v1/promotion_codes", listed_codes),
    Route("GET", "/v1/promotion_codes/{code_id}", retrieve_code),
    Route("POST", "/v1/promotion_codes/{code_id}", update_code),
)
EXPANDING: Expandings = {("promotion_code.promotion", "coupon"): _coupon}
