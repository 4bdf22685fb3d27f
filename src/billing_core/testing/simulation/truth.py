"""What each customer should have, worked out from the simulated Stripe alone: naively, by none of the domain's rules.

Everything is gone through from the beginning, as a person with paper would.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from attrs import field, frozen

from billing_core.adapters.simulated.money import DisputeStatus, RefundStatus
from billing_core.adapters.simulated.state import State
from billing_core.adapters.simulated.subscriptions import Invoice, InvoiceStatus, Line, Subscription
from billing_core.adapters.simulated.visits import SessionStatus

CREDITS = {"basic": 200, "pro": 500, "premium": 0, "small_pack": 100, "big_pack": 1000}
"""A month of each plan, where unlimited ones count nothing; and the packs."""

Month = tuple[datetime, datetime]


def months_after(anchor: datetime, n: int) -> datetime:
    """The same day n months later, or the last one of a month that has no such day."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + n, 12)
    return anchor.replace(year=year, month=month + 1, day=min(anchor.day, monthrange(year, month + 1)[1]))


def months_from(anchor: datetime, since: datetime, until: datetime) -> Iterator[Month]:
    """The months of the anchor that touch the stretch."""
    n = (since.year - anchor.year) * 12 + since.month - anchor.month - 1
    while (start := months_after(anchor, n)) < until:
        end = months_after(anchor, n + 1)
        if end > since:
            yield start, end
        n += 1


def ends_a_month(anchor: datetime, end: datetime) -> bool:
    n = (end.year - anchor.year) * 12 + end.month - anchor.month
    return any(months_after(anchor, k) == end for k in (n - 1, n, n + 1))


@frozen
class Paid:
    """A line of a paid invoice, and the part of its payment that was kept."""

    line: Line
    invoice: Invoice
    kept: Fraction
    plan: str


@frozen
class Truth:
    """What Stripe knows of one customer."""

    state: State
    customer_ids: tuple[str, ...]
    _kept: dict[str, Fraction] = field(factory=dict)

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        return tuple(s for s in self.state.subscriptions.values() if s.customer_id in self.customer_ids)

    @property
    def paid_invoices(self) -> tuple[Invoice, ...]:
        invoices = self.state.invoices.values()
        return tuple(i for i in invoices if i.customer_id in self.customer_ids and i.status is InvoiceStatus.PAID)

    def packs(self) -> dict[str, int]:
        """What each payment for a pack is worth in credits by now."""
        found: dict[str, int] = {}
        for session in self.state.sessions.values():
            is_ours = session.customer_id in self.customer_ids and not session.is_recurring
            if is_ours and session.status is SessionStatus.COMPLETE and session.payment_intent_id:
                intent = session.payment_intent_id
                kept = self.kept_of([intent], self.state.intents[intent].amount_minor)
                (line,) = session.selling.lines
                found[intent] = int(kept * CREDITS[self.key_of(line.price)] * line.quantity)
        return found

    def went_back(self, intents: list[str]) -> tuple[int, int]:
        """What was refunded and has not failed, and what was lost in disputes."""
        refunds, disputes = self.state.refunds.values(), self.state.disputes.values()
        refunded = sum(
            r.amount_minor for r in refunds if r.intent_id in intents and r.status is not RefundStatus.FAILED
        )
        lost = sum(d.amount_minor for d in disputes if d.intent_id in intents and d.status is DisputeStatus.LOST)
        return refunded, lost

    def kept_of(self, intents: list[str], paid: int) -> Fraction:
        refunded, lost = self.went_back(intents)
        return Fraction(1) if paid <= 0 else 1 - min(Fraction(1), Fraction(refunded + lost, paid))

    def intents_of(self, invoice: Invoice) -> list[str]:
        return [intent.id for intent in self.state.intents.values() if intent.invoice_id == invoice.id]

    def key_of(self, price_id: str) -> str:
        """The catalog's key of a price."""
        price = self.state.prices[price_id]
        return price.metadata.get("billing_core_price") or price.lookup_key or price_id

    def paid_lines(self, sub: Subscription) -> list[Paid]:
        """All that was paid for a subscription."""
        return [
            Paid(line, invoice, self.kept_of(self.intents_of(invoice), invoice.amount_paid), self._plan(line.price))
            for invoice in self.paid_invoices
            if invoice.subscription_id == sub.id
            for line in invoice.lines
        ]

    def over_at(self, sub: Subscription, now: datetime) -> datetime | None:
        """When a subscription ended, if it has."""
        return sub.ended_at or (sub.ends_at if sub.ends_at and sub.ends_at <= now else None)

    def months(self, sub: Subscription, now: datetime) -> dict[Month, int]:
        """What each month that has begun is worth in credits, also those after the subscription's end: what its lines
        come to, and never more than the best plan of them."""
        paid = self.paid_lines(sub)
        starts = {p.line.start for p in paid if not p.line.is_credit and not p.line.prorated}
        anchors = sorted(starts | {sub.anchor})
        worth: dict[Month, Fraction] = {}
        best: dict[Month, int] = {}
        for each in paid:
            for month in self._months_of(each.line, sub, anchors):
                start, end = month
                shared = min(each.line.end, end) - max(each.line.start, start)
                sign = -1 if each.line.is_credit else 1
                part = Fraction(shared.total_seconds()) / Fraction((end - start).total_seconds())
                gives = each.kept * sign * each.line.quantity * CREDITS[each.plan] * part
                worth[month] = worth.get(month, Fraction(0)) + gives
                if not each.line.is_credit:
                    best[month] = max(best.get(month, 0), each.line.quantity * CREDITS[each.plan])
        begun = (month for month in worth if month[0] <= now)
        return {month: min(max(0, worth[month].__floor__()), best.get(month, 0)) for month in begun}

    def _months_of(self, line: Line, sub: Subscription, anchors: list[datetime]) -> Iterator[Month]:
        anchor = next((a for a in anchors if ends_a_month(a, line.end)), None)
        trial = (sub.trial_start, sub.trial_end) if sub.trial_start and sub.trial_end else None
        if trial and trial[0] <= line.start < trial[1] and (line.end <= trial[1] or anchor is None):
            for start, end in months_from(trial[0], line.start, min(line.end, trial[1])):
                yield start, min(end, max(line.end, trial[1]))  # one that was cut short keeps the end it was told with
        elif anchor is not None:
            yield from months_from(anchor, line.start, line.end)

    def _plan(self, price_id: str) -> str:
        return self.key_of(price_id).removesuffix("_month").removesuffix("_year")

    def tier(self, now: datetime) -> str | None:
        """The plan that is to be had now; None where that takes more than naive looking to tell."""
        live = [s for s in self.subscriptions if not s.is_over and s.status.value != "incomplete"]
        if not live:
            return "free"
        sub = max(live, key=lambda s: (s.created_at, s.id))
        if sub.status.value in {"unpaid", "paused"}:
            return "free"
        if sub.status.value not in {"active", "trialing"}:
            return None
        covering = [p for p in self.paid_lines(sub) if not p.line.is_credit and p.line.start <= now < p.line.end]
        if not covering or any(p.kept == 0 for p in covering):
            return None
        latest = max(p.line.start for p in covering)
        plans = {p.plan for p in covering if p.line.start == latest}
        return plans.pop() if len(plans) == 1 else None
