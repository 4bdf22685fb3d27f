"""How coupons make a first amount, or the invoices of a subscription, cheaper."""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from attrs import evolve

from billing_core.adapters.simulated.billing import half_up
from billing_core.adapters.simulated.crediting import credited
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
    """The line as the subscription's discounts make it. A proration tells its amount after them: of a charge, percents
    are taken off; a credit gives back no more than was paid."""
    running = [x for x in sub.discounts if x.end is None or draft.now < x.end]
    if line.is_credit:
        charged = credited(draft, sub, line)
        paid = _paid_part(charged[1]) if charged else Fraction(1)
        return _cheaper(line, -half_up(-line.amount_minor * paid))
    if line.prorated:
        left = line.amount_minor
        for coupon in (draft.find(Coupon, x.coupon) for x in running):
            left -= cut(coupon, left) if coupon.percent_off is not None else 0
        return _cheaper(line, left)
    return evolve(line, discounts=cuts(draft, running, line.amount_minor)) if line.amount_minor > 0 else line


def _cheaper(line: Line, amount_minor: int) -> Line:
    if amount_minor == line.amount_minor:
        return line
    return evolve(line, amount_minor=amount_minor, list_minor=line.amount_minor)


def _paid_part(line: Line) -> Fraction:
    """How much of its full amount a line costs."""
    full = line.list_minor or line.amount_minor
    return Fraction(line.net, full) if full else Fraction(1)


def left_after(draft: Draft, sub: Subscription, lines: Iterable[Line]) -> tuple[Discount, ...]:
    """The subscription's discounts that later invoices still have."""
    used = {key for line in lines for key, _ in line.discounts}
    return tuple(x for x in sub.discounts if x.id not in used or draft.find(Coupon, x.coupon).duration != ONCE)


def begun(draft: Draft, coupon: Coupon, *, promotion_code: str | None = None) -> Discount:
    """The coupon, given now."""
    end: datetime | None = nth_month(draft.now, coupon.months) if coupon.months else None
    return Discount(id=draft.new_id("di"), coupon=coupon.id, promotion_code=promotion_code, start=draft.now, end=end)
