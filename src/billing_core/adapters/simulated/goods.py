"""What is on sale at the simulated Stripe: products, prices, and what makes them cheaper."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import field, frozen

from billing_core.domain.catalog import Interval
from billing_core.domain.errors import InvalidValue

PRICE_KEY = "billing_core_price"


@frozen(kw_only=True)
class Product:
    """What a price is the price of. `details` are the parameters that change nothing here but are told again."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    active: bool = True
    description: str | None = None
    default_price: str | None = None
    metadata: dict[str, str] = field(factory=dict)
    details: dict[str, Any] = field(factory=dict)

    @property
    def found_by(self) -> tuple[str, ...]:
        return ()


@frozen(kw_only=True)
class Price:
    """An amount that never changes. `interval` None is paid once; `count` is how many intervals a period has."""

    id: str
    product_id: str
    amount_minor: int
    currency: str
    created_at: datetime
    interval: Interval | None = None
    count: int = 1
    active: bool = True
    lookup_key: str | None = None
    nickname: str | None = None
    tax_behavior: str = "unspecified"
    metadata: dict[str, str] = field(factory=dict)

    @property
    def months(self) -> int:
        """The length of a period."""
        return self.interval.months * self.count if self.interval else 0

    @property
    def key(self) -> str:
        """What the catalog calls it; its own id where the catalog does not know it."""
        return self.metadata.get(PRICE_KEY) or self.lookup_key or self.id

    @property
    def found_by(self) -> tuple[str, ...]:
        named = {self.product_id, self.lookup_key, self.metadata.get(PRICE_KEY)}
        return tuple(name for name in named if name)


def recurring(price: Price) -> Price:
    """The same, where it can be subscribed to. Raises InvalidValue."""
    if price.interval is None:
        raise InvalidValue("price", f"{price.key} is paid once")
    return price


@frozen(kw_only=True)
class Coupon:
    """Makes invoices cheaper by a part or by an amount: the first (`once`), those of some months, or all."""

    id: str
    created_at: datetime
    duration: str
    name: str | None = None
    percent_off: Decimal | None = None
    amount_off: int | None = None
    currency: str | None = None
    months: int | None = None
    times_redeemed: int = 0
    max_redemptions: int | None = None
    redeem_by: datetime | None = None
    metadata: dict[str, str] = field(factory=dict)

    @property
    def found_by(self) -> tuple[str, ...]:
        return ()

    def is_valid(self, at: datetime) -> bool:
        """Whether it can be given to anybody still."""
        used_up = self.max_redemptions is not None and self.times_redeemed >= self.max_redemptions
        return not used_up and (self.redeem_by is None or at < self.redeem_by)


@frozen(kw_only=True)
class PromotionCode:
    """What a customer types to be given a coupon."""

    id: str
    code: str
    coupon: str
    created_at: datetime
    active: bool = True
    customer_id: str | None = None
    expires_at: datetime | None = None
    max_redemptions: int | None = None
    times_redeemed: int = 0
    first_time: bool = False
    minimum_amount: int | None = None
    minimum_currency: str | None = None
    metadata: dict[str, str] = field(factory=dict)

    @property
    def found_by(self) -> tuple[str, ...]:
        return (self.code.casefold(),)

    def is_valid(self, at: datetime) -> bool:
        """Whether anybody can use it still; its coupon has a say as well."""
        used_up = self.max_redemptions is not None and self.times_redeemed >= self.max_redemptions
        return self.active and not used_up and (self.expires_at is None or at < self.expires_at)
