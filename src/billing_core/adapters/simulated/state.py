"""What the simulated Stripe remembers. Plain frozen values, so that the whole is one JSON document."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from attrs import define, field, frozen

from billing_core.adapters.simulated.cards import Card
from billing_core.adapters.simulated.goods import Coupon, Price, Product, PromotionCode
from billing_core.adapters.simulated.money import Charge, Dispute, FraudWarning, PaymentIntent, Refund
from billing_core.adapters.simulated.schedules import Schedule
from billing_core.adapters.simulated.subscriptions import CreditNote, Invoice, Subscription
from billing_core.adapters.simulated.visits import PaymentLink, Portal, PortalConfiguration, Session

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
class Endpoint:
    """Where a merchant wants events sent."""

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
    """An event and how its delivery stands.

    `next_at` None means that no more attempts are due; until then, `taken_by` are the endpoints that have it.
    """

    id: str
    type: str
    created_at: datetime
    body: str
    attempts: int = 0
    last_status: int | None = None
    delivered_at: datetime | None = None
    next_at: datetime | None = None
    taken_by: tuple[str, ...] = ()

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
    credit_notes: dict[str, CreditNote] = field(factory=dict)
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
    CreditNote: "credit_notes",
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
