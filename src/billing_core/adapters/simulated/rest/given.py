"""The discounts that a checkout is opened with."""

from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.goods import Coupon, PromotionCode
from billing_core.adapters.simulated.redeeming import given, used
from billing_core.adapters.simulated.rest.finding import referred
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.visits import Discount


def discounts(
    draft: Draft, params: Params, amount: int, currency: str, customer_id: str | None
) -> tuple[Discount, ...]:
    """Those that the parameters name. Raises Refused."""
    rows = params.rows("discounts")
    if rows and params.has("allow_promotion_codes"):
        message = "You may only specify one of these parameters: allow_promotion_codes, discounts."
        raise params.refused("allow_promotion_codes", message)
    if len(rows) > 1:
        raise params.refused("discounts", "You can have at most one discount.")
    return tuple(_discount(draft, row, amount, currency, customer_id) for row in rows)


def _discount(draft: Draft, row: Params, amount: int, currency: str, customer_id: str | None) -> Discount:
    coupon = referred(draft, row, "coupon", Coupon, "coupon")
    code = referred(draft, row, "promotion_code", PromotionCode, "promotion code")
    if (coupon is None) is (code is None):
        raise row.refused("coupon", "You must specify exactly one of `coupon` and `promotion_code`.")
    if code is not None:
        return used(draft, code, amount, currency, customer_id, param=row.name("promotion_code"))
    return given(draft, row.needed("coupon", coupon), currency, param=row.name("coupon"))
