"""Incidents: oddities that a person must look at, as a closed set, and what that person may do about each.

An incident is open until it is resolved. Met again while it is open, it is counted; met again after it was resolved, it
is open again. What is told of each kind to operators is in `guides`.
"""

from enum import Enum
from hashlib import sha256

from attrs import frozen


class IncidentKind(Enum):
    """What was met. The values are stored, so they never change; `reconcile_…` and `import_…` tell who found it."""

    WEBHOOK_FAILED = "webhook_failed"
    WEBHOOK_DEAD = "webhook_dead"
    UNKNOWN_PRICE = "unknown_price"
    UNEXPECTED_STATUS = "unexpected_status"
    SURPLUS_SUBSCRIPTION = "surplus_subscription"
    TRIAL_CARD_USED = "trial_card_used"
    OWNER_CONFLICT = "owner_conflict"
    ORPHAN_PAYMENT = "orphan_payment"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_LOST = "dispute_lost"
    FRAUD_WARNING = "fraud_warning"
    PAYMENT_UNDER_REVIEW = "payment_under_review"
    INVOICE_NOT_FINALIZED = "invoice_not_finalized"
    INVOICE_OVERPAID = "invoice_overpaid"
    UNEXPLAINED_PAYMENT = "unexplained_payment"
    PAYMENT_TOO_OLD = "payment_too_old"
    SLOT_PAID_LATE = "slot_paid_late"
    LINE_UNPLACED = "line_unplaced"
    GATEWAY_REFUSED = "gateway_refused"
    NOT_ON_SALE = "not_on_sale"
    IMAGE_PROVIDER = "image_provider"
    MODEL = "model"
    ACCRUAL_FAILED = "accrual_failed"
    JOB_FAILED = "job_failed"
    NOTICE_REFUSED = "notice_refused"
    PAID_WITHOUT_GRANT = "paid_without_grant"
    LIVE_WITHOUT_ACCESS = "live_without_access"
    HOLD_PAST_DEADLINE = "hold_past_deadline"
    HOLD_WITHOUT_END = "hold_without_end"
    DRIFT = "drift"
    RECONCILE_GONE = "reconcile_gone"
    RECONCILE_UNREADABLE = "reconcile_unreadable"
    RECONCILE_FAILED = "reconcile_failed"
    IMPORT_NO_ACCOUNT = "import_no_account"
    IMPORT_CONFLICT = "import_conflict"
    IMPORT_UNKNOWN_PRICE = "import_unknown_price"
    IMPORT_UNREADABLE = "import_unreadable"
    IMPORT_FAILED = "import_failed"
    OTHER = "other"
    """Never raised: how one is read that another version of the product has stored, so that none is ever hidden."""


class Severity(Enum):
    """How soon a person should look: within the hour, within the day, or when there is time."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Resolution(Enum):
    """What a person may have done about an incident."""

    DISMISS = "dismiss"
    ASSIGN = "assign"
    RETRY = "retry"
    FETCH_AGAIN = "fetch_again"
    REINSTATE = "reinstate"
    CANCEL_SUBSCRIPTION = "cancel_subscription"
    REFUND = "refund"


@frozen(kw_only=True)
class Guide:
    """A kind in plain English: what happened, what the system did by itself, and what a person may do."""

    title: str
    severity: Severity
    happened: str
    done: str
    advice: str
    resolutions: tuple[Resolution, ...] = ()
    """Those beside DISMISS, which every kind has. The best one first."""

    @property
    def choices(self) -> tuple[Resolution, ...]:
        return (*self.resolutions, Resolution.DISMISS)


def kind_of(stored: str) -> IncidentKind:
    """The kind that was stored; OTHER where this version does not know it."""
    try:
        return IncidentKind(stored)
    except ValueError:
        return IncidentKind.OTHER


def detail_of(stored: str, detail: str) -> str:
    """What is told of one; of a kind that this version does not know, that kind too."""
    return detail if kind_of(stored).value == stored else f"{stored}: {detail}"


def incident_id(account_id: str | None, key: str) -> str:
    """The same wherever and whenever it is made: short, and safe in a URL."""
    owner = account_id or ""
    return "inc_" + sha256(f"{len(owner)}:{owner}{key}".encode()).hexdigest()[:16]
