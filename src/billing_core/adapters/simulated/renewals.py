"""What comes due by itself: expiries, the notice of a trial's end, period ends and attempts to collect.

One thing at a time, in the order of their instants, so that a jump of a year ends as a year of days does.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import IntEnum

from attrs import evolve

from billing_core.adapters.simulated import checkout
from billing_core.adapters.simulated.billing import next_end, whole_period
from billing_core.adapters.simulated.collecting import bill, collect, drop_update, end
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_subscription, tell_update
from billing_core.adapters.simulated.state import SessionStatus, State, Subscription
from billing_core.domain.catalog import Interval
from billing_core.domain.subscription import Status

TRIAL_NOTICE = timedelta(days=3)


class Matter(IntEnum):
    """What is due; at one instant the lower number comes first."""

    CHECKOUT_EXPIRY = 0
    UPDATE_EXPIRY = 1
    TRIAL_NOTICE = 2
    PERIOD_END = 3
    COLLECTION = 4


Due = tuple[datetime, Matter, str]


def _all_due(state: State) -> Iterator[Due]:
    for session in state.sessions.values():
        if session.status is SessionStatus.OPEN:
            yield session.expires_at, Matter.CHECKOUT_EXPIRY, session.id
    for sub in state.subscriptions.values():
        if not sub.is_over:
            yield from _due_of(sub)
    for invoice in state.invoices.values():
        if invoice.next_attempt_at is not None:
            yield invoice.next_attempt_at, Matter.COLLECTION, invoice.id


def _due_of(sub: Subscription) -> Iterator[Due]:
    yield sub.period_end, Matter.PERIOD_END, sub.id
    if sub.pending_update is not None:
        yield min(sub.pending_update.expires_at, sub.period_end), Matter.UPDATE_EXPIRY, sub.id
    if sub.status is Status.TRIALING and sub.trial_end is not None and not sub.trial_noticed:
        yield max(sub.created_at, sub.trial_end - TRIAL_NOTICE), Matter.TRIAL_NOTICE, sub.id


def next_due(state: State) -> Due | None:
    """The first thing to happen by itself."""
    return min(_all_due(state), default=None)


def bring(draft: Draft, now: datetime) -> None:
    """Does everything that is due by then, each at its own moment."""
    while (due := next_due(draft.state)) is not None and due[0] <= now:
        draft.now = max(draft.now, due[0])
        _do(draft, due[1], due[2])
    draft.now = now


def _do(draft: Draft, matter: Matter, key: str) -> None:
    match matter:
        case Matter.CHECKOUT_EXPIRY:
            checkout.expire(draft, draft.session(key))
        case Matter.UPDATE_EXPIRY:
            drop_update(draft, draft.subscription(key), verb="pending_update_expired")
        case Matter.TRIAL_NOTICE:
            tell_subscription(draft, evolve(draft.subscription(key), trial_noticed=True), "trial_will_end")
        case Matter.PERIOD_END:
            _end_period(draft, draft.subscription(key))
        case Matter.COLLECTION:
            collect(draft, draft.invoice(key), is_scheduled=True)


def _end_period(draft: Draft, sub: Subscription) -> None:
    has_card = draft.customer(sub.customer_id).card is not None
    if sub.cancel_at_period_end or (sub.status is Status.TRIALING and not has_card):
        end(draft, sub, reason="cancellation_requested" if sub.cancel_at_period_end else "payment_failed")
        return
    renewed = _renewed(draft, sub)
    offer = draft.world.prices.recurring(renewed.price, version=renewed.version)
    line = whole_period(offer, renewed.period_start, renewed.period_end)
    tell_update(draft, sub, renewed)
    invoice = bill(draft, renewed, (line,), reason="subscription_cycle")
    waits = draft.world.settings.draft_for
    due_at = None if renewed.status is Status.UNPAID else draft.now + waits
    draft.put(evolve(invoice, period_start=sub.period_start, period_end=sub.period_end, next_attempt_at=due_at))


def _renewed(draft: Draft, sub: Subscription) -> Subscription:
    """The next period. A scheduled price takes over; another interval counts anew from here, as a trial's end does."""
    prices, start = draft.world.prices, sub.period_end
    price = sub.schedule.price if sub.schedule else sub.price
    before = prices.recurring(sub.price, version=sub.version).price.interval
    after = prices.recurring(price, version=sub.version).price.interval or Interval.MONTH
    anchor = sub.anchor if before is after else start
    return evolve(
        sub,
        price=price,
        schedule=None,
        status=Status.ACTIVE if sub.status is Status.TRIALING else sub.status,
        anchor=anchor,
        period_start=start,
        period_end=next_end(anchor, start, after),
    )
