"""What the gateway tells, in domain words: one fact per webhook, a closed union.

Most of what happens at the gateway is a reason to ask for the present state, not a thing to believe: events come late,
twice and in any order. So the facts that end in `Touched` name what is to be fetched.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum

from attrs import frozen

from billing_core.domain.catalog import Kind
from billing_core.domain.incidents import IncidentKind
from billing_core.domain.payments import Sign


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
    """An attempt to collect an invoice failed, or needs the customer to authenticate. `attempt` counts them."""

    invoice_id: str
    subscription_id: str | None
    customer_id: str
    hosted_invoice_url: str | None
    needs_authentication: bool
    attempt: int = 0


@frozen(kw_only=True)
class InvoiceTouched:
    """Something other than a payment happened to an invoice (voided, given up, credited): a reason to fetch it."""

    invoice_id: str
    subscription_id: str | None
    customer_id: str


@frozen(kw_only=True)
class PaymentTouched:
    """Money of a payment went back, is on its way back, or is disputed: a reason to fetch the payment.

    `payment` is the payment intent's id, or the charge's where there is no intent. It names no customer, so whose it
    is comes to light with the fetch.
    """

    payment: str


@frozen(kw_only=True)
class FraudWarned:
    """The card's network holds a payment for fraud. `actionable` is False once it is disputed or refunded."""

    warning_id: str
    payment: str
    kind: str
    actionable: bool
    at: datetime


@frozen(kw_only=True)
class Charged:
    """Money came in. What for is told by its invoice or checkout; this one tells whose the payment is."""

    payment: str
    customer_id: str


@frozen(kw_only=True)
class CustomerDeleted:
    """The customer is gone at the gateway, and with it what they subscribed to."""

    customer_id: str


@frozen(kw_only=True)
class ShelfTouched:
    """A price or a product was changed at the gateway. `gone` says that it cannot be sold any more."""

    kind: str
    id: str
    gone: bool


@frozen(kw_only=True)
class OddityTold:
    """Something that no rule follows from, but that a person should see. `key` is the same for the same oddity, `about`
    has the ids of what it is about."""

    key: str
    kind: IncidentKind
    detail: str
    customer_id: str | None
    at: datetime
    about: Mapping[str, str]


@frozen(kw_only=True)
class Announced:
    """A notification without content: it names an event that is to be fetched."""

    event_id: str


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
    SubscriptionTouched
    | InvoicePaid
    | InvoiceUnpaid
    | InvoiceTouched
    | PaymentTouched
    | FraudWarned
    | Charged
    | CheckoutProgressed
    | TrialEnding
    | CustomerDeleted
    | ShelfTouched
    | OddityTold
    | Announced
    | NothingToDo
    | NotUnderstood
)
