"""What is subscribed to, and the invoices that come of it."""

from datetime import datetime
from enum import Enum

from attrs import field, frozen

from billing_core.adapters.simulated.visits import Discount
from billing_core.domain.subscription import Status


@frozen(kw_only=True)
class Line:
    """A line of an invoice; a credit's amount is not above 0. `credited` names the line that it gives back from.

    `amount_minor` is what it costs without its discounts, which are told by their ids; a proration's is after them, and
    `list_minor` before them.
    """

    id: str = ""
    price: str
    amount_minor: int
    list_minor: int | None = None
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


class PauseReason(Enum):
    """Why a subscription rests."""

    REQUESTED = "pause_requested"
    NO_CARD = "trial_end_without_payment_method"


class Uncollected(Enum):
    """What becomes of the invoices of a subscription while they are not collected. Its status stays as it is."""

    KEEP_AS_DRAFT = "keep_as_draft"
    MARK_UNCOLLECTIBLE = "mark_uncollectible"
    VOID = "void"


@frozen(kw_only=True)
class Subscription:
    """One subscription to one price. During a trial the anchor is its end, since the months count from there.

    Its invoices are `uncollected` until `collects_at`, where that is set. It ends at `cancel_at`, where that is set, or
    with its period. `pending_lines` go onto its next invoice.
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
    paused_at: datetime | None = None
    pause_reason: PauseReason | None = None
    uncollected: Uncollected | None = None
    collects_at: datetime | None = None
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
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


@frozen(kw_only=True)
class Invoice:
    """What a subscription is charged. `used_minor` is how its finalizing moved the customer's balance.

    `elsewhere_minor` was paid outside of Stripe; `noted_minor` is what credit notes took off before it was paid.
    """

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
    elsewhere_minor: int = 0
    noted_minor: int = 0
    attempts: int = 0
    first_failed_at: datetime | None = None
    next_attempt_at: datetime | None = None
    finalized_at: datetime | None = None
    paid_at: datetime | None = None
    voided_at: datetime | None = None
    uncollectible_at: datetime | None = None

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
class CreditNote:
    """So much of an invoice is taken back. One `is_of_paid` was given after the payment, and went somewhere."""

    id: str
    invoice_id: str
    customer_id: str
    currency: str
    amount_minor: int
    is_of_paid: bool
    created_at: datetime
    elsewhere_minor: int = 0
    refund_id: str | None = None
    refunded_minor: int = 0
    reason: str | None = None
    memo: str | None = None
    metadata: dict[str, str] = field(factory=dict)
    voided_at: datetime | None = None

    @property
    def found_by(self) -> tuple[str, ...]:
        return (self.invoice_id, self.customer_id)
