"""What each event makes of an account: the only place that builds its state.

Nothing is decided here, and nothing fails on an event that was decided on this state.
"""

from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from billing_core.domain import events as e
from billing_core.domain.checkouts import REMEMBERED_CHECKOUTS
from billing_core.domain.credits import CreditBook, Grant, Outcome, Take, split
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
        case e.SubscriptionEnded():
            sub = _subscription(account, event.subscription_id, version=0)
            return _with(account, changed(sub, ended_at=event.at))
        case e.PaymentSettled():
            return _settled(account, event)
        case e.PaymentRefunded():
            return _refunded(account, event)
        case e.DisputeSeen():
            return _disputed(account, event)
        case e.SlotOpened():
            tally = Tally(key=event.tally, start=event.start, end=event.end)
            return _with(account, _subscription(account, event.subscription_id, version=0).with_tally(tally))
        case e.CreditsGranted():
            return _granted(account, event)
        case e.FreeSlotGranted():
            slot = FreeSlot(start=event.start, end=event.end)
            return changed(account, free_slot=slot, book=book.with_grant(event.grant))
        case e.CreditsRevoked():
            return _revoked(account, event)
        case e.CreditsTaken():
            return changed(account, book=book.with_revoked(event.takes))
        case e.GrantExpired():
            return _expired(account, event)
        case e.DebtIncurred():
            waited = event.amount if event.from_shortfall else 0
            tallied = _tallied(account, event.tally, at=event.at, debt=event.amount, shortfall=-waited)
            return changed(tallied, book=book.with_debt(event.amount))
        case e.DebtSettled():
            return _settled_debt(account, event)
        case e.DebtForgiven():
            forgiven = changed(account, book=book.with_forgiven(event.amount))
            if event.tally is None:
                return forgiven
            return _tallied(forgiven, event.tally, debt=-event.amount, shortfall=event.amount)
        case e.DebtReturned():
            tallied = _tallied(account, event.tally, debt=-event.grant.amount, shortfall=event.grant.amount)
            return changed(tallied, book=book.with_grant(event.grant))
        case e.ShortfallLeft():
            return _tallied(account, event.tally, at=event.at, shortfall=event.amount)
        case e.ShortfallFilled():
            return _tallied(account, event.tally, at=event.at, shortfall=-event.amount)
        case e.ShortfallWrittenOff():
            tallied = _tallied(account, event.tally, debt=event.amount, shortfall=-event.amount)
            return changed(tallied, book=book.with_written_off(event.amount))
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
        case e.SubscriptionSuperseded() | e.PaymentTooOld():
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


def _subscription(account: "Account", subscription_id: str, *, version: int) -> Subscription:
    return account.subscription(subscription_id) or Subscription(id=subscription_id, version=version)


def _with(account: "Account", sub: Subscription) -> "Account":
    if account.subscription(sub.id) is None:
        return changed(account, subscriptions=(*account.subscriptions, sub))
    return changed(account, subscriptions=tuple([sub if s.id == sub.id else s for s in account.subscriptions]))


def _seen(account: "Account", event: e.SubscriptionSeen) -> "Account":
    sub = _subscription(account, event.snapshot.id, version=event.version)
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


def _settled_debt(account: "Account", event: e.DebtSettled) -> "Account":
    book = account.book
    for take in event.takes:
        grant = book.grant(take.grant_id)
        if grant is not None and grant.tally is not None:
            account = _tallied(account, grant.tally, settled=take.amount)
    return changed(account, book=book.with_settled_debt(event.takes))


def _granted(account: "Account", event: e.CreditsGranted) -> "Account":
    book = account.book.with_grant(event.grant)
    if event.initial_of is not None:
        account = _with_initial(account, event.initial_of)
    if event.grant.tally is None:
        return changed(account, book=book)
    key, initial = event.grant.tally, event.initial_of
    again = event.counted if _is_own(account, key, event.grant, event.at) else 0
    counted = event.counted
    return _tallied(
        account, key, at=event.at, book=book, initial_of=initial, counted=counted, grants=1, withdrawn=-again
    )


def _with_initial(account: "Account", plan: str) -> "Account":
    """The plan's initial credits are given, and no earlier tally stands for them any more."""
    initials = account.initials if plan in account.initials else (*account.initials, plan)

    def without(tally: Tally) -> Tally:
        return changed(tally, initial_of=None) if tally.initial_of == plan else tally

    subs = tuple([sub.with_each(without) for sub in account.subscriptions])
    return changed(account, initials=initials, subscriptions=subs)


def _revoked(account: "Account", event: e.CreditsRevoked) -> "Account":
    taken = ((take.amount, account.book.grant(take.grant_id)) for take in event.takes)
    own = sum([n for n, grant in taken if grant is not None and _is_own(account, event.tally, grant, event.at)])
    back = event.expired
    tallied = _tallied(
        account, event.tally, at=event.at, revoked=event.amount, expired=-back, reclaimed=back, withdrawn=own
    )
    return changed(tallied, book=account.book.with_revoked(event.takes, expired=event.expired))


def _expired(account: "Account", event: e.GrantExpired) -> "Account":
    gone = account.book.grant(event.grant_id)
    book = account.book.without_grant(event.grant_id, expired=event.amount)
    if gone is None or gone.tally is None:
        return changed(account, book=book)
    tally = account.tally(gone.tally)
    own = tally.withdrawn if tally is not None and gone.period_start == tally.start else 0  # would have expired too
    return _tallied(account, gone.tally, book=book, expired=event.amount, withdrawn=-own, reclaimed=own)


def _is_own(account: "Account", key: str, grant: Grant, at: datetime) -> bool:
    """Whether the slot of the tally is over, and the grant is one that was to be spent in it."""
    tally = account.tally(key)
    return tally is not None and tally.is_over(at) and grant.period_start == tally.start


def _tallied(
    account: "Account",
    key: str,
    *,
    at: datetime | None = None,
    book: CreditBook | None = None,
    initial_of: str | None = None,
    **more: int,
) -> "Account":
    """The account with so much more in the tally, and with that book if one is given.

    `at` is given where a fact changes what the tally was given.
    """

    def add(tally: Tally) -> Tally:
        added = {name: getattr(tally, name) + n for name, n in more.items()}
        basis = tally.given if at is not None and tally.basis is None and tally.is_over(at) else tally.basis
        return changed(tally, initial_of=initial_of or tally.initial_of, basis=basis, **added)

    for sub in account.subscriptions:
        tally = sub.tally(key)
        if tally is not None:
            tallied = sub.with_tally(add(tally))
            subs = tuple([tallied if s is sub else s for s in account.subscriptions])
            return changed(account, subscriptions=subs, book=book or account.book)
    purchases = tuple([add(t) if t.key == key else t for t in account.purchases])
    return changed(account, purchases=purchases, book=book or account.book)


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
        account = _lost(account, split(hold.takes, event.amount)[1])
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
        account = _lost(account, hold.takes)
    return changed(account, book=book, usage=usage)


def _lost(account: "Account", returned: tuple[Take, ...]) -> "Account":
    """Counts what came back to grants that have expired meanwhile. A grant of a tally is named after it."""
    for take in returned:
        if account.book.grant(take.grant_id) is None:
            account = _tallied(account, take.grant_id.rpartition(":")[0], expired=take.amount)
    return account
