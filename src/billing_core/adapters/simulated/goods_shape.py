"""Stripe's shapes of what is on sale, besides prices."""

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.goods import Coupon, Product, PromotionCode
from billing_core.adapters.simulated.shapes import seconds, seconds_or_none
from billing_core.adapters.simulated.visits import Discount


def product(value: Product) -> Json:
    return {
        "id": value.id,
        "object": "product",
        "active": value.active,
        "created": seconds(value.created_at),
        "default_price": value.default_price,
        "description": value.description,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": dict(value.metadata),
        "name": value.name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "unit_label": None,
        "updated": seconds(value.updated_at),
        "url": None,
        **value.details,
    }


def coupon(draft: Draft, value: Coupon) -> Json:
    return {
        "id": value.id,
        "object": "coupon",
        "amount_off": value.amount_off,
        "created": seconds(value.created_at),
        "currency": value.currency,
        "duration": value.duration,
        "duration_in_months": value.months,
        "livemode": False,
        "max_redemptions": value.max_redemptions,
        "metadata": dict(value.metadata),
        "name": value.name,
        "percent_off": None if value.percent_off is None else float(value.percent_off),
        "redeem_by": seconds_or_none(value.redeem_by),
        "times_redeemed": value.times_redeemed,
        "valid": value.is_valid(draft.now),
    }


def is_usable(draft: Draft, value: PromotionCode) -> bool:
    """Whether the code, and the coupon behind it, can be used by somebody now."""
    return value.is_valid(draft.now) and draft.find(Coupon, value.coupon).is_valid(draft.now)


def promotion_code(draft: Draft, value: PromotionCode) -> Json:
    return {
        "id": value.id,
        "object": "promotion_code",
        "active": is_usable(draft, value),
        "code": value.code,
        "created": seconds(value.created_at),
        "customer": value.customer_id,
        "customer_account": None,
        "expires_at": seconds_or_none(value.expires_at),
        "livemode": False,
        "max_redemptions": value.max_redemptions,
        "metadata": dict(value.metadata),
        "promotion": {"coupon": value.coupon, "type": "coupon"},
        "restrictions": {
            "first_time_transaction": value.first_time,
            "minimum_amount": value.minimum_amount,
            "minimum_amount_currency": value.minimum_currency,
        },
        "times_redeemed": value.times_redeemed,
    }


def discount(value: Discount) -> Json:
    """A coupon that was given."""
    return {
        "id": value.id,
        "object": "discount",
        "checkout_session": None,
        "customer": None,
        "customer_account": None,
        "end": seconds_or_none(value.end),
        "invoice": None,
        "invoice_item": None,
        "promotion_code": value.promotion_code,
        "source": {"coupon": value.coupon, "type": "coupon"},
        "start": seconds(value.start),
        "subscription": None,
        "subscription_item": None,
    }
