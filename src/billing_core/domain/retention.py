"""What an account remembers of the past, so that its size does not grow with its history.

A payment can be refunded or disputed long after its time, so its spans are kept for RETENTION after they end, and with
them the tallies of the slots that they touch. A payment that comes to light later than that is not booked.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from billing_core.domain.payments import Payment
from billing_core.domain.subscription import Subscription, Tally

RETENTION = timedelta(days=180)


def is_closed(payment: Payment, at: datetime) -> bool:
    """Whether the payment's time is so long over that it is, or would have been, forgotten."""
    ends = [span.end for span in payment.spans] or [payment.paid_at]
    return max(ends) <= at - RETENTION


def payments_kept(payments: Iterable[Payment], at: datetime) -> tuple[Payment, ...]:
    return tuple(payment for payment in payments if not is_closed(payment, at))


def tallies_kept(sub: Subscription, payments: Iterable[Payment], at: datetime) -> tuple[Tally, ...]:
    """The tallies whose slots are recent, or touched by a span that is remembered."""
    spans = [span for payment in payments if payment.subscription_id == sub.id for span in payment.spans]

    def stays(tally: Tally) -> bool:
        end = tally.end or at
        return end > at - RETENTION or any(span.start < end and tally.start < span.end for span in spans)

    return tuple(tally for tally in sub.tallies if stays(tally))
