"""Which of Stripe's events say something here, and how each is read.

One source per fact: money that comes in is told by `invoice.paid` and by the checkout, not by
`invoice.payment_succeeded` or `invoice_payment.paid`; money that goes back by the refund and the dispute, not by the
charge that they change. What is not in the table changes nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from attrs import frozen

from billing_core.adapters.stripe import charges, checkouts, invoices
from billing_core.adapters.stripe.shapes import Misshapen, Shape, customer_of, id_of, moment, needed, text
from billing_core.ports.facts import (
    CustomerDeleted,
    Fact,
    InvoiceUnpaid,
    NothingToDo,
    PaymentTouched,
    ShelfTouched,
    SubscriptionTouched,
    TrialEnding,
)


@frozen
class Told:
    """An event's type, the object that it tells of, when it was made, and our price keys by Stripe's price ids."""

    type: str
    object: Shape
    at: datetime
    prices: Mapping[str, str]

    def an(self, name: str) -> Shape:
        """The object, which is of that kind. Raises Misshapen."""
        if self.object.get("object") != name:
            raise Misshapen(f"its object is no {name}")
        return self.object


def reader_of(event_type: str) -> "Reader | None":
    """Who reads such events; None where they change nothing."""
    return READERS.get(event_type) or _TO_COME.get(event_type.rpartition(".")[0])


def read(told: Told) -> Fact:
    """What the event says. Raises Misshapen."""
    reader = reader_of(told.type)
    return reader(told) if reader else NothingToDo(told.type)


def _checkout(told: Told) -> Fact:
    """A session in setup mode keeps a card and sells nothing, though it, too, says that no payment is required."""
    session = told.an("checkout.session")
    news = None if session.get("mode") == "setup" else checkouts.news_of(session, told.type)
    return checkouts.progressed(session, news, at=told.at) if news else NothingToDo(told.type)


def _subscription(told: Told) -> SubscriptionTouched:
    subscription = told.an("subscription")
    return _touched(text(subscription, "id"), subscription)


def _schedule(told: Told) -> Fact:
    schedule = told.an("subscription_schedule")
    followed = id_of(schedule, "subscription") or id_of(schedule, "released_subscription")
    return _touched(followed, schedule) if followed else NothingToDo(told.type)


def _touched(subscription_id: str | None, told: Shape) -> SubscriptionTouched:
    return SubscriptionTouched(
        subscription_id=needed(subscription_id, "id"), customer_id=needed(customer_of(told), "customer")
    )


def _trial_ending(told: Told) -> TrialEnding:
    subscription = told.an("subscription")
    return TrialEnding(
        subscription_id=needed(text(subscription, "id"), "id"),
        customer_id=needed(customer_of(subscription), "customer"),
        ends_at=needed(moment(subscription, "trial_end"), "trial_end"),
    )


def _invoice_paid(told: Told) -> Fact:
    return invoices.paid(told.an("invoice"), prices=told.prices, at=told.at)


def _invoice_unpaid(told: Told) -> InvoiceUnpaid:
    return invoices.unpaid(told.an("invoice"), needs_authentication=False)


def _invoice_asks(told: Told) -> InvoiceUnpaid:
    return invoices.unpaid(told.an("invoice"), needs_authentication=True)


def _invoice_touched(told: Told) -> Fact:
    return invoices.touched(told.an("invoice"))


def _invoice_stuck(told: Told) -> Fact:
    return invoices.not_finalized(told.an("invoice"), at=told.at)


def _invoice_overpaid(told: Told) -> Fact:
    return invoices.overpaid(told.an("invoice"), at=told.at)


def _credit_note(told: Told) -> Fact:
    return invoices.credited(told.an("credit_note"))


def _refund(told: Told) -> PaymentTouched:
    return PaymentTouched(payment=charges.payment_of(told.an("refund")))


def _dispute(told: Told) -> PaymentTouched:
    return PaymentTouched(payment=charges.payment_of(told.an("dispute")))


def _warning(told: Told) -> Fact:
    return charges.warned(told.an("radar.early_fraud_warning"), at=told.at)


def _review(told: Told) -> Fact:
    return charges.under_review(told.an("review"), at=told.at)


def _charge(told: Told) -> Fact:
    return charges.charged(told.an("charge")) or NothingToDo(told.type)


def _customer_deleted(told: Told) -> CustomerDeleted:
    return CustomerDeleted(customer_id=needed(text(told.an("customer"), "id"), "id"))


def _shelf(told: Told) -> ShelfTouched:
    kind, _, happened = told.type.partition(".")
    shape = told.an(kind)
    is_gone = happened == "deleted" or shape.get("active") is False
    return ShelfTouched(kind=kind, id=needed(text(shape, "id"), "id"), gone=is_gone)


Reader = Callable[[Told], Fact]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "charge.dispute.closed": _dispute,
        "charge.dispute.created": _dispute,
        "charge.dispute.funds_reinstated": _dispute,
        "charge.dispute.funds_withdrawn": _dispute,
        "charge.dispute.updated": _dispute,
        "charge.succeeded": _charge,
        "checkout.session.async_payment_failed": _checkout,
        "checkout.session.async_payment_succeeded": _checkout,
        "checkout.session.completed": _checkout,
        "checkout.session.expired": _checkout,
        "credit_note.created": _credit_note,
        "credit_note.updated": _credit_note,
        "credit_note.voided": _credit_note,
        "customer.deleted": _customer_deleted,
        "customer.subscription.created": _subscription,
        "customer.subscription.deleted": _subscription,
        "customer.subscription.paused": _subscription,
        "customer.subscription.pending_update_applied": _subscription,
        "customer.subscription.pending_update_expired": _subscription,
        "customer.subscription.resumed": _subscription,
        "customer.subscription.trial_will_end": _trial_ending,
        "customer.subscription.updated": _subscription,
        "invoice.finalization_failed": _invoice_stuck,
        "invoice.marked_uncollectible": _invoice_touched,
        "invoice.overdue": _invoice_unpaid,
        "invoice.overpaid": _invoice_overpaid,
        "invoice.paid": _invoice_paid,
        "invoice.payment_action_required": _invoice_asks,
        "invoice.payment_attempt_required": _invoice_unpaid,
        "invoice.payment_failed": _invoice_unpaid,
        "invoice.voided": _invoice_touched,
        "price.deleted": _shelf,
        "price.updated": _shelf,
        "product.deleted": _shelf,
        "product.updated": _shelf,
        "radar.early_fraud_warning.created": _warning,
        "radar.early_fraud_warning.updated": _warning,
        "refund.created": _refund,
        "refund.failed": _refund,
        "refund.updated": _refund,
        "review.opened": _review,
        "subscription_schedule.aborted": _schedule,
        "subscription_schedule.canceled": _schedule,
        "subscription_schedule.completed": _schedule,
        "subscription_schedule.created": _schedule,
        "subscription_schedule.expiring": _schedule,
        "subscription_schedule.released": _schedule,
        "subscription_schedule.updated": _schedule,
    }
)

# A type that comes to one of these families next year, or that only thin events have, is one more reason to fetch.
_TO_COME: Mapping[str, Reader] = MappingProxyType(
    {
        "charge.dispute": _dispute,
        "customer.subscription": _subscription,
        "refund": _refund,
        "subscription_schedule": _schedule,
    }
)
