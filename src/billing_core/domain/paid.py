"""What was paid for one subscription, sorted so that every rule finds what it asks for.

It follows from the payments, and every step of a decision asks for it: so it is worked out once, and kept for as long
as the account's payments stay the same.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import itemgetter

from billing_core.domain.catalog import Kind
from billing_core.domain.payments import Payment, Span
from billing_core.domain.slots import Slot, slots_of
from billing_core.domain.subscription import Subscription

PLAN = Kind.PLAN
_first_three = itemgetter(slice(3))


class Paid:
    """The spans of one subscription, each with its payment, in the order in which they were paid for."""

    def __init__(self, subscription_id: str, payments: Iterable[Payment]) -> None:
        self.spans = [(span, p) for p in payments if p.subscription_id == subscription_id for span in p.spans]
        self._charges = [
            (span.start, payment.paid_at, span.key, span)
            for span, payment in self.spans
            if span.sign > 0 and span.kind is PLAN and payment.kept > 0
        ]
        if len(self._charges) > 1:
            self._charges.sort(key=_first_three)
        self._told: tuple[object, object] | None = None
        self._anchors: tuple[datetime, ...] = ()
        self._slots: Mapping[Slot, tuple[Span, ...]] | None = None

    def last_charge(self, by: datetime | None = None) -> Span | None:
        """The charge for a plan that starts last, of those not refunded in full; `by`: of those that start by then."""
        for start, _, _, span in reversed(self._charges):
            if by is None or start <= by:
                return span
        return None

    def anchors(self, sub: Subscription) -> tuple[datetime, ...]:
        """Where the subscription's months are counted from."""
        told = self._told
        if told is None or told[0] is not sub.snapshot or told[1] is not sub.anchors:
            self._anchors = sub.anchors_of([span for span, _ in self.spans])
            self._told, self._slots = (sub.snapshot, sub.anchors), None
        return self._anchors

    def slots(self, sub: Subscription) -> Mapping[Slot, tuple[Span, ...]]:
        """The slots of the subscription that the spans touch, each with the spans that count in it."""
        anchors = self.anchors(sub)
        if self._slots is None:
            self._slots = slots_of([span for span, _ in self.spans], anchors, sub.trial)
        return self._slots
