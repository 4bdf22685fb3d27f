"""What a whole slot gives for each span that counts in it: an allotment, a trial's or initial credits, or a pack's."""

from collections.abc import Iterable

from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog, Kind, Plan
from billing_core.domain.payments import Span
from billing_core.domain.slots import Slot, is_of_trial
from billing_core.domain.subscription import Subscription

PLAN, PACK = Kind.PLAN, Kind.PACK


class Allotments:
    """Those of one account, by what it has paid for. Pure: it only reads."""

    def __init__(self, account: Account, catalog: Catalog) -> None:
        self.account, self.catalog = account, catalog

    def whole(self, sub: Subscription, span: Span, slot: Slot) -> int:
        """What the span would give if it covered all of the slot; an unlimited plan counts as 0."""
        if span.kind is PLAN:
            initial = self.plan(sub, span).initial_credits
            if initial is not None and self.is_first(sub, span, slot):
                return initial
        return self._usual(sub, span)

    def most(self, sub: Subscription, spans: Iterable[Span], slot: Slot) -> int:
        """What the slot may be given at most: its best plan's allotment, what initial credits add to it, and its packs.

        The charges come to more only while the line that credits one of them is not heard of.
        """
        best = more = 0
        for span in spans:
            if span.is_charge:
                usual, whole = self._usual(sub, span), self.whole(sub, span, slot)
                more += span.quantity * (usual if span.kind is PACK else max(0, whole - usual))
                best = best if span.kind is PACK else max(best, span.quantity * usual)
        return best + more

    def _usual(self, sub: Subscription, span: Span) -> int:
        if span.kind is PACK:
            return self.catalog.pack(span.item, pinned=sub.version).credits
        plan = self.plan(sub, span)
        if self._is_of_trial(sub, span):
            if self.account.trialed != sub.id or sub.card_used:
                return 0
            if plan.trial is not None and plan.trial.credits is not None:
                return plan.trial.credits
        return plan.allotment if isinstance(plan.allotment, int) else 0

    def plan(self, sub: Subscription, span: Span) -> Plan:
        return self.catalog.plan(span.item, pinned=sub.version)

    def is_unlimited(self, sub: Subscription, span: Span) -> bool:
        return span.kind is PLAN and self.plan(sub, span).is_unlimited

    def is_first(self, sub: Subscription, span: Span, slot: Slot) -> bool:
        """Whether the plan's initial credits stand in for its allotment: in its first whole paid slot, once.

        Told by the facts alone, so that the order in which they arrive cannot matter.
        """
        if span.start != slot.start or not self._brings_initial(sub, span):
            return False
        tallies = (tally for s in self.account.subscriptions for tally in s.tallies)
        known = any(tally.initial_of == span.item and not tally.closed for tally in tallies)
        if span.item in self.account.initials and not known:
            return False  # they were given so long ago that what was paid for them is forgotten
        firsts = (
            (other.start, other.key)
            for s in self.account.subscriptions
            for other, payment in self.account.paid_for(s.id).spans
            if other.item == span.item and payment.kept > 0 and self._brings_initial(s, other)
        )
        return min(firsts, default=None) == (span.start, span.key)

    def _brings_initial(self, sub: Subscription, span: Span) -> bool:
        if span.kind is PACK or span.prorated or not span.is_charge or self._is_of_trial(sub, span):
            return False
        if sub.imported_at is not None:  # its customer was new elsewhere
            return False
        plan = self.plan(sub, span)
        return plan.initial_credits is not None and not plan.is_unlimited

    def _is_of_trial(self, sub: Subscription, span: Span) -> bool:
        trial = sub.trial
        return trial is not None and is_of_trial(span, self.account.paid_for(sub.id).anchors(sub), trial)
