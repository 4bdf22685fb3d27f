"""The payment gateway: who pays, for what, and what it tells."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol

from attrs import frozen

from billing_core.domain.catalog import Kind
from billing_core.domain.money import Money
from billing_core.domain.payments import Sign
from billing_core.domain.subscription import SubscriptionSnapshot


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
    lines: tuple["InvoiceLine", ...]


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


@frozen(kw_only=True)
class InvoiceLine:
    """A line of an invoice, in domain words. `price` is the catalog's price key, or the gateway's own unknown id."""

    key: str
    price: str
    sign: Sign
    quantity: Decimal
    start: datetime
    end: datetime
    prorated: bool


@frozen(kw_only=True)
class SubscriptionTouched:
    """Something happened to a subscription: a reason to fetch it, not a thing to believe."""

    subscription_id: str
    customer_id: str


@frozen(kw_only=True)
class InvoicePaid:
    """An invoice is paid, by whatever means. `complete` is False where it has more lines than were told."""

    invoice_id: str
    subscription_id: str | None
    customer_id: str
    amount_minor: int
    currency: str
    paid_at: datetime
    lines: tuple[InvoiceLine, ...]
    complete: bool = True


@frozen(kw_only=True)
class InvoiceUnpaid:
    """An attempt to collect an invoice failed, or needs the customer to authenticate."""

    invoice_id: str
    subscription_id: str | None
    customer_id: str
    hosted_invoice_url: str | None
    needs_authentication: bool


@frozen(kw_only=True)
class CheckoutProgressed:
    """A checkout went on. `paid` says that the money is there (or that none was due)."""

    session_id: str
    customer_id: str | None
    account_hint: str | None
    status: "CheckoutNews"
    kind: Kind | None
    item: str | None
    version: int | None
    quantity: int
    subscription_id: str | None
    payment_id: str | None
    amount_minor: int
    currency: str
    at: datetime


class CheckoutNews(Enum):
    """What the gateway tells of a checkout."""

    PAID = "paid"
    PROCESSING = "processing"
    EXPIRED = "expired"
    FAILED = "failed"


@frozen(kw_only=True)
class TrialEnding:
    """A trial is about to end."""

    subscription_id: str
    customer_id: str
    ends_at: datetime


@frozen
class NothingToDo:
    """An event that changes nothing here; it is stored all the same."""

    type: str


@frozen(kw_only=True)
class NotUnderstood:
    """An event of a version or shape that the translation does not know: an incident, never a silent yes."""

    type: str
    problem: str
    customer_id: str | None = None


Fact = (
    SubscriptionTouched | InvoicePaid | InvoiceUnpaid | CheckoutProgressed | TrialEnding | NothingToDo | NotUnderstood
)


@frozen(kw_only=True)
class Delivery:
    """A verified webhook: its id, what it says in domain words, and its raw body."""

    event_id: str
    type: str
    created_at: datetime
    livemode: bool
    fact: Fact
    body: bytes


class Webhooks(Protocol):
    """Turns what the gateway sends into domain words."""

    def translate(self, body: bytes, signature: str, *, now: datetime) -> Delivery:
        """Verifies the raw bytes and translates them. Raises: BadSignature, and nothing else, whatever comes in."""
        ...

    def retranslate(self, body: bytes) -> Delivery:
        """Translates a body that was verified and kept before. Raises: BadSignature where it cannot be read."""
        ...


class PaymentGateway(Protocol):
    """Takes the money. Asking twice with one idempotency key does once and answers the same.

    Raises everywhere: Unavailable (not done, try again), OutcomeUnknown, UnknownAtGateway.
    """

    async def ensure_customer(self, account_id: str, *, email: str, name: str) -> str:
        """The id of the one customer of that account, made where there is none."""
        ...

    async def open_checkout(self, request: CheckoutRequest, *, idempotency_key: str) -> CheckoutSession: ...

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

    async def fetch_invoice(self, invoice_id: str) -> InvoicePaid | None:
        """A paid invoice with all its lines; None where it is not paid."""
        ...
