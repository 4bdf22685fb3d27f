"""What the simulated Stripe remembers. Plain frozen values, so that the whole is one JSON document."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeVar

from attrs import define, field, frozen

from billing_core.adapters.simulated.cards import Card
from billing_core.adapters.simulated.goods import Coupon, Price, Product, PromotionCode
from billing_core.adapters.simulated.money import Charge, Dispute, FraudWarning, PaymentIntent, Refund
from billing_core.adapters.simulated.schedules import Schedule
from billing_core.adapters.simulated.visits import Discount, PaymentLink, Portal, PortalConfiguration, Session
from billing_core.domain.subscription import Status

SCHEMA = 2


class Kept(Protocol):
    """What the state keeps. `found_by` are the names that it is looked up by, besides its id."""

    @property
    def id(self) -> str: ...
    @property
    def found_by(self) -> tuple[str, ...]: ...


K = TypeVar("K", bound=Kept)


@frozen(kw_only=True)
class Customer:
    """`balance` is Stripe's: negative is credit that later invoices use up."""

    id: str
    created_at: datetime
    email: str | None = None
    name: str | None = None
    metadata: dict[str, str] = field(factory=dict)
    description: str | None = None
    phone: str | None = None
    currency: str | None = None
    balance: int = 0
    card: Card | None = None
    deleted: bool = False

    @property
    def found_by(self) -> tuple[str, ...]:
        account = self.metadata.get("billing_core_account")
        return tuple(name for name in {self.email, account} if name and not self.deleted)


@frozen(kw_only=True)
class Line:
    """A line of an invoice; a credit's amount is not above 0. `credited` names the line that it gives back from.

    `amount_minor` is what it costs without its discounts, which are told by their ids.
    """

    id: str = ""
    price: str
    amount_minor: int
    start: datetime
    end: datetime
    quantity: int = 1
    is_credit: bool = False
    prorated: bool = False
    credited: str | None = None
    discounts: tuple[tuple[str, int], ...] = ()

    @property
    def net(self) -> int:
        return self.amount_minor - sum(amount for _, amount in self.discounts)


@frozen(kw_only=True)
class PendingUpdate:
    """A change that waits for its invoice to be paid, and what the subscription becomes then.

    `cancel_at_period_end` None leaves that as it is.
    """

    invoice_id: str
    price: str
    quantity: int = 1
    anchor: datetime
    period_start: datetime
    period_end: datetime
    expires_at: datetime
    cancel_at_period_end: bool | None = None


@frozen(kw_only=True)
class Subscription:
    """One subscription to one price. During a trial the anchor is its end, since the months count from there.

    It ends at `cancel_at`, where that is set, or with its period. `pending_lines` go onto its next invoice.
    """

    id: str
    item_id: str
    customer_id: str
    status: Status
    price: str
    quantity: int = 1
    currency: str
    metadata: dict[str, str]
    created_at: datetime
    anchor: datetime
    period_start: datetime
    period_end: datetime
    trial_start: datetime | None = None
    trial_end: datetime | None = None
    trial_noticed: bool = False
    without_card: str = "create_invoice"
    discounts: tuple[Discount, ...] = ()
    cancel_at_period_end: bool = False
    cancel_at: datetime | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    cancel_reason: str | None = None
    schedule_id: str | None = None
    pending_update: PendingUpdate | None = None
    pending_lines: tuple[Line, ...] = ()
    latest_invoice_id: str | None = None

    @property
    def is_over(self) -> bool:
        return self.status.is_terminal

    @property
    def ends_at(self) -> datetime | None:
        """When it is to end, where it is."""
        return self.cancel_at or (self.period_end if self.cancel_at_period_end else None)

    @property
    def found_by(self) -> tuple[str, ...]:
        return (self.customer_id, self.price)


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
    discounts: tuple[Discount, ...] = ()
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
    def subtotal(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    @property
    def total(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def found_by(self) -> tuple[str, ...]:
        return (self.customer_id, self.subscription_id)


@frozen(kw_only=True)
class Endpoint:
    """Where a merchant wants events sent. Nothing is sent there: the simulated Stripe has one receiver of its own."""

    id: str
    url: str
    enabled_events: tuple[str, ...]
    api_version: str | None
    secret: str
    created_at: datetime
    description: str | None = None
    metadata: dict[str, str] = field(factory=dict)

    @property
    def found_by(self) -> tuple[str, ...]:
        return ()


WAITING = "waiting"


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

    @property
    def found_by(self) -> tuple[str, ...]:
        return (WAITING,) if self.next_at is not None else ()


@frozen(kw_only=True)
class Answer:
    """What was answered under an idempotency key (which is its id), and to what request."""

    id: str
    request: str
    answer: str
    at: datetime
    status: int = 200

    @property
    def found_by(self) -> tuple[str, ...]:
        return ()


@define(kw_only=True)
class State:
    """Everything, by id, in the order in which it was made. Changed only through a Draft."""

    schema: int = SCHEMA
    counters: dict[str, int] = field(factory=dict)
    customers: dict[str, Customer] = field(factory=dict)
    products: dict[str, Product] = field(factory=dict)
    prices: dict[str, Price] = field(factory=dict)
    coupons: dict[str, Coupon] = field(factory=dict)
    promotion_codes: dict[str, PromotionCode] = field(factory=dict)
    sessions: dict[str, Session] = field(factory=dict)
    payment_links: dict[str, PaymentLink] = field(factory=dict)
    subscriptions: dict[str, Subscription] = field(factory=dict)
    schedules: dict[str, Schedule] = field(factory=dict)
    invoices: dict[str, Invoice] = field(factory=dict)
    intents: dict[str, PaymentIntent] = field(factory=dict)
    charges: dict[str, Charge] = field(factory=dict)
    refunds: dict[str, Refund] = field(factory=dict)
    disputes: dict[str, Dispute] = field(factory=dict)
    warnings: dict[str, FraudWarning] = field(factory=dict)
    portals: dict[str, Portal] = field(factory=dict)
    portal_configurations: dict[str, PortalConfiguration] = field(factory=dict)
    endpoints: dict[str, Endpoint] = field(factory=dict)
    answers: dict[str, Answer] = field(factory=dict)
    outbox: dict[str, Sent] = field(factory=dict)

    def table(self, kind: type[K]) -> dict[str, K]:
        """All that it keeps of a kind."""
        found: dict[str, K] = getattr(self, TABLES[kind])
        return found

    def copy(self) -> "State":
        """Its own dictionaries over the same frozen values."""
        tables = {name: dict(getattr(self, name)) for name in (*TABLES.values(), "counters")}
        return State(schema=self.schema, **tables)


TABLES: Mapping[type, str] = {
    Customer: "customers",
    Product: "products",
    Price: "prices",
    Coupon: "coupons",
    PromotionCode: "promotion_codes",
    Session: "sessions",
    PaymentLink: "payment_links",
    Subscription: "subscriptions",
    Schedule: "schedules",
    Invoice: "invoices",
    PaymentIntent: "intents",
    Charge: "charges",
    Refund: "refunds",
    Dispute: "disputes",
    FraudWarning: "warnings",
    Portal: "portals",
    PortalConfiguration: "portal_configurations",
    Endpoint: "endpoints",
    Answer: "answers",
    Sent: "outbox",
}
"""Where the state keeps each kind."""
