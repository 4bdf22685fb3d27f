"""What a customer sees after handing over a card."""

from enum import Enum

from attrs import frozen


class PaymentStatus(Enum):
    """How an attempt to pay ended."""

    SUCCEEDED = "succeeded"
    PROCESSING = "processing"
    REQUIRES_AUTHENTICATION = "requires_authentication"
    DECLINED = "declined"


@frozen(kw_only=True)
class PaymentResult:
    """A decline is a value. What is `processing` is decided by the bank days later.

    `redirect_url` is where the browser goes next: on, or to authenticate.
    """

    status: PaymentStatus
    decline_code: str | None = None
    redirect_url: str | None = None
