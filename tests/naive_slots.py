"""What slots are entitled to, worked out from the invoices alone, second by second: a computation of its own."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from math import floor

from attrs import frozen

from billing_core.domain.calendar import nth_month
from billing_core.domain.catalog import Catalog, Kind, Plan
from billing_core.domain.payments import Payment, Span
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.testing.histories import History

Key = tuple[str, datetime, datetime]
"""A slot: its subscription, its start and its end."""
Stretch = tuple[datetime, datetime]


@frozen(slots=False)
class Naive:
    """`anchors` tells, line by line, from where its months are counted; a line without one counts nowhere.

    `trials` are those of the subscriptions, `[start, end)`, `created` is when each of them was, and `used` has those
    whose card began another account's trial before.
    """

    catalog: Catalog
    payments: Mapping[str, Payment]
    anchors: Mapping[str, datetime]
    trials: Mapping[str, Stretch]
    created: Mapping[str, datetime]
    used: Collection[str] = ()

    @classmethod
    def billed(cls, history: History, payments: Mapping[str, Payment], used: Collection[str]) -> "Naive":
        """By what the provider itself counts from."""
        return cls(history.catalog, payments, history.anchors, history.trials, created(history), used)

    @classmethod
    def told(
        cls,
        history: History,
        payments: Mapping[str, Payment],
        snapshots: Iterable[SubscriptionSnapshot],
        used: Collection[str],
    ) -> "Naive":
        """By what can be known of these payments and these states of their subscriptions."""
        anchors: dict[str, datetime] = {}
        trials: dict[str, Stretch] = {}
        for told in snapshots:
            if told.trial_start is not None and told.trial_end is not None:
                trials[told.id] = told.trial_start, told.trial_end
            lines = [line for p in payments.values() if p.subscription_id == told.id for line in p.spans]
            starts = {line.start for line in lines if line.is_charge and not line.prorated} | {told.anchor}
            anchors |= {line.key: anchor for line in lines for anchor in first_that_fits(line, starts)}
        return cls(history.catalog, payments, anchors, trials, created(history), used)

    @cached_property
    def entitled(self) -> Mapping[Key, int]:
        """The credits that each slot is entitled to."""
        sums: defaultdict[Key, Fraction] = defaultdict(Fraction)
        for key, payment, line, share in self._shares:
            sums[key] += kept(payment) * line.sign * share * self._gives(payment, line, key[1])
        return {key: max(0, min(self.best[key], floor(total))) for key, total in sums.items()}

    @cached_property
    def best(self) -> Mapping[Key, int]:
        """The most that each slot may ever be given: the best allotment that was paid for, and initial credits."""
        best: defaultdict[Key, int] = defaultdict(int)
        more: defaultdict[Key, int] = defaultdict(int)
        for key, payment, line, _ in self._shares:
            usual, gives = self._usual(payment, line), self._gives(payment, line, key[1])
            best[key] = max(best[key], usual if line.is_charge else 0)
            more[key] += max(0, gives - usual)
        return {key: best[key] + more[key] for key in best}

    @cached_property
    def _shares(self) -> list[tuple[Key, Payment, Span, Fraction]]:
        """Each slot that a line touches, and which part of the slot it covers."""
        shares = []
        for payment in self.payments.values():
            for line in payment.spans:
                trial = self.trials[payment.subscription_id or ""] if self._is_trial(payment, line) else None
                anchor = trial[0] if trial else self.anchors.get(line.key)
                if anchor is None:
                    continue
                for start, following in months(anchor, line):
                    if trial and start >= trial[1]:
                        break
                    end = min(following, max(trial[1], line.end)) if trial else following
                    shared = (min(end, line.end) - max(start, line.start)).total_seconds()
                    if shared > 0:
                        key = payment.subscription_id or "", start, end
                        share = Fraction(int(shared), int((end - start).total_seconds()))
                        shares.append((key, payment, line, share))
        return shares

    def _is_trial(self, payment: Payment, line: Span) -> bool:
        trial = self.trials.get(payment.subscription_id or "")
        if trial is None or line.end <= trial[1]:
            return trial is not None
        return line.start < trial[1] and line.key not in self.anchors  # it was cut short

    def _plan(self, payment: Payment, line: Span) -> Plan:
        version = self.catalog.in_force_at(self.created[payment.subscription_id or ""])
        return self.catalog.plan(line.item, pinned=version.number)

    def _gives(self, payment: Payment, line: Span, start: datetime) -> int:
        usual = self._usual(payment, line)
        if line.kind is Kind.PLAN and self._is_first(payment, line, start):
            return self._plan(payment, line).initial_credits or usual
        return usual

    def _usual(self, payment: Payment, line: Span) -> int:
        if line.kind is Kind.PACK:
            return 50
        plan = self._plan(payment, line)
        if self._is_trial(payment, line):
            if payment.subscription_id != min(self.trials) or payment.subscription_id in self.used:
                return 0
            if plan.trial is not None and plan.trial.credits is not None:
                return plan.trial.credits
        return plan.allotment if isinstance(plan.allotment, int) else 0

    @cached_property
    def _firsts(self) -> Mapping[str, tuple[datetime, str]]:
        """Of each plan the first whole charge that is kept: its start and its key."""
        firsts: dict[str, tuple[datetime, str]] = {}
        for payment in self.payments.values():
            for line in payment.spans:
                is_whole = line.kind is Kind.PLAN and line.is_charge and not line.prorated
                if is_whole and kept(payment) > 0 and not self._is_trial(payment, line):
                    this = line.start, line.key
                    firsts[line.item] = min(this, firsts.get(line.item, this))
        return firsts

    def _is_first(self, payment: Payment, line: Span, start: datetime) -> bool:
        """Whether initial credits stand in for this slot: the first that a whole, kept charge of the plan pays for."""
        is_finite = isinstance(self._plan(payment, line).allotment, int)
        return is_finite and line.start == start and self._firsts.get(line.item) == (start, line.key)


def kept(payment: Payment) -> Fraction:
    """Which part of it did not go back."""
    if payment.amount_minor <= 0:
        return Fraction(1)
    gone = min(payment.amount_minor, payment.refunded_minor + payment.lost_minor)
    return 1 - Fraction(gone, payment.amount_minor)


def months(anchor: datetime, line: Span) -> Iterator[Stretch]:
    """The anchor's months about the line."""
    n = (line.start.year - anchor.year) * 12 + line.start.month - anchor.month - 1
    while nth_month(anchor, n) < line.end:
        yield nth_month(anchor, n), nth_month(anchor, n + 1)
        n += 1


def first_that_fits(line: Span, anchors: Iterable[datetime]) -> list[datetime]:
    """The earliest of the anchors on whose months the line ends, if there is one: not after its start, else later."""
    fit = sorted(anchor for anchor in anchors if any(end == line.end for _, end in months(anchor, line)))
    return [anchor for anchor in fit if anchor <= line.start][:1] or fit[:1]


def created(history: History) -> Mapping[str, datetime]:
    """When each subscription was."""
    return {fact.told.id: fact.told.created_at for fact in history.facts if isinstance(fact.told, SubscriptionSnapshot)}


def is_ambiguous(history: History) -> bool:
    """Whether a line ends on the months of an earlier anchor too, as one from a 28th of February may on a 29th's."""
    lines = [(p.subscription_id, line) for p in history.payments.values() for line in p.spans]
    anchors = {(sub, history.anchors[line.key]) for sub, line in lines}
    return any(
        anchor < history.anchors[line.key] and line.end in {nth_month(anchor, n) for n in range(1, 60)}
        for sub, line in lines
        for whose, anchor in anchors
        if whose == sub
    )
