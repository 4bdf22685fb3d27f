"""Invoice arithmetic: periods, prorations and shares, in minor units, exact until rounded half up once per line.

A rest is credited and charged over the same whole, from the same moment, so a change and its way back cancel out.
As at Stripe, a rest is credited whether or not its period has been paid yet.
"""

from datetime import datetime
from fractions import Fraction
from math import floor

from attrs import evolve, frozen

from billing_core.adapters.simulated.state import Line, Subscription
from billing_core.domain.calendar import MICROSECOND, month_index, nth_month
from billing_core.domain.catalog import Interval, Offer
from billing_core.domain.subscription import Status


@frozen(kw_only=True)
class Change:
    """What a change of price now makes of a subscription, and the lines that it bills."""

    price: str
    anchor: datetime
    period_start: datetime
    period_end: datetime
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        return sum(line.amount_minor for line in self.lines)


def half_up(amount: Fraction) -> int:
    """The nearest whole minor unit; the half goes up."""
    return floor(amount + Fraction(1, 2))


def next_end(anchor: datetime, start: datetime, interval: Interval) -> datetime:
    """Where the period that starts at `start` ends, counted from the anchor: 31 Jan, 28 Feb, 31 Mar."""
    return nth_month(anchor, month_index(anchor, start) + interval.months)


def share(amount_minor: int, part_start: datetime, part_end: datetime, *, of: tuple[datetime, datetime]) -> int:
    """What a stretch of a period costs."""
    part, whole = (part_end - part_start) // MICROSECOND, (of[1] - of[0]) // MICROSECOND
    return half_up(Fraction(amount_minor * part, whole))


def whole_period(offer: Offer, start: datetime, end: datetime, *, free: bool = False) -> Line:
    """The line of a whole period, or of a trial."""
    amount = 0 if free else offer.price.money.amount_minor
    return Line(price=offer.price.key, amount_minor=amount, start=start, end=end)


def unused_rest(sub: Subscription, offer: Offer, at: datetime) -> Line:
    """The credit for the rest of the period; a trial's is worth nothing."""
    whole = (sub.period_start, sub.period_end)
    worth = 0 if sub.status is Status.TRIALING else offer.price.money.amount_minor
    amount = -share(worth, at, sub.period_end, of=whole)
    return Line(price=offer.price.key, amount_minor=amount, start=at, end=sub.period_end, is_credit=True, prorated=True)


def change_of(sub: Subscription, old: Offer, new: Offer, at: datetime) -> Change:
    """A change at that moment. Another interval starts a whole new period there; a trial goes on as it is."""
    credit = unused_rest(sub, old, at)
    if sub.status is Status.TRIALING or old.price.interval is new.price.interval:
        mirrored = unused_rest(sub, new, at)
        charge = evolve(mirrored, amount_minor=-mirrored.amount_minor, is_credit=False)
        start, end, anchor = sub.period_start, sub.period_end, sub.anchor
    else:
        interval = new.price.interval or Interval.MONTH
        start, end, anchor = at, next_end(at, at, interval), at
        charge = whole_period(new, start, end)
    return Change(price=new.price.key, anchor=anchor, period_start=start, period_end=end, lines=(credit, charge))


def amount_due(total: int, balance: int) -> int:
    """What is left to pay after the customer's balance; a negative total is never paid out."""
    return max(0, total + balance)


def balance_used(total: int, balance: int) -> int:
    """How an invoice moves the balance: credit used up counts above 0, a negative total below."""
    return total if total < 0 else max(0, min(total, -balance))
