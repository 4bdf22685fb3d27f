"""Telling customers and operators."""

from collections.abc import Mapping
from enum import Enum
from typing import Protocol

from attrs import field, frozen


class Topic(Enum):
    """What a notice is about. The last two are for operators, the others for the customer."""

    TRIAL_ENDING = "trial_ending"
    PAYMENT_FAILED = "payment_failed"
    CREDITS_LOW = "credits_low"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    FRAUD_ALERT = "fraud_alert"
    INCIDENT = "incident"


@frozen(kw_only=True)
class Notice:
    """A message to one address: what it is about, and the facts that its words tell (docs/notices.md names them).

    `key` is its cause's: what is told of the same cause to the same address has the same key, however often it is sent.
    """

    topic: Topic
    account_id: str
    to: str
    key: str
    facts: Mapping[str, str | int] = field(factory=dict)


class Notifier(Protocol):
    """Sends a notice. One that is sent twice may be shown twice, but can be known for the same by its key.

    Raises: Unavailable, OutcomeUnknown (it may have been sent); Misconfigured; NoticeRefused (this one will never be
    taken).
    """

    async def send(self, notice: Notice) -> None: ...
