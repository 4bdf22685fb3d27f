"""What the port says of a running subscription: another price, an end, or a change of mind.

The last wish wins: cancelling drops a change that was to come, and a change clears a cancellation.
"""

from datetime import datetime

from attrs import evolve

from billing_core.adapters.simulated import changing, scheduling
from billing_core.adapters.simulated.answers import told_line
from billing_core.adapters.simulated.billing import amount_due, next_end
from billing_core.adapters.simulated.canceling import cancel_now
from billing_core.adapters.simulated.cards import Verdict
from billing_core.adapters.simulated.changing import Prorations, Unpaid, Wish
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.ending import drop_update
from billing_core.adapters.simulated.events import tell_update
from billing_core.adapters.simulated.goods import recurring
from billing_core.adapters.simulated.invoicing import ensure_currency
from billing_core.adapters.simulated.schedules import EndBehavior, Phase
from billing_core.adapters.simulated.shapes import hosted_invoice_url
from billing_core.adapters.simulated.stocking import priced
from billing_core.adapters.simulated.subscriptions import Subscription
from billing_core.domain.errors import IllegalTransition, InvalidValue
from billing_core.domain.money import Money
from billing_core.domain.subscription import VERBS
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.facts import InvoiceLine
from billing_core.ports.gateway import ChangeOutcome, ChangeQuote, ChangeStatus, PlanChange, When

DONE = ChangeOutcome(status=ChangeStatus.DONE)


def preview(draft: Draft, change: PlanChange) -> ChangeQuote:
    """Raises UnknownAtGateway, IllegalTransition, CurrencyLocked, InvalidValue."""
    sub, wish = _wished(draft, change)
    due, next_at = 0, sub.period_end
    lines: tuple[InvoiceLine, ...] = ()
    if change.when is When.NOW and wish.price.id != sub.price:
        planned = changing.plan(draft, sub, wish)
        balance = draft.customer(sub.customer_id).balance
        due = amount_due(planned.total, balance) if planned.total > 0 else planned.total
        next_at = planned.period_end
        lines = tuple(told_line(draft, evolve(x, id=f"il_tmp_{n}")) for n, x in enumerate(planned.lines, 1))
    return ChangeQuote(
        due_now_minor=due,
        currency=sub.currency,
        next_amount=Money(wish.price.amount_minor, wish.price.currency),
        next_at=next_at,
        as_of=wish.at,
        lines=lines,
    )


def change_plan(draft: Draft, change: PlanChange) -> ChangeOutcome:
    """Raises UnknownAtGateway, IllegalTransition, CurrencyLocked, InvalidValue."""
    sub, wish = _wished(draft, change)
    if change.when is When.NOW and wish.price.id != sub.price:
        return _change_now(draft, drop_update(draft, sub), wish)
    drop_change(draft, drop_update(draft, sub))
    sub = draft.subscription(sub.id)
    tell_update(draft, sub, changing.ending(draft, sub, at_period_end=False))
    if wish.price.id != sub.price:
        _change_later(draft, draft.subscription(sub.id), wish)
    return DONE


def _wished(draft: Draft, change: PlanChange) -> tuple[Subscription, Wish]:
    sub = draft.subscription(change.subscription_id)
    if sub.status not in VERBS["change"]:
        raise IllegalTransition("change", sub.status.value)
    price = recurring(priced(draft, change.price))
    ensure_currency(sub.currency, price.currency)
    at = _moment(draft, sub, change)
    return sub, Wish(
        price=price,
        quantity=sub.quantity,
        at=at,
        prorations=Prorations.ALWAYS_INVOICE,
        unpaid=Unpaid.WAIT,
        cancel_at_period_end=False,
    )


def _moment(draft: Draft, sub: Subscription, change: PlanChange) -> datetime:
    at = (change.as_of or draft.now).replace(microsecond=0)
    if not sub.period_start <= at <= draft.now:
        raise InvalidValue("as_of", "not in the current period so far")
    return at


def _change_now(draft: Draft, sub: Subscription, wish: Wish) -> ChangeOutcome:
    """A decline leaves the subscription as it was."""
    answer = changing.change(draft, sub, wish)
    changed = draft.subscription(sub.id)
    match answer.verdict:
        case Verdict.PAID:
            drop_change(draft, changed)
            return DONE
        case Verdict.ASKS:
            assert changed.pending_update is not None  # that is what its owner is asked about
            url = hosted_invoice_url(changed.pending_update.invoice_id, draft.world)
            return ChangeOutcome(status=ChangeStatus.PENDING_AUTHENTICATION, hosted_invoice_url=url)
        case Verdict.DECLINED:
            drop_update(draft, changed)
            draft.put(sub)
            return ChangeOutcome(status=ChangeStatus.DECLINED, decline_code=answer.decline_code)


def _change_later(draft: Draft, sub: Subscription, wish: Wish) -> None:
    schedule = scheduling.schedule_from(draft, sub)
    end_of_next = next_end(sub.period_end, sub.period_end, wish.price)
    later = Phase(start=sub.period_end, end=end_of_next, price=wish.price.id, quantity=sub.quantity)
    scheduling.rephase(draft, schedule, (*schedule.phases, later), EndBehavior.RELEASE)


def drop_change(draft: Draft, sub: Subscription) -> None:
    """Where there is none, nothing happens."""
    schedule = scheduling.active_schedule(draft, sub)
    if schedule is not None:
        scheduling.release(draft, schedule)


def cancel(draft: Draft, sub: Subscription, *, at_period_end: bool, prorate: bool) -> None:
    """Raises UnknownAtGateway where it is over already, as Stripe does."""
    if sub.is_over:
        raise UnknownAtGateway(f"running subscription {sub.id}")
    sub = drop_update(draft, sub)
    if at_period_end:
        drop_change(draft, sub)
        sub = draft.subscription(sub.id)
        tell_update(draft, sub, changing.ending(draft, sub, at_period_end=True))
        return
    cancel_now(draft, sub, invoices=prorate, prorates=prorate)


def resume(draft: Draft, sub: Subscription) -> None:
    """Undoes a cancellation at the period's end. Raises IllegalTransition where it is over."""
    if sub.is_over:
        raise IllegalTransition("resume", sub.status.value)
    tell_update(draft, sub, changing.ending(draft, sub, at_period_end=False))
