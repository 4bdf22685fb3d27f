"""What the simulated gateway remembers. Plain frozen values, so that the whole is one JSON document."""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum

from attrs import define, field, frozen

from billing_core.adapters.simulated.cards import Card
from billing_core.domain.catalog import Kind, Offer
from billing_core.domain.subscription import Status


@frozen(kw_only=True)
class Customer:
    """One per account. `balance` is Stripe's: negative is credit that later invoices use up."""

    id: str
    account_id: str
    email: str
    name: str
    created_at: datetime
    currency: str | None = None
    balance: int = 0
    card: Card | None = None


class SessionStatus(Enum):
    """`complete` and `expired` are ends."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@frozen(kw_only=True)
class Session:
    """A hosted checkout. `asking` is the card that waits for its owner to authenticate."""

    id: str
    customer_id: str
    account_id: str
    kind: Kind
    item: str
    price: str
    version: int
    recurring: bool
    trial_days: int
    trial_needs_card: bool
    promotion_codes: bool
    billing_address: bool
    amount_minor: int
    currency: str
    success_url: str
    cancel_url: str
    created_at: datetime
    expires_at: datetime
    status: SessionStatus = SessionStatus.OPEN
    asking: Card | None = None
    subscription_id: str | None = None
    invoice_id: str | None = None
    payment_intent_id: str | None = None

    @property
    def metadata(self) -> dict[str, str]:
        return {
            "billing_core_account": self.account_id,
            "billing_core_kind": self.kind.value,
            "billing_core_item": self.item,
            "billing_core_version": str(self.version),
        }


@frozen(kw_only=True)
class Schedule:
    """A move to another price at the end of the period."""

    id: str
    price: str
    created_at: datetime


@frozen(kw_only=True)
class PendingUpdate:
    """A change that waits for its invoice to be authenticated, and what the subscription becomes then."""

    invoice_id: str
    price: str
    anchor: datetime
    period_start: datetime
    period_end: datetime
    expires_at: datetime


@frozen(kw_only=True)
class Subscription:
    """One subscription. During a trial the anchor is the trial's end, since the months count from there."""

    id: str
    item_id: str
    customer_id: str
    status: Status
    price: str
    version: int
    currency: str
    metadata: dict[str, str]
    created_at: datetime
    anchor: datetime
    period_start: datetime
    period_end: datetime
    trial_start: datetime | None = None
    trial_end: datetime | None = None
    trial_noticed: bool = False
    cancel_at_period_end: bool = False
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    cancel_reason: str | None = None
    schedule: Schedule | None = None
    pending_update: PendingUpdate | None = None
    latest_invoice_id: str | None = None

    @property
    def is_over(self) -> bool:
        return self.status.is_terminal


@frozen(kw_only=True)
class Line:
    """A line of an invoice; a credit's amount is not above 0. `credited` names the line that it gives back from."""

    id: str = ""
    price: str
    amount_minor: int
    start: datetime
    end: datetime
    quantity: int = 1
    is_credit: bool = False
    prorated: bool = False
    credited: str | None = None


class InvoiceStatus(Enum):
    """`paid` and `void` are ends."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"


@frozen(kw_only=True)
class Invoice:
    """What a subscription is charged. `used_minor` is how its finalizing moved the customer's balance."""

    id: str
    customer_id: str
    subscription_id: str
    currency: str
    reason: str
    created_at: datetime
    lines: tuple[Line, ...]
    period_start: datetime
    period_end: datetime
    prorated_at: datetime | None = None
    status: InvoiceStatus = InvoiceStatus.DRAFT
    starting_balance: int = 0
    used_minor: int = 0
    amount_due: int = 0
    amount_paid: int = 0
    attempts: int = 0
    first_failed_at: datetime | None = None
    next_attempt_at: datetime | None = None
    finalized_at: datetime | None = None
    paid_at: datetime | None = None
    voided_at: datetime | None = None

    @property
    def total(self) -> int:
        return sum(line.amount_minor for line in self.lines)


@frozen(kw_only=True)
class Sent:
    """An event and how its delivery stands. `next_at` None means that no more attempts are due."""

    id: str
    type: str
    created_at: datetime
    body: str
    attempts: int = 0
    last_status: int | None = None
    delivered_at: datetime | None = None
    next_at: datetime | None = None


@frozen(kw_only=True)
class Answer:
    """What was answered under an idempotency key, and to what request."""

    request: str
    answer: str
    at: datetime


@frozen(kw_only=True)
class Portal:
    """An open door to a customer's subscriptions, for whoever bears its token."""

    customer_id: str
    return_url: str
    expires_at: datetime


@define(kw_only=True)
class State:
    """Everything, by id. Changed only through a Draft."""

    schema: int = 1
    counters: dict[str, int] = field(factory=dict)
    customers: dict[str, Customer] = field(factory=dict)
    sessions: dict[str, Session] = field(factory=dict)
    subscriptions: dict[str, Subscription] = field(factory=dict)
    invoices: dict[str, Invoice] = field(factory=dict)
    offers: dict[str, Offer] = field(factory=dict)
    portals: dict[str, Portal] = field(factory=dict)
    answers: dict[str, Answer] = field(factory=dict)
    outbox: dict[str, Sent] = field(factory=dict)

    def copy(self) -> "State":
        """Its own dictionaries over the same frozen values."""
        return State(
            schema=self.schema,
            counters=dict(self.counters),
            customers=dict(self.customers),
            sessions=dict(self.sessions),
            subscriptions=dict(self.subscriptions),
            invoices=dict(self.invoices),
            offers=dict(self.offers),
            portals=dict(self.portals),
            answers=dict(self.answers),
            outbox=dict(self.outbox),
        )

    def open_invoices(self, subscription_id: str) -> Iterator[Invoice]:
        """Those that still ask for money."""
        return (
            invoice
            for invoice in self.invoices.values()
            if invoice.subscription_id == subscription_id and invoice.status is InvoiceStatus.OPEN
        )
