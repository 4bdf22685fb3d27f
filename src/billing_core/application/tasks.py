"""The jobs of this product, by name, and how each is written."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from billing_core.application.requests import RequestKey
from billing_core.ports.notifier import Topic
from billing_core.ports.records import Job
from billing_core.ports.webhooks import Delivery

GENERATE = "generate"
TIDY_PICTURES = "tidy-pictures"
TEND_GENERATIONS = "tend-generations"
REFRESH = "refresh-subscription"
FETCH_INVOICE = "fetch-invoice"
REFRESH_PAYMENT = "refresh-payment"
FETCH_EVENT = "fetch-event"
CHECK_SHELF = "check-shelf"
CHECK_MODELS = "check-models"
RECEIVE_PARKED = "receive-parked"
REPORT_ORPHAN = "report-orphan"
REPORT_UNBOOKED = "report-unbooked"
RETRY_WEBHOOK = "retry-webhook"
CANCEL_SURPLUS = "cancel-surplus-subscription"
REFUND = "refund-payment"
REFUND_WARNED = "refund-warned-payment"
EXPIRE_CHECKOUT = "expire-checkout"
NOTIFY = "notify"
ACCRUE = "accrue"
RECKON = "reckon"
RECONCILE = "reconcile"
GUARD = "guard"
FORGET = "forget"

# These ask the gateway: where it is simulated, only the process that it lives in can run them.
ASKING_THE_GATEWAY = frozenset(
    {
        REFRESH,
        FETCH_INVOICE,
        REFRESH_PAYMENT,
        FETCH_EVENT,
        CHECK_SHELF,
        CANCEL_SURPLUS,
        EXPIRE_CHECKOUT,
        REFUND,
        REFUND_WARNED,
        GUARD,
    }
)


def refresh(account_id: str, subscription_id: str) -> Job:
    """Ask the gateway for the subscription's state; several reasons to ask wait as one job."""
    args = {"account_id": account_id, "subscription_id": subscription_id}
    return Job(task=REFRESH, args=args, key=f"{REFRESH}:{subscription_id}")


def fetch_invoice(account_id: str, invoice_id: str) -> Job:
    """Ask the gateway for all lines of an invoice."""
    args = {"account_id": account_id, "invoice_id": invoice_id}
    return Job(task=FETCH_INVOICE, args=args, key=f"{FETCH_INVOICE}:{invoice_id}")


def refresh_payment(account_id: str, payment: str, event_id: str = "", *, alone: bool = False) -> Job:
    """Ask the gateway for a payment because of that event, if any, which is kept under the account; several reasons to
    ask wait as one job, unless this one must not be lost among them (`alone`)."""
    args = {"payment": payment, "kept_by": account_id, "key": webhook_key(event_id)}
    reason = f":{event_id}" if alone else ""
    return Job(task=REFRESH_PAYMENT, args=args, key=f"{REFRESH_PAYMENT}:{payment}{reason}")


def fetch_event(event_id: str) -> Job:
    """Ask the gateway for the event that a notification named."""
    return Job(task=FETCH_EVENT, args={"event_id": event_id}, key=f"{FETCH_EVENT}:{event_id}")


def check_shelf(gone: str) -> Job:
    """See whether all that the catalog sells can still be bought, now that this price or product cannot."""
    return Job(task=CHECK_SHELF, args={"gone": gone}, key=f"{CHECK_SHELF}:{gone}")


def receive_parked(provider_id: str) -> Job:
    """Take in what was parked for an id that has an owner now."""
    return Job(task=RECEIVE_PARKED, args={"provider_id": provider_id}, key=f"{RECEIVE_PARKED}:{provider_id}")


def report_orphan(delivery: Delivery, provider_id: str, *, not_before: datetime) -> Job:
    """Tell a person of a paid checkout, if it is still nobody's by then."""
    args = {"event_id": delivery.event_id, "provider_id": provider_id}
    return Job(task=REPORT_ORPHAN, args=args, key=f"{REPORT_ORPHAN}:{delivery.event_id}", not_before=not_before)


def report_unbooked(account_id: str, payment: str, *, not_before: datetime) -> Job:
    """Tell a person of an invoice with a pack, if nobody got it by then."""
    args = {"account_id": account_id, "payment": payment}
    return Job(task=REPORT_UNBOOKED, args=args, key=f"{REPORT_UNBOOKED}:{payment}", not_before=not_before)


def retry_webhook(account_id: str, delivery: Delivery, *, not_before: datetime) -> Job:
    """Try a failed webhook again."""
    args = {"account_id": account_id, "key": webhook_key(delivery.event_id)}
    return Job(task=RETRY_WEBHOOK, args=args, key=f"{RETRY_WEBHOOK}:{delivery.event_id}", not_before=not_before)


def cancel_surplus(account_id: str, subscription_id: str) -> Job:
    """Cancel one of several live plan subscriptions."""
    args = {"account_id": account_id, "subscription_id": subscription_id}
    return Job(task=CANCEL_SURPLUS, args=args, key=f"{CANCEL_SURPLUS}:{subscription_id}")


def refund(account_id: str, request: RequestKey, *, not_before: datetime) -> Job:
    """Carry out a refund that was ordered by that request, where who ordered it did not come to that."""
    digest = sha256(f"{account_id} {request.route} {request.key}".encode()).hexdigest()[:32]
    args = {
        "account_id": account_id,
        "route": request.route,
        "key": request.key,
        "fingerprint": request.fingerprint,
    }
    return Job(task=REFUND, args=args, key=f"{REFUND}:{digest}", not_before=not_before)


def refund_warned(account_id: str, warning_id: str) -> Job:
    """Give a payment back that a card's network warned of, if the policy still says so."""
    args = {"account_id": account_id, "warning_id": warning_id}
    return Job(task=REFUND_WARNED, args=args, key=f"{REFUND_WARNED}:{warning_id}")


def expire_checkout(session_id: str) -> Job:
    """End an open session that another one took the place of."""
    return Job(task=EXPIRE_CHECKOUT, args={"session_id": session_id}, key=f"{EXPIRE_CHECKOUT}:{session_id}")


def generate(account_id: str, generation_id: str, *, priority: int) -> Job:
    """Make a generation's pictures."""
    args = {"account_id": account_id, "generation_id": generation_id}
    return Job(task=GENERATE, args=args, priority=priority, key=generate_key(generation_id))


def generate_key(generation_id: str) -> str:
    """The key of the job that makes the generation's pictures."""
    return f"{GENERATE}:{generation_id}"


def tidy_pictures(account_id: str, generation_id: str, *, not_before: datetime | None = None) -> Job:
    """Delete what a generation left in the image store and nobody has: soon, or once more later."""
    args = {"account_id": account_id, "generation_id": generation_id}
    when = "soon" if not_before is None else "later"
    return Job(task=TIDY_PICTURES, args=args, key=f"{TIDY_PICTURES}:{generation_id}:{when}", not_before=not_before)


def notify(
    account_id: str, topic: Topic, cause: str, facts: Mapping[str, str | int], *, operators: bool = False
) -> Job:
    """Tell the customer, or the operators, once for that cause."""
    args = {"account_id": account_id, "topic": topic.value, "cause": cause, "facts": json.dumps(facts)}
    digest = sha256(f"{account_id} {cause}".encode()).hexdigest()[:32]
    whom = {"operators": "yes"} if operators else {}
    return Job(task=NOTIFY, args=args | whom, key=f"{NOTIFY}:{digest}")


def webhook_key(event_id: str) -> str:
    """The key of a webhook's cause."""
    return f"webhook:{event_id}"
