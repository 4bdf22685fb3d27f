"""What an object of the gateway, made before these books knew of it, does to the account that it belongs to. Pure.

Each is taken in once: where the account has it already, nothing is written.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import evolve

from billing_core.application import tasks
from billing_core.application.booking import payment_of_invoice
from billing_core.application.deciding import after_events, decide, unplaced
from billing_core.application.refreshing import oddities
from billing_core.application.results import Outcome
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.catalog import Catalog
from billing_core.domain.incidents import IncidentKind
from billing_core.domain.plan_in_force import plan_subscription, surplus_subscriptions
from billing_core.domain.retention import RETENTION
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.archive import EVENTS_KEPT, GatewayCustomer
from billing_core.ports.commit import Commit
from billing_core.ports.facts import InvoicePaid
from billing_core.ports.records import IncidentRaised, OwnerClaimed, Record

TWO_MONTHS = timedelta(days=62)  # a monthly period and the one before it: read for all at once


def with_customer(customer: GatewayCustomer, account: Account, now: datetime, catalog: Catalog) -> Commit[Outcome]:
    """Links and claims the customer; an account that has another one keeps that. A profile that is there stays."""
    if account.customer_id == customer.id:
        return Commit(Outcome.UNCHANGED)
    if account.customer_id is not None:
        return Commit(Outcome.CONFLICT)
    held = at(account, now, catalog)
    linked = held.customer_known(customer.id)
    profile = held.note_profile(email=account.email or customer.email, name=account.name or customer.name)
    records = (OwnerClaimed(customer.id), tasks.receive_parked(customer.id))
    return Commit(Outcome.NEW, (*linked, *profile[len(held.due) :]), records)


def with_subscription(
    snapshot: SubscriptionSnapshot, account: Account, now: datetime, catalog: Catalog
) -> Commit[Outcome]:
    """Takes the snapshot in. One that is older than the account was sold elsewhere, so the past is not given again."""
    known = account.subscription(snapshot.id)
    is_unknown = snapshot.status.is_live and catalog.oldest_that_knows(snapshot.price) is None
    if known is not None and known.snapshot is not None and is_same(snapshot, known.snapshot):
        return Commit(Outcome.UNKNOWN_PRICE if is_unknown else Outcome.UNCHANGED)
    if known is None and is_long_over(snapshot, account, now):
        return Commit(Outcome.SKIPPED)
    held = at(account, now, catalog)
    imported = held.account.opened_at is not None and snapshot.created_at < held.account.opened_at
    events = held.learned(snapshots=[snapshot], imported=imported)
    after = after_events(held.account, events[len(held.due) :])
    records: tuple[Record, ...] = (
        OwnerClaimed(snapshot.id),
        *oddities(snapshot, events, catalog),
        *unplaced(after, held.now),
        *doubled(after, held.now, catalog),
    )
    outcome = Outcome.NEW if known is None else Outcome.CHANGED
    return Commit(Outcome.UNKNOWN_PRICE if is_unknown else outcome, events, records)


def is_same(told: SubscriptionSnapshot, known: SubscriptionSnapshot) -> bool:
    """Whether the two tell the same, whenever they were told."""
    return evolve(told, seen_at=known.seen_at) == known


def is_long_over(snapshot: SubscriptionSnapshot, account: Account, now: datetime) -> bool:
    """Whether it ended so long ago that an account does not remember it; but a first trial is remembered for ever."""
    ended = snapshot.ends_at if snapshot.status.is_terminal else None
    tells_of_a_trial = snapshot.trial is not None and account.trialed is None
    return ended is not None and ended <= now - RETENTION and not tells_of_a_trial


def with_invoice(invoice: InvoicePaid, account: Account, now: datetime, catalog: Catalog) -> Commit[Outcome]:
    """Books what pays for the present (or last) period of a subscription, or for the one before it.

    What went back of one that still counts is asked for where it may be longer ago than reconciling looks back. Raises
    UnknownPrice, InvalidValue.
    """
    sub = account.subscription(invoice.subscription_id) if invoice.subscription_id else None
    if sub is None or sub.snapshot is None:
        return Commit(Outcome.SKIPPED)
    if all(line.end < sub.snapshot.period_start for line in invoice.lines):
        return Commit(Outcome.SKIPPED)
    payment, known = payment_of_invoice(invoice, account, catalog), account.payment(invoice.invoice_id)
    if known is not None and known.with_told(payment) == known:
        return Commit(Outcome.UNCHANGED)
    decision = decide(invoice, account, now, catalog)
    is_old = invoice.paid_at <= now - EVENTS_KEPT and any(line.end > now for line in invoice.lines)
    ask = (tasks.refresh_payment(account.id, invoice.invoice_id),) if is_old else ()
    return Commit(Outcome.NEW, decision.events, (*decision.records, *ask))


def is_left_behind(invoice: InvoicePaid, account: Account) -> bool:
    """Whether the import of its subscription left it out. What was bought with it is over, or was credited by another
    that was left out too, so it is not booked alone."""
    sub = account.subscription(invoice.subscription_id) if invoice.subscription_id else None
    if sub is None or sub.imported_at is None or account.payment(invoice.invoice_id) is not None:
        return False
    return invoice.paid_at <= sub.imported_at - TWO_MONTHS


def doubled(after: Account, at: datetime, catalog: Catalog) -> Iterator[IncidentRaised]:
    """An incident for each live plan subscription beside the one that counts. Nobody's is canceled for being found."""
    kept = plan_subscription(after, catalog)
    for other in surplus_subscriptions(after, catalog) if kept is not None else ():
        yield IncidentRaised(
            key=f"surplus-subscription:{other.id}",
            kind=IncidentKind.SURPLUS_SUBSCRIPTION,
            detail=f"{other.id} is live beside {kept.id if kept else ''}; cancel one of them and consider a refund",
            at=at,
            about={"subscription": other.id},
        )
