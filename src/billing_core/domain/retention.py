"""What an account remembers of the past, so that its size does not grow with its history.

A payment can be refunded or disputed long after its time, so its spans are kept for RETENTION after they end, and with
them the tallies of the slots that they touch. A payment that comes to light later than that is not booked. A slot that
a forgotten payment and a remembered one have in common is closed: what it was given is final.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from billing_core.domain.disputes import Dispute
from billing_core.domain.payments import Payment, Span
from billing_core.domain.slots import anchor_of, slots_of
from billing_core.domain.subscription import Subscription, Tally
from billing_core.domain.values import changed

RETENTION = timedelta(days=180)


def is_closed(payment: Payment, at: datetime) -> bool:
    """Whether the payment's time is so long over that it is, or would have been, forgotten."""
    return _ends_at(payment) <= at - RETENTION


def _ends_at(payment: Payment) -> datetime:
    return max([span.end for span in payment.spans], default=payment.paid_at)


def has_old(payments: Iterable[Payment], subscriptions: Iterable[Subscription], at: datetime) -> bool:
    """Whether anything may have to be forgotten by then: a payment, a slot or a subscription that is long over."""
    last = at - RETENTION
    ends = [sub.ended_at for sub in subscriptions]
    ends.extend([tally.end for sub in subscriptions for tally in sub.tallies])
    ends.extend([_ends_at(payment) for payment in payments])
    return min([end for end in ends if end is not None], default=at) <= last


def payments_kept(payments: Iterable[Payment], going_on: Iterable[str], at: datetime) -> tuple[Payment, ...]:
    """Those whose time is not closed, and the last one of each subscription that goes on: its plan follows from it."""
    payments = tuple(payments)
    if not any(is_closed(payment, at) for payment in payments):
        return payments
    last = {_last_charged(payments, subscription_id) for subscription_id in going_on}
    return tuple(payment for payment in payments if payment.id in last or not is_closed(payment, at))


def _last_charged(payments: Iterable[Payment], subscription_id: str) -> str | None:
    charged = (
        (span.start, payment.paid_at, span.key, payment.id)
        for payment in payments
        if payment.subscription_id == subscription_id and payment.kept > 0
        for span in payment.spans
        if span.is_charge
    )
    return max(charged, default=(None, None, None, None))[3]


def subscription_kept(
    sub: Subscription, payments: Iterable[Payment], kept: Iterable[Payment], at: datetime
) -> Subscription:
    """The subscription when only those payments are kept of these; what stays is counted as it was before."""
    before, after = _spans(sub, payments), _spans(sub, kept)
    if before != after:
        anchors = sub.anchors_of(before)
        needed = {anchor for span in after if (anchor := anchor_of(span, anchors)) is not None}
        sub = changed(sub, anchors=tuple(sorted(needed)))
        was, now = slots_of(before, anchors, sub.trial), slots_of(after, sub.anchors, sub.trial)
        cut = {slot for slot in was if was[slot] != now.get(slot)}
        closed = (changed(tally, closed=True) if (tally.start, tally.end) in cut else tally for tally in sub.tallies)
        sub = changed(sub, tallies=tuple(closed))
    return changed(sub, tallies=tallies_kept(sub, after, at))


def _spans(sub: Subscription, payments: Iterable[Payment]) -> list[Span]:
    return [span for payment in payments if payment.subscription_id == sub.id for span in payment.spans]


def tallies_kept(sub: Subscription, spans: Iterable[Span], at: datetime) -> tuple[Tally, ...]:
    """The tallies whose slots are recent, or touched by a span that is remembered."""
    spans = list(spans)

    def stays(tally: Tally) -> bool:
        end = tally.end or at
        return end > at - RETENTION or any(span.start < end and tally.start < span.end for span in spans)

    return tuple(tally for tally in sub.tallies if stays(tally))


def disputes_kept(disputes: Iterable[Dispute], payments: Iterable[Payment], at: datetime) -> tuple[Dispute, ...]:
    """Those that go on, were over recently, or are about a payment that is remembered."""
    known = {payment.id for payment in payments}
    return tuple([d for d in disputes if d.payment_id in known or not d.status.is_over or d.seen_at > at - RETENTION])
