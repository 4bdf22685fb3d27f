"""Money at the simulated Stripe: what was asked of a card, what the bank gave, and what went back of it."""

from datetime import datetime
from enum import Enum

from attrs import field, frozen

from billing_core.adapters.simulated.cards import Card


class IntentStatus(Enum):
    """`succeeded` and `canceled` are ends."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


@frozen(kw_only=True)
class PaymentIntent:
    """An amount that is to be paid, over as many attempts as it takes.

    One of an invoice is that invoice's one payment too, under its own id (`inpay_id`). One that is `processing` is
    decided at `settles_at`.
    """

    id: str
    amount_minor: int
    currency: str
    created_at: datetime
    customer_id: str | None = None
    invoice_id: str | None = None
    inpay_id: str | None = None
    description: str | None = None
    metadata: dict[str, str] = field(factory=dict)
    status: IntentStatus = IntentStatus.REQUIRES_PAYMENT_METHOD
    card: Card | None = None
    decline_code: str | None = None
    latest_charge_id: str | None = None
    settles_at: datetime | None = None
    paid_at: datetime | None = None
    canceled_at: datetime | None = None
    cancel_reason: str | None = None

    @property
    def found_by(self) -> tuple[str, ...]:
        return tuple(name for name in (self.customer_id, self.invoice_id, self.inpay_id) if name)


@frozen(kw_only=True)
class Charge:
    """One attempt at a card.

    `decline_code` None means that the money came, or may come where it is `pending`; `refunded_minor` is what went
    back.
    """

    id: str
    intent_id: str
    amount_minor: int
    currency: str
    created_at: datetime
    card: Card
    customer_id: str | None = None
    description: str | None = None
    decline_code: str | None = None
    pending: bool = False
    refunded_minor: int = 0
    disputed: bool = False

    @property
    def is_paid(self) -> bool:
        return self.decline_code is None and not self.pending

    @property
    def left_minor(self) -> int:
        """What can be refunded still."""
        return self.amount_minor - self.refunded_minor if self.is_paid else 0

    @property
    def found_by(self) -> tuple[str, ...]:
        return tuple(name for name in (self.customer_id, self.intent_id) if name)


class RefundStatus(Enum):
    """`failed` is an end; one that succeeded can fail still."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@frozen(kw_only=True)
class Refund:
    """Money on its way back to the card that it came from."""

    id: str
    charge_id: str
    intent_id: str
    amount_minor: int
    currency: str
    created_at: datetime
    status: RefundStatus
    customer_id: str | None = None
    reason: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] = field(factory=dict)

    @property
    def found_by(self) -> tuple[str, ...]:
        return (self.charge_id, self.intent_id)


class DisputeStatus(Enum):
    """`warning_…` are inquiries, for which no money moves."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response"
    APPEAL_UNDER_REVIEW = "appeal_under_review"

    @property
    def is_inquiry(self) -> bool:
        return self.value.startswith("warning_")

    @property
    def is_over(self) -> bool:
        return self in {self.WARNING_CLOSED, self.WON, self.LOST, self.PREVENTED}


@frozen(kw_only=True)
class Dispute:
    """A charge that its cardholder questions at the bank."""

    id: str
    charge_id: str
    intent_id: str
    amount_minor: int
    currency: str
    created_at: datetime
    status: DisputeStatus
    reason: str

    @property
    def found_by(self) -> tuple[str, ...]:
        return (self.charge_id, self.intent_id)


@frozen(kw_only=True)
class FraudWarning:
    """The card's network holds a charge for fraud. Nothing can be done about one that is not `actionable` any more."""

    id: str
    charge_id: str
    intent_id: str
    created_at: datetime
    kind: str
    actionable: bool

    @property
    def found_by(self) -> tuple[str, ...]:
        return (self.charge_id, self.intent_id)
