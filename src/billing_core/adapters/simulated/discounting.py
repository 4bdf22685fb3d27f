"""How coupons make a first amount, or the invoices of a subscription, cheaper."""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from attrs import evolve

from billing_core.adapters.simulated.billing import half_up
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.goods import Coupon
from billing_core.adapters.simulated.subscriptions import Line, Subscription
from billing_core.adapters.simulated.visits import Discount
from billing_core.domain.calendar import nth_month

ONCE = "once"


def cut(coupon: Coupon, amount_minor: int) -> int:
    """What it takes off an amount: never more than that."""
    if coupon.percent_off is not None:
        return half_up(amount_minor * Fraction(coupon.percent_off) / 100)
    return min(amount_minor, coupon.amount_off or 0)


def cuts(draft: Draft, discounts: Iterable[Discount], amount_minor: int) -> tuple[tuple[str, int], ...]:
    """What each takes off in its turn."""
    taken = []
    for discount in discounts:
        off = cut(draft.find(Coupon, discount.coupon), amount_minor)
        amount_minor -= off
        taken.append((discount.id, off))
    return tuple(taken)


def discounted(draft: Draft, sub: Subscription, line: Line) -> Line:
    """The line of a whole period as its subscription's discounts make it; prorations are left as they are."""
    if line.prorated or line.amount_minor <= 0:
        return line
    running = (x for x in sub.discounts if x.end is None or draft.now < x.end)
    return evolve(line, discounts=cuts(draft, running, line.amount_minor))


def left_after(draft: Draft, sub: Subscription, lines: Iterable[Line]) -> tuple[Discount, ...]:
    """The subscription's discounts that later invoices still have."""
    used = {key for line in lines for key, _ in line.discounts}
    return tuple(x for x in sub.discounts if x.id not in used or draft.find(Coupon, x.coupon).duration != ONCE)


def begun(draft: Draft, coupon: Coupon, *, promotion_code: str | None = None) -> Discount:
    """The coupon, given now."""
    end: datetime | None = nth_month(draft.now, coupon.months) if coupon.months else None
    return Discount(id=draft.new_id("di"), coupon=coupon.id, promotion_code=promotion_code, start=draft.now, end=end)
