"""What operators do to an account by their own decision, and why: the words of the audit trail.

Each act is an event in the account's own stream, written with what was done, so that nobody can do one without the
other and nobody can take it back.
"""

from enum import Enum

from attrs import field, frozen

from billing_core.domain.errors import InvalidValue
from billing_core.domain.given import ensure_text


class Act(Enum):
    """What was done. The values are stored, so they never change."""

    ADJUSTED = "adjusted"
    FORGAVE = "forgave"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    REFUNDED = "refunded"
    REVIEWED_WARNING = "reviewed_warning"
    RESOLVED_INCIDENT = "resolved_incident"
    ERASED = "erased"


class ReasonCode(Enum):
    """Why, as a closed set that can be counted. The values are stored, so they never change."""

    GOODWILL = "goodwill"
    CORRECTION = "correction"
    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"
    REQUESTED_BY_CUSTOMER = "requested_by_customer"
    TERMS = "terms"
    OTHER = "other"


def _says_something(_: object, __: object, note: str) -> None:
    ensure_text("reason", note)
    if not note.strip():
        raise InvalidValue("reason", "must say why")


@frozen(kw_only=True)
class Grounds:
    """Who decided, and why: a code to count by and a note to read. Raises InvalidValue for a note without words."""

    by: str
    note: str = field(validator=_says_something)
    code: ReasonCode = ReasonCode.OTHER


PROGRAM = "program"
"""Who acts where the product is embedded, and no person is named."""
POLICY = "policy"
"""Who acts where the policy for fraud warnings does."""
