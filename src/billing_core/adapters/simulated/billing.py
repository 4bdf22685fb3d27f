"""Invoice arithmetic: periods, prorations and shares, in minor units, exact until rounded half up once per line.

A rest is credited and charged over the same whole, from the same moment, so a change and its way back cancel out.
As at Stripe, a rest is credited whether or not its period has been paid yet.
"""

from datetime import datetime
from fractions import Fraction
from math import floor

from attrs import evolve, frozen

from billing_core.adapters.simulated.goods import Price
from billing_core.adapters.simulated.subscriptions import Line, Subscription
from billing_core.domain.calendar import MICROSECOND, month_index, nth_month
from billing_core.domain.subscription import Status


@frozen(kw_only=True)
class Change:
    """What a change of price now makes of a subscription, and the lines that it bills."""

    price: str
    quantity: int
    anchor: datetime
    period_start: datetime
    period_end: datetime
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        return sum(line.net for line in self.lines)


def half_up(amount: Fraction) -> int:
    """The nearest whole minor unit; the half goes up."""
    return floor(amount + Fraction(1, 2))


def next_end(anchor: datetime, start: datetime, price: Price) -> datetime:
    """Where the period that starts at `start` ends, counted from the anchor: 31 Jan, 28 Feb, 31 Mar."""
    return nth_month(anchor, month_index(anchor, start) + price.months)


def share(amount_minor: int, part_start: datetime, part_end: datetime, *, of: tuple[datetime, datetime]) -> int:
    """What a stretch of a period costs."""
    part, whole = (part_end - part_start) // MICROSECOND, (of[1] - of[0]) // MICROSECOND
    return half_up(Fraction(amount_minor * part, whole))


def whole_period(price: Price, start: datetime, end: datetime, *, quantity: int = 1, free: bool = False) -> Line:
    """The line of a whole period, or of a trial."""
    amount = 0 if free else price.amount_minor * quantity
    return Line(price=price.id, amount_minor=amount, start=start, end=end, quantity=quantity)


def unused_rest(sub: Subscription, price: Price, at: datetime, *, quantity: int | None = None) -> Line:
    """The credit for the rest of the period; a trial's is worth nothing."""
    many = sub.quantity if quantity is None else quantity
    worth = 0 if sub.status is Status.TRIALING else price.amount_minor * many
    return Line(
        price=price.id,
        amount_minor=-share(worth, at, sub.period_end, of=(sub.period_start, sub.period_end)),
        start=at,
        end=sub.period_end,
        quantity=many,
        is_credit=True,
        prorated=True,
    )


def change_of(sub: Subscription, old: Price, new: Price, at: datetime, *, quantity: int | None = None) -> Change:
    """A change at that moment. Another interval starts a whole new period there; a trial goes on as it is."""
    credit, many = unused_rest(sub, old, at), sub.quantity if quantity is None else quantity
    if sub.status is Status.TRIALING or old.months == new.months:
        mirrored = unused_rest(sub, new, at, quantity=many)
        charge = evolve(mirrored, amount_minor=-mirrored.amount_minor, is_credit=False)
        start, end, anchor = sub.period_start, sub.period_end, sub.anchor
    else:
        start, end, anchor = at, next_end(at, at, new), at
        charge = whole_period(new, start, end, quantity=many)
    lines = (credit, charge)
    return Change(price=new.id, quantity=many, anchor=anchor, period_start=start, period_end=end, lines=lines)


def amount_due(total: int, balance: int) -> int:
    """What is left to pay after the customer's balance; a negative total is never paid out."""
    return max(0, total + balance)


def balance_used(total: int, balance: int) -> int:
    """How an invoice moves the balance: credit used up counts above 0, a negative total below."""
    return total if total < 0 else max(0, min(total, -balance))
