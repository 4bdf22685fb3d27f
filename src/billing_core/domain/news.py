"""What of a gateway's fact is news to an account: the events that it makes, none where it says nothing new.

Facts come in any order and any number of times. Each is dated by when it was true, and the older loses.
"""

from collections.abc import Iterator
from datetime import datetime

from attrs import evolve

from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog
from billing_core.domain.disputes import Dispute
from billing_core.domain.payments import Payment
from billing_core.domain.retention import is_closed
from billing_core.domain.subscription import SubscriptionSnapshot, reachable


def of_snapshot(
    account: Account, snapshot: SubscriptionSnapshot, now: datetime, catalog: Catalog, *, imported: bool
) -> Iterator[e.Event]:
    """A state of a subscription; an older one is recorded as superseded."""
    known = account.subscription(snapshot.id)
    before = known.snapshot if known else None
    if before == snapshot:
        return
    if before is not None and not snapshot.supersedes(before):
        yield e.SubscriptionSuperseded(at=now, subscription_id=snapshot.id, seen_at=snapshot.seen_at)
        return
    version, imported = catalog.in_force_at(snapshot.created_at), imported and known is None
    if known is not None and before is not None:
        version = catalog.version(known.version)
    elif imported:
        version = catalog.oldest_that_knows(snapshot.price) or version
    yield e.SubscriptionSeen(
        at=now,
        snapshot=snapshot,
        version=version.number,
        unexpected=before is not None and snapshot.status not in reachable(before.status),
        imported=imported,
    )


def of_trial_card(account: Account, told: e.TrialCardSeen, now: datetime) -> Iterator[e.Event]:
    """What was found of the card of a trial. One that was used stays so, whatever other cards are found later."""
    known = account.subscription(told.subscription_id)
    if known is not None and (known.card_used is None or (told.used and not known.card_used)):
        yield evolve(told, at=now)


def of_payment(account: Account, payment: Payment, now: datetime, catalog: Catalog) -> Iterator[e.Event]:
    """Money that came in, or more of its lines; money whose time was closed before it was heard of is not booked."""
    known = account.payment(payment.id)
    if known is None and is_closed(payment, now):
        yield e.PaymentTooOld(at=now, payment_id=payment.id)
        return
    merged = payment if known is None else known.with_told(payment)
    if merged != known:
        version = catalog.in_force_at(min([s.start for s in merged.spans], default=merged.paid_at)).number
        yield e.PaymentSettled(at=now, payment=merged, version=version)


def of_refund(account: Account, told: e.PaymentRefunded, now: datetime) -> Iterator[e.Event]:
    """What was refunded, unless the time is closed. A later date alone is news: it keeps older amounts out."""
    payment = account.payment(told.payment_id)
    if payment is None or is_closed(payment, now):
        return
    known = payment.refunds_seen_at
    if told.seen_at is None or known is None:
        is_news = told.seen_at is not None or told.refunded_minor != payment.refunded_minor
    else:
        is_news = (told.seen_at, told.refunded_minor) > (known, payment.refunded_minor)
    if is_news:
        yield evolve(told, at=now)


def of_dispute(account: Account, told: Dispute, now: datetime) -> Iterator[e.Event]:
    """How a dispute stands, and the suspension that follows it. One that was over before it was heard of says nothing
    where its payment is not remembered."""
    known = account.dispute(told.id)
    if known is None and told.status.is_over and account.payment(told.payment_id) is None:
        return
    if known is not None and not told.supersedes(known):
        return
    yield e.DisputeSeen(at=now, dispute=told)
    suspended = known is not None and known.status.suspends
    if told.status.suspends and not suspended and told.reason not in account.suspended_for:
        yield e.Suspended(at=now, reason=told.reason)
    elif not told.status.suspends and told.reason in account.suspended_for:
        yield e.Reinstated(at=now, reason=told.reason)


def of_checkout(account: Account, moved: e.CheckoutMoved, now: datetime) -> Iterator[e.Event]:
    """A checkout only moves to a higher rank."""
    known = next((c for c in account.checkouts if c.session_id == moved.session_id), None)
    if known is not None and moved.status.rank > known.status.rank:
        yield evolve(moved, at=now)
