"""Which notices follow from what has happened. Pure: a notice is a job of the commit that settled its facts.

Each has a cause, and is sent once for it: a trial's end, an attempt to collect, a slot of credits, a sum that went
back, a turn of a dispute, an incident.
"""

from collections.abc import Iterator
from datetime import datetime

from billing_core.application import tasks
from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog, Unlimited
from billing_core.domain.disputes import DisputeStatus
from billing_core.domain.guides import GUIDES
from billing_core.domain.incidents import IncidentKind, Severity, incident_id
from billing_core.domain.money import Money
from billing_core.domain.plan_in_force import PlanInForce, plan_in_force
from billing_core.ports.facts import InvoiceUnpaid, TrialEnding
from billing_core.ports.incidents import Incident
from billing_core.ports.notifier import Topic
from billing_core.ports.records import IncidentRaised, Job

Facts = dict[str, str | int]

LOW_PERCENT = 10
SPENDING = (e.HoldPlaced, e.HoldCaptured)
TOLD = (*SPENDING, e.PaymentRefunded, e.DisputeSeen)
TURNS = (DisputeStatus.OPEN, DisputeStatus.LOST)


def trial_ending(fact: TrialEnding, account_id: str) -> Job:
    """The customer is told when it ends; if that is moved, again."""
    cause = f"trial-ending:{fact.subscription_id}:{fact.ends_at:%Y-%m-%d}"
    return tasks.notify(account_id, Topic.TRIAL_ENDING, cause, {"ends_at": fact.ends_at.isoformat()})


def payment_failed(fact: InvoiceUnpaid, account_id: str) -> Job:
    """The customer is told of each attempt once, however many events the gateway makes of it."""
    facts: Facts = {"needs_authentication": int(fact.needs_authentication)}
    if fact.hosted_invoice_url is not None:
        facts["url"] = fact.hosted_invoice_url
    cause = f"payment-failed:{fact.invoice_id}:{fact.attempt}"
    return tasks.notify(account_id, Topic.PAYMENT_FAILED, cause, facts)


def of_incident(account_id: str, incident: IncidentRaised | Incident, *, of: str | None) -> Iterator[Job]:
    """The operators are told of warnings of fraud, and of what cannot wait: once, however often it is met.

    `account_id` keeps the job, `of` is whose incident it is.
    """
    guide = GUIDES[incident.kind]
    is_fraud = incident.kind is IncidentKind.FRAUD_WARNING
    if is_fraud or guide.severity is Severity.HIGH:
        facts: Facts = {
            "title": guide.title,
            "detail": incident.detail,
            "kind": incident.kind.value,
            "incident": incident_id(of, incident.key),
        }
        topic = Topic.FRAUD_ALERT if is_fraud else Topic.INCIDENT
        yield tasks.notify(account_id, topic, f"incident:{incident.key}", facts, operators=True)


def of_events(account: Account, events: tuple[e.Event, ...], catalog: Catalog) -> Iterator[Job]:
    """What follows from events that were decided on that account. Most decisions make none that are told."""
    if not any(isinstance(event, TOLD) for event in events):
        return
    for event in events:
        after = account.evolve(event)  # folded once: who writes the events meets the same account again
        if isinstance(event, SPENDING):
            yield from credits_low(account, after, event.at, catalog)
        elif isinstance(event, e.PaymentRefunded):
            yield from _refunded(account, event)
        elif isinstance(event, e.DisputeSeen):
            yield from _disputed(account, event)
        account = after


def credits_low(before: Account, after: Account, at: datetime, catalog: Catalog) -> Iterator[Job]:
    """Told once per slot, when spending takes what is available below a tenth of the plan's allotment."""
    left, had = after.book.available, before.book.available
    falling = [allotment for allotment in catalog.allotments if 100 * left < LOW_PERCENT * allotment <= 100 * had]
    if not falling:  # under no plan at all, so there is no need to know which one it is
        return
    given = plan_in_force(after, at, catalog)
    allotment = given.plan.allotment
    if isinstance(allotment, Unlimited) or allotment not in falling:
        return
    cause = f"credits-low:{_slot_start(after, given, at).isoformat()}"
    facts: Facts = {"left": left, "allotment": allotment, "plan": given.plan.name}
    yield tasks.notify(after.id, Topic.CREDITS_LOW, cause, facts)


def _slot_start(account: Account, given: PlanInForce, at: datetime) -> datetime:
    """When the slot began in which the account is: of its plan, else of the free plan."""
    if given.subscription is not None:
        starts = [tally.start for tally in given.subscription.tallies if tally.contains(at)]
    else:
        starts = [account.free_slot.start] if account.free_slot is not None else []
    return max(starts, default=account.opened_at or at)


def _refunded(before: Account, event: e.PaymentRefunded) -> Iterator[Job]:
    """Told for each rise of what went back. One that fails later is not: it is tried again, or a person settles it."""
    payment = before.payment(event.payment_id)
    if payment is None or event.refunded_minor <= payment.refunded_minor:
        return
    more, whole = event.refunded_minor - payment.refunded_minor, event.refunded_minor >= payment.amount_minor
    facts: Facts = {"amount": str(Money(more, payment.currency)), "payment": payment.id, "whole": int(whole)}
    cause = f"refunded:{payment.id}:{event.refunded_minor}"
    yield tasks.notify(before.id, Topic.REFUNDED, cause, facts)


def _disputed(before: Account, event: e.DisputeSeen) -> Iterator[Job]:
    """Told when it is opened and when it is lost; an inquiry moves nothing, and one that is won takes nothing."""
    dispute, known = event.dispute, before.dispute(event.dispute.id)
    if dispute.status not in TURNS or (known is not None and known.status is dispute.status):
        return
    payment = before.payment(dispute.payment_id)
    facts: Facts = {"status": dispute.status.value, "payment": dispute.payment_id}
    if payment is not None:
        facts["amount"] = str(Money(dispute.amount_minor, payment.currency))
    cause = f"disputed:{dispute.id}:{dispute.status.value}"
    yield tasks.notify(before.id, Topic.DISPUTED, cause, facts)
