"""The pages of Stripe's that a customer visits: checkouts, the links that lead to them, and the portal."""

from datetime import datetime
from enum import Enum
from typing import Any

from attrs import field, frozen

from billing_core.adapters.simulated.cards import Card


class SessionStatus(Enum):
    """`complete` and `expired` are ends."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@frozen(kw_only=True)
class Bought:
    """So many of a price, in a checkout or behind a link."""

    id: str
    price: str
    quantity: int = 1


@frozen(kw_only=True)
class Discount:
    """A coupon that was given, and the code that it was given for."""

    id: str
    coupon: str
    promotion_code: str | None = None
    start: datetime
    end: datetime | None = None


@frozen(kw_only=True)
class Selling:
    """What a checkout and a payment link have in common.

    `details` are the parameters that change nothing here but are told again. Where it makes no customer, who pays once
    without being one stays a guest. A trial that ends without a card ends
    the subscription (`cancel`), pauses it (`pause`) or bills it all the same (`create_invoice`).
    """

    mode: str
    lines: tuple[Bought, ...]
    currency: str
    metadata: dict[str, str] = field(factory=dict)
    subscription_metadata: dict[str, str] = field(factory=dict)
    payment_metadata: dict[str, str] = field(factory=dict)
    trial_days: int = 0
    without_card: str = "create_invoice"
    collection: str = "always"
    makes_customer: bool = True
    allow_promotion_codes: bool = False
    billing_address_collection: str = "auto"
    automatic_tax: bool = False
    details: dict[str, Any] = field(factory=dict)


@frozen(kw_only=True)
class Session:
    """A hosted checkout. `asking` is the card that waits for its owner to authenticate.

    One `is_unsettled` that was completed from a bank account and has not been paid; `awaits` is that charge.
    """

    id: str
    selling: Selling
    amount_minor: int
    created_at: datetime
    expires_at: datetime
    customer_id: str | None = None
    customer_email: str | None = None
    client_reference_id: str | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    discounts: tuple[Discount, ...] = ()
    discount_minor: int = 0
    payment_link: str | None = None
    status: SessionStatus = SessionStatus.OPEN
    asking: Card | None = None
    is_unsettled: bool = False
    awaits: str | None = None
    subscription_id: str | None = None
    invoice_id: str | None = None
    payment_intent_id: str | None = None

    @property
    def is_recurring(self) -> bool:
        return self.selling.mode == "subscription"

    @property
    def total(self) -> int:
        """What is charged when it completes."""
        return 0 if self.selling.trial_days else self.amount_minor - self.discount_minor

    @property
    def needs_card(self) -> bool:
        """A payment of nothing needs none; a subscription that costs nothing at first needs one if it says so."""
        return self.total > 0 or (self.is_recurring and self.selling.collection == "always")

    @property
    def found_by(self) -> tuple[str, ...]:
        names = (self.customer_id, self.subscription_id, self.payment_intent_id, self.payment_link)
        return tuple(name for name in names if name)


@frozen(kw_only=True)
class PaymentLink:
    """A page that opens a checkout for each visitor. `limit` is how many may complete."""

    id: str
    selling: Selling
    created_at: datetime
    active: bool = True
    completed: int = 0
    limit: int | None = None

    @property
    def found_by(self) -> tuple[str, ...]:
        return ()


@frozen(kw_only=True)
class Portal:
    """An open door to a customer's subscriptions, for whoever bears its token (which is its id here)."""

    id: str
    session_id: str
    customer_id: str
    return_url: str
    expires_at: datetime
    configuration_id: str = "bpc_default"

    @property
    def found_by(self) -> tuple[str, ...]:
        return ()


@frozen(kw_only=True)
class PortalConfiguration:
    """What the portal offers. The default one is the merchant's own."""

    id: str
    features: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    active: bool = True
    is_default: bool = False
    business: dict[str, str | None] = field(factory=dict)
    default_return_url: str | None = None
    name: str | None = None
    metadata: dict[str, str] = field(factory=dict)

    @property
    def found_by(self) -> tuple[str, ...]:
        return ()
