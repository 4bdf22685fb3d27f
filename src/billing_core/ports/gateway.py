"""The payment gateway: who pays and for what."""

from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import frozen

from billing_core.domain.catalog import Kind
from billing_core.domain.checkout_page import Branding, CustomField
from billing_core.domain.disputes import DisputeStatus
from billing_core.domain.fraud import RiskLevel
from billing_core.domain.money import Money
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.facts import CheckoutProgressed, InvoiceLine, InvoicePaid


@frozen(kw_only=True)
class CheckoutRequest:
    """What a customer is about to buy. `price` is the catalog's price key; `trial_days` 0 means no trial."""

    account_id: str
    customer_id: str
    kind: Kind
    item: str
    price: str
    version: int
    recurring: bool
    success_url: str
    cancel_url: str
    trial_days: int = 0
    trial_needs_card: bool = True
    promotion_code: str | None = None
    promotion_codes: bool = False
    billing_address: bool = False
    automatic_tax: bool = False
    custom_fields: tuple[CustomField, ...] = ()
    branding: Branding | None = None


@frozen(kw_only=True)
class CheckoutSession:
    """An open hosted checkout."""

    id: str
    url: str
    expires_at: datetime


class When(Enum):
    """When a plan change takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"


@frozen(kw_only=True)
class PlanChange:
    """A wish to move a subscription to another price. `as_of` pins the proration of a quote that was shown."""

    subscription_id: str
    price: str
    when: When
    as_of: datetime | None = None


@frozen(kw_only=True)
class ChangeQuote:
    """What a change would cost: `due_now` may be a credit, `spans` are what its invoice would pay for."""

    due_now_minor: int
    currency: str
    next_amount: Money
    next_at: datetime
    as_of: datetime
    lines: tuple[InvoiceLine, ...]


class ChangeStatus(Enum):
    """How a change ended at the gateway. A decline is a value, not an error."""

    DONE = "done"
    PENDING_AUTHENTICATION = "pending_authentication"
    DECLINED = "declined"


@frozen(kw_only=True)
class ChangeOutcome:
    """What came of a change, and where the customer goes to authenticate."""

    status: ChangeStatus
    hosted_invoice_url: str | None = None
    decline_code: str | None = None


class RefundReason(Enum):
    """Why money is given back, as the card networks want to know."""

    REQUESTED = "requested_by_customer"
    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"


class RefundStatus(Enum):
    """How a refund stands. REFUSED is a value: the gateway will not give so much of this payment back."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"


@frozen(kw_only=True)
class RefundOutcome:
    """What came of a refund. `problem` says why it was refused or failed, in the gateway's words."""

    status: RefundStatus
    refund_id: str | None = None
    amount_minor: int = 0
    problem: str | None = None


@frozen(kw_only=True)
class DisputeTold:
    """A dispute as the gateway has it."""

    id: str
    status: DisputeStatus
    amount_minor: int
    reason: str


@frozen(kw_only=True)
class PaymentState:
    """A payment as it stands, dated by when the fetch began.

    `id` is the payment's in the books: its invoice, or the payment intent where there is none. `settles` is what it
    paid for, None where that is nothing of ours. `refunded_minor` counts refunds that are pending or succeeded.
    """

    id: str
    customer_id: str | None
    amount_minor: int
    currency: str
    refunded_minor: int
    disputes: tuple[DisputeTold, ...]
    settles: InvoicePaid | CheckoutProgressed | None
    risk: RiskLevel
    seen_at: datetime


@frozen(kw_only=True)
class PaymentShown:
    """A payment as its customer may see it: also one that failed. `kind` is `subscription` or `pack`."""

    id: str
    at: datetime
    kind: str
    status: str
    amount_minor: int
    currency: str
    refunded_minor: int
    description: str
    receipt_url: str | None
    invoice_url: str | None


@frozen(kw_only=True)
class PaymentLinkRequest:
    """A link that sells one thing to whoever opens it."""

    kind: Kind
    item: str
    price: str
    version: int
    recurring: bool
    promotion_codes: bool = False
    billing_address: bool = False
    automatic_tax: bool = False
    custom_fields: tuple[CustomField, ...] = ()


@frozen(kw_only=True)
class PaymentLink:
    """A link of the gateway's own. One that is not active sells nothing any more."""

    id: str
    url: str
    active: bool


class PaymentGateway(Protocol):
    """Takes the money. Asking twice with one idempotency key does once and answers the same.

    Raises everywhere: Unavailable (not done, try again), OutcomeUnknown (ask, or come again with the same key),
    UnknownAtGateway, IdempotencyKeyReused, GatewayRefused (it does not take what was asked: a person must look).
    """

    async def ensure_customer(self, account_id: str, *, email: str, name: str) -> str:
        """The id of the one customer of that account, made where there is none."""
        ...

    async def open_checkout(self, request: CheckoutRequest, *, idempotency_key: str) -> CheckoutSession:
        """Raises InvalidValue for a promotion code that cannot be used, CurrencyLocked."""
        ...

    async def expire_checkout(self, session_id: str) -> None:
        """Ends an open session; one that is not open is left alone."""
        ...

    async def open_portal(self, customer_id: str, *, return_url: str) -> str:
        """A URL that lets the bearer manage the customer's subscriptions: a secret, made per click."""
        ...

    async def preview_change(self, change: PlanChange) -> ChangeQuote:
        """What `change_plan` with the quote's `as_of` would charge."""
        ...

    async def change_plan(self, change: PlanChange, *, idempotency_key: str) -> ChangeOutcome: ...

    async def drop_change(self, subscription_id: str) -> None:
        """Drops a change that was to come at the period's end; where there is none, nothing happens."""
        ...

    async def cancel(
        self, subscription_id: str, *, at_period_end: bool, prorate: bool, idempotency_key: str
    ) -> None: ...

    async def resume(self, subscription_id: str, *, idempotency_key: str) -> None:
        """Undoes a cancellation at the period's end."""
        ...

    async def fetch_subscription(self, subscription_id: str, *, now: datetime) -> SubscriptionSnapshot:
        """Its present state, dated `now`: when the fetch began."""
        ...

    async def card_of(self, subscription_id: str) -> str | None:
        """The fingerprint of the card that pays the subscription: the same for the same card, whoever has it.

        None where no card does, or the gateway does not tell.
        """
        ...

    async def fetch_invoice(self, invoice_id: str) -> InvoicePaid | None:
        """A paid invoice with all its lines; None where it is not paid."""
        ...

    async def fetch_payment(self, payment: str, *, now: datetime) -> PaymentState:
        """A payment with all that went back of it, dated `now`. `payment` is any name of it: invoice, payment intent
        or charge."""
        ...

    async def fetch_event(self, event_id: str) -> bytes:
        """The body of the event that an Announced names, as it would have come by webhook, for `retranslate`."""
        ...

    async def refund(
        self, payment: str, *, amount_minor: int | None, reason: RefundReason, idempotency_key: str
    ) -> RefundOutcome:
        """Gives money of a payment back: so much, or (None) all that is left. `payment` is an invoice's or a payment
        intent's id. What is disputed, or gone back already, is refused."""
        ...

    async def payments(
        self, customer_id: str, *, limit: int, after: str | None = None
    ) -> tuple[tuple[PaymentShown, ...], str | None]:
        """The customer's payments, newest first, and where the next page begins (None: there is none)."""
        ...

    async def open_payment_link(self, request: PaymentLinkRequest, *, idempotency_key: str) -> PaymentLink: ...

    async def fetch_payment_link(self, link_id: str) -> PaymentLink:
        """The link as it is now."""
        ...

    def page_of(self, object_id: str) -> str:
        """The URL of the operator's page about an object (customer, subscription, payment, invoice) at the gateway."""
        ...
