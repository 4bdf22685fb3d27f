"""What a fact of the gateway does to an account. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import frozen

from billing_core.application import tasks
from billing_core.application.booking import payment_of_invoice, payment_of_pack
from billing_core.application.errands import asking_for
from billing_core.application.notices import payment_failed
from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.catalog import Catalog, Kind
from billing_core.domain.checkouts import CheckoutStatus
from billing_core.domain.incidents import IncidentKind
from billing_core.domain.openings import unplaced_spans
from billing_core.domain.payments import Payment
from billing_core.domain.subscription import Subscription
from billing_core.ports.facts import CheckoutNews, CheckoutProgressed, CustomerDeleted, InvoicePaid, InvoiceUnpaid
from billing_core.ports.records import IncidentRaised, Job, OwnerClaimed, Record

Decided = InvoicePaid | InvoiceUnpaid | CheckoutProgressed | CustomerDeleted  # these ask something of the account

LATE = timedelta(days=1)
BOOKED_WITHIN = timedelta(minutes=10)  # an invoice and its checkout are told in any order
STATUS_OF = {
    CheckoutNews.PAID: CheckoutStatus.PAID,
    CheckoutNews.PROCESSING: CheckoutStatus.PROCESSING,
    CheckoutNews.EXPIRED: CheckoutStatus.EXPIRED,
    CheckoutNews.FAILED: CheckoutStatus.FAILED,
}


@frozen
class Decision:
    """The events and records that a fact makes."""

    events: tuple[e.Event, ...] = ()
    records: tuple[Record, ...] = ()


def decide(fact: Decided, account: Account, now: datetime, catalog: Catalog) -> Decision:
    """Raises UnknownPrice, and what the rules raise."""
    match fact:
        case InvoicePaid():
            return _invoice_paid(fact, at(account, now, catalog))
        case InvoiceUnpaid():
            return _invoice_unpaid(fact, account)
        case CheckoutProgressed():
            return _checkout(fact, at(account, now, catalog))
        case CustomerDeleted():
            return _customer_deleted(fact, at(account, now, catalog))


def _invoice_paid(fact: InvoicePaid, held: AccountAt) -> Decision:
    if not fact.complete:
        return Decision((), (tasks.fetch_invoice(held.account.id, fact.invoice_id),))
    events = held.learned(payments=[payment_of_invoice(fact, held.account, held.catalog)])
    unknown = fact.subscription_id is not None and held.account.subscription(fact.subscription_id) is None
    ask = asking_for(fact.subscription_id, held.account.id) if unknown else ()
    after = after_events(held.account, events[len(held.due) :])
    return Decision(events, (*ask, *late(events), *unplaced(after, held.now), *_unbooked(after, fact, held.now)))


def _invoice_unpaid(fact: InvoiceUnpaid, account: Account) -> Decision:
    """The customer is told, unless the invoice was paid before the news of its failure came."""
    ask = asking_for(fact.subscription_id, account.id)
    if account.payment(fact.invoice_id) is not None:
        return Decision((), ask)
    return Decision((), (payment_failed(fact, account.id), *ask))


def _customer_deleted(fact: CustomerDeleted, held: AccountAt) -> Decision:
    """What they subscribed to has ended with them, which is asked for."""
    lived = [sub.id for sub in held.account.subscriptions if sub.is_live and is_of(sub, fact.customer_id)]
    return Decision(held.customer_gone(fact.customer_id), tuple([tasks.refresh(held.account.id, sub) for sub in lived]))


def is_of(sub: Subscription, customer_id: str) -> bool:
    """Whether the subscription is that customer's, as far as it was told."""
    return sub.snapshot is not None and sub.snapshot.customer_id == customer_id


def _checkout(fact: CheckoutProgressed, held: AccountAt) -> Decision:
    account_id = held.account.id
    payment = payment_of_pack(fact, held.catalog) if fact.status is CheckoutNews.PAID else None
    moved = e.CheckoutMoved(
        at=held.now,
        session_id=fact.session_id,
        status=STATUS_OF[fact.status],
        subscription_id=fact.subscription_id,
        payment_id=payment.id if payment else fact.payment_id,
    )
    events = held.learned(payments=[payment] if payment else [], checkouts=[moved])
    ids = (fact.session_id, fact.customer_id, fact.subscription_id)
    claims = tuple(OwnerClaimed(provider_id) for provider_id in ids if provider_id)
    newcomer = fact.customer_id if fact.customer_id != held.account.customer_id else None
    waiting = (tasks.receive_parked(newcomer),) if newcomer else ()
    ask = asking_for(fact.subscription_id, account_id)
    return Decision(events, (*claims, *waiting, *ask, *late(events), *_unexplained(fact, payment)))


def _unexplained(fact: CheckoutProgressed, payment: Payment | None) -> Iterator[IncidentRaised]:
    """An incident for money that came in for nothing that the catalog sells once."""
    if fact.status is CheckoutNews.PAID and fact.subscription_id is None and payment is None:
        yield IncidentRaised(
            key=f"unexplained-payment:{fact.session_id}",
            kind=IncidentKind.UNEXPLAINED_PAYMENT,
            detail=f"checkout {fact.session_id} was paid, but nothing tells what for; it was not booked",
            at=fact.at,
            about={"session": fact.session_id} | ({"payment": fact.payment_id} if fact.payment_id else {}),
        )


def _unbooked(after: Account, invoice: InvoicePaid, at: datetime) -> Iterator[Job]:
    if has_unbooked_pack(after, invoice.invoice_id):
        yield tasks.report_unbooked(after.id, invoice.invoice_id, not_before=at + BOOKED_WITHIN)


def has_unbooked_pack(account: Account, invoice_id: str) -> bool:
    """Whether it charged for a pack that no subscription brings, and that no checkout was told of so far.

    What came with a subscription before it was imported was given where it was sold.
    """
    payment = account.payment(invoice_id)
    if payment is None or payment.purchase is not None:
        return False
    sub = account.subscription(payment.subscription_id) if payment.subscription_id else None
    if sub is not None and sub.imported_at is not None and payment.paid_at <= sub.imported_at:
        return False
    packs = [span for span in payment.spans if span.kind is Kind.PACK and span.is_charge]
    return any(payment.subscription_id is None or span.start == span.end for span in packs)


def late(events: tuple[e.Event, ...]) -> Iterator[IncidentRaised]:
    """Incidents for money that came so late that a person should know."""
    for event in events:
        if isinstance(event, e.PaymentTooOld):
            yield IncidentRaised(
                key=f"payment-too-old:{event.payment_id}",
                kind=IncidentKind.PAYMENT_TOO_OLD,
                detail=f"payment {event.payment_id} came to light after its time was closed; it was not booked",
                at=event.at,
                about={"payment": event.payment_id},
            )
        if isinstance(event, e.SlotOpened) and event.at > event.end + LATE:
            yield IncidentRaised(
                key=f"slot-paid-late:{event.tally}",
                kind=IncidentKind.SLOT_PAID_LATE,
                detail=f"the slot that ended on {event.end:%Y-%m-%d} was paid so late that its credits came after it",
                at=event.at,
                about={"subscription": event.subscription_id},
            )


def unplaced(after: Account, at: datetime) -> Iterator[IncidentRaised]:
    """Incidents for paid lines that belong to no month of their subscription, so that they gave no credits."""
    for sub in after.subscriptions:
        if sub.snapshot is not None:
            for span in unplaced_spans(after, sub):
                yield IncidentRaised(
                    key=f"line-unplaced:{span.key}",
                    kind=IncidentKind.LINE_UNPLACED,
                    detail=f"line {span.key} of {sub.id} ends on {span.end:%Y-%m-%d}, where no month of it ends",
                    at=at,
                    about={"subscription": sub.id},
                )


def after_events(account: Account, events: tuple[e.Event, ...]) -> Account:
    """The account once the events have happened."""
    for event in events:
        account = account.evolve(event)
    return account
