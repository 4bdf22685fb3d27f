"""What each event makes of an account: the only place that builds its state.

Nothing is decided here, and nothing fails on an event that was decided on this state.
"""

from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from billing_core.domain import events as e
from billing_core.domain import tallying
from billing_core.domain.checkouts import REMEMBERED_CHECKOUTS
from billing_core.domain.credits import Outcome, split
from billing_core.domain.payments import Payment
from billing_core.domain.retention import (
    RETENTION,
    disputes_kept,
    has_old,
    is_closed,
    payments_kept,
    subscription_kept,
)
from billing_core.domain.subscription import Subscription, Tally
from billing_core.domain.usage import FreeSlot
from billing_core.domain.values import changed

if TYPE_CHECKING:
    from billing_core.domain.account import Account


def folded(account: "Account", event: e.Event) -> "Account":
    book = account.book
    match event:  # what happens most often stands first
        case e.HoldPlaced():
            usage, images = account.usage, event.hold.images
            usage = usage.accepted(event.at.date(), images) if images else usage
            return changed(account, book=book.with_hold(event.hold), usage=usage)
        case e.HoldCaptured():
            return _captured(account, event)
        case e.AccountOpened():
            return changed(account, opened_at=event.at)
        case e.ProfileNoted():
            return changed(account, email=event.email, name=event.name)
        case e.CustomerLinked():
            return changed(account, customer_id=event.customer_id)
        case e.CustomerUnlinked():
            return changed(account, customer_id=None)
        case e.CheckoutOpened():
            return changed(account, checkouts=(*account.checkouts, event.checkout)[-REMEMBERED_CHECKOUTS:])
        case e.CheckoutMoved():
            ids = (event.subscription_id, event.payment_id)
            moved = (c.moved(event.status, *ids) if c.session_id == event.session_id else c for c in account.checkouts)
            return changed(account, checkouts=tuple(moved))
        case e.SubscriptionSeen():
            return _seen(account, event)
        case e.TrialCardSeen():
            sub = _subscription(account, event.subscription_id)
            return _with(account, changed(sub, card_used=event.used))
        case e.SubscriptionEnded():
            sub = _subscription(account, event.subscription_id)
            return _with(account, changed(sub, ended_at=event.at))
        case e.PaymentSettled():
            return _settled(account, event)
        case e.PaymentRefunded():
            return _refunded(account, event)
        case e.DisputeSeen():
            return _disputed(account, event)
        case e.SlotOpened():
            tally = Tally(key=event.tally, start=event.start, end=event.end)
            return _with(account, _subscription(account, event.subscription_id).with_tally(tally))
        case e.CreditsGranted():
            return tallying.granted(account, event)
        case e.FreeSlotGranted():
            slot = FreeSlot(start=event.start, end=event.end)
            return changed(account, free_slot=slot, book=book.with_grant(event.grant))
        case e.CreditsRevoked():
            return tallying.revoked(account, event)
        case e.CreditsTaken():
            return changed(account, book=book.with_revoked(event.takes))
        case e.GrantExpired():
            return tallying.expired(account, event)
        case e.DebtIncurred():
            return tallying.indebted(account, event)
        case e.DebtSettled():
            return tallying.settled(account, event)
        case e.DebtForgiven():
            forgiven = changed(account, book=book.with_forgiven(event.amount))
            if event.tally is None:
                return forgiven
            return tallying.excused(forgiven, event.tally, event.amount)
        case e.DebtReturned():
            excused = tallying.excused(account, event.tally, event.grant.amount)
            return changed(excused, book=book.with_grant(event.grant))
        case e.ShortfallLeft():
            return tallying.tallied(account, event.tally, at=event.at, shortfall=event.amount)
        case e.ShortfallFilled():
            return tallying.tallied(account, event.tally, at=event.at, shortfall=-event.amount)
        case e.ShortfallWrittenOff():
            return tallying.written_off(account, event)
        case e.WorkStarted():
            return changed(account, book=book.with_started(event.hold_id, event.attempt))
        case e.HoldReleased():
            return _returned(account, event, Outcome.RELEASED)
        case e.HoldLapsed():
            return _returned(account, event, Outcome.LAPSED)
        case e.Suspended():
            return changed(account, suspended_for=(*account.suspended_for, event.reason))
        case e.Reinstated():
            return changed(account, suspended_for=tuple(r for r in account.suspended_for if r != event.reason))
        case e.SubscriptionSuperseded() | e.PaymentTooOld() | e.OperatorActed():
            return account
        case _:
            assert_never(event)


def without_forgotten(account: "Account", at: datetime) -> "Account":
    if has_old(account.payments, account.subscriptions, at):
        account = _without_old(account, at)
    if account.disputes:
        account = changed(account, disputes=disputes_kept(account.disputes, account.payments, at))
    return account


def _without_old(account: "Account", at: datetime) -> "Account":
    going_on = (s.id for s in account.subscriptions if s.ended_at is None)
    payments = payments_kept(account.payments, going_on, at)
    subs = (subscription_kept(s, account.payments, payments, at) for s in account.subscriptions)
    kept = tuple(s for s in subs if s.ended_at is None or s.tallies or s.ended_at > at - RETENTION)
    packs = {f"pack:{payment.id}" for payment in payments if payment.purchase is not None}
    purchases = tuple(tally for tally in account.purchases if tally.key in packs)
    return changed(account, payments=payments, subscriptions=kept, purchases=purchases)


def _subscription(account: "Account", subscription_id: str, *, version: int = 0) -> Subscription:
    return account.subscription(subscription_id) or Subscription(id=subscription_id, version=version)


def _with(account: "Account", sub: Subscription) -> "Account":
    if account.subscription(sub.id) is None:
        return changed(account, subscriptions=(*account.subscriptions, sub))
    return changed(account, subscriptions=tuple([sub if s.id == sub.id else s for s in account.subscriptions]))


def _seen(account: "Account", event: e.SubscriptionSeen) -> "Account":
    sub = _subscription(account, event.snapshot.id)
    ends = event.snapshot.ends_at
    ended = sub.ended_at if ends is not None and ends <= event.at else None
    sub = changed(sub, snapshot=event.snapshot, version=event.version, ended_at=ended)
    if event.imported:
        sub = changed(sub, imported_at=event.at)
    account = _with(account, sub)
    return changed(account, trialed=_first_trial(account))


def _first_trial(account: "Account") -> str | None:
    """The subscription whose trial came first, in whatever order they were told; a forgotten one stays the first."""
    if account.trialed is not None and account.subscription(account.trialed) is None:
        return account.trialed
    trials = ((s.trial.start, s.id) for s in account.subscriptions if s.trial is not None)
    return min(trials, default=(None, None))[1]


def _settled(account: "Account", event: e.PaymentSettled) -> "Account":
    payment = event.payment
    kept = tuple([p for p in account.payments if p.id != payment.id])
    if account.disputes and len(kept) == len(account.payments):  # its disputes were told before it was
        payment = changed(payment, lost_minor=_lost_minor(account, payment.id))
    payments = (*kept, payment)
    latest = max(payments, key=lambda paid: (paid.paid_at, paid.id))  # in whatever order they were told
    account = changed(account, payments=payments, currency=latest.currency)
    if payment.purchase is not None:
        tally = Tally(key=f"pack:{payment.id}", start=payment.paid_at, end=None)
        return account if account.tally(tally.key) else changed(account, purchases=(*account.purchases, tally))
    if payment.subscription_id is None:
        return account
    return _with(account, _subscription(account, payment.subscription_id, version=event.version))


def _refunded(account: "Account", event: e.PaymentRefunded) -> "Account":
    def with_refunds(payment: Payment) -> Payment:
        if payment.id != event.payment_id:
            return payment
        seen_at = event.seen_at or payment.refunds_seen_at
        return changed(payment, refunded_minor=event.refunded_minor, refunds_seen_at=seen_at)

    return changed(account, payments=tuple(map(with_refunds, account.payments)))


def _disputed(account: "Account", event: e.DisputeSeen) -> "Account":
    """A payment whose time is closed to refunds is closed to disputes too."""
    told = event.dispute
    others = tuple([dispute for dispute in account.disputes if dispute.id != told.id])
    account = changed(account, disputes=(*others, told))

    def with_lost(payment: Payment) -> Payment:
        if payment.id != told.payment_id or is_closed(payment, event.at):
            return payment
        return changed(payment, lost_minor=_lost_minor(account, payment.id))

    return changed(account, payments=tuple(map(with_lost, account.payments)))


def _lost_minor(account: "Account", payment_id: str) -> int:
    return sum([dispute.lost_minor for dispute in account.disputes if dispute.payment_id == payment_id])


def _captured(account: "Account", event: e.HoldCaptured) -> "Account":
    hold = account.book.hold(event.hold_id)
    if hold is None:
        return account
    drawn = 0 if hold.covered else event.amount
    book = account.book.with_settled_hold(
        hold.id, Outcome.CAPTURED, captured=drawn, back=event.back, expired=event.expired
    )
    usage = account.usage.given_back(hold, event.at.date(), hold.images - event.images)
    usage = changed(usage, images_total=usage.images_total + event.images)
    if event.expired:
        account = tallying.lost(account, split(hold.takes, event.amount)[1])
    subs, free = _metered(account, event.at, event.amount)
    return changed(account, subscriptions=subs, free_slot=free, book=book, usage=usage)


def _metered(account: "Account", at: datetime, amount: int) -> tuple[tuple[Subscription, ...], FreeSlot | None]:
    """What was captured, counted in every slot that was in progress."""

    def add(tally: Tally) -> Tally:
        return changed(tally, captured=tally.captured + amount) if tally.contains(at) else tally

    free = account.free_slot
    if free is not None and free.start <= at < free.end:
        free = changed(free, captured=free.captured + amount)
    return tuple([sub.with_each(add) for sub in account.subscriptions]), free


def _returned(account: "Account", event: e.HoldReleased | e.HoldLapsed, outcome: Outcome) -> "Account":
    hold = account.book.hold(event.hold_id)
    if hold is None:
        return account
    book = account.book.with_settled_hold(hold.id, outcome, captured=0, back=event.back, expired=event.expired)
    usage = account.usage.given_back(hold, event.at.date(), hold.images)
    if event.expired:
        account = tallying.lost(account, hold.takes)
    return changed(account, book=book, usage=usage)
