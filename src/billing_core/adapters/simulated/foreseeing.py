"""The next invoice of a subscription, as it would be if a change were made now. Nothing is changed."""

from attrs import evolve

from billing_core.adapters.simulated.billing import Change, amount_due, next_end, whole_period
from billing_core.adapters.simulated.changing import Wish, is_billed_now, plan
from billing_core.adapters.simulated.crediting import naming_credited
from billing_core.adapters.simulated.discounting import discounted
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.scheduling import next_phase
from billing_core.adapters.simulated.subscriptions import Invoice, Line, Subscription


def foresee(draft: Draft, sub: Subscription, wish: Wish) -> Invoice:
    """The invoice of the change where it is billed at once, else the renewal's, with all that is pending by then."""
    is_changed = (wish.price.id, wish.quantity) != (sub.price, sub.quantity)
    planned = plan(draft, sub, wish) if is_changed else None
    if planned is not None and is_billed_now(sub, planned, wish):
        lines, at, reason = planned.lines, draft.now, "subscription_update"
    else:
        lines, at, reason = _renewal(draft, sub, planned), sub.period_end, "upcoming"
    cheaper = [naming_credited(draft, sub, discounted(draft, sub, line)) for line in (*sub.pending_lines, *lines)]
    given = {key for line in cheaper for key, _ in line.discounts}
    balance = draft.customer(sub.customer_id).balance
    foreseen = Invoice(
        id=f"upcoming_in_{sub.id}",
        customer_id=sub.customer_id,
        subscription_id=sub.id,
        currency=sub.currency,
        reason=reason,
        created_at=at,
        lines=tuple(evolve(line, id=f"il_tmp_{sub.id}_{n}") for n, line in enumerate(cheaper, 1)),
        period_start=sub.period_start if reason == "upcoming" else at,
        period_end=at,
        prorated_at=wish.at if planned is not None else None,
        discounts=tuple(discount for discount in sub.discounts if discount.id in given),
        starting_balance=balance,
    )
    return evolve(foreseen, amount_due=amount_due(foreseen.total, balance))


def _renewal(draft: Draft, sub: Subscription, planned: Change | None) -> tuple[Line, ...]:
    phase = next_phase(draft, sub)
    price, quantity = draft.price(phase.price if phase else sub.price), phase.quantity if phase else sub.quantity
    if planned is not None:
        price, quantity = draft.price(planned.price), planned.quantity
    start = sub.period_end
    anchor = sub.anchor if price.months == draft.price(sub.price).months else start
    renewal = whole_period(price, start, next_end(anchor, start, price), quantity=quantity)
    return (*(planned.lines if planned else ()), renewal)
