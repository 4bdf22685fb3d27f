"""What is done about an event that asks nothing of the account: the gateway is asked, somebody is told. Pure.

Most are such reasons to ask. They are kept without the account being read for them.
"""

from billing_core.application import tasks
from billing_core.application.notices import trial_ending
from billing_core.ports.facts import (
    Announced,
    Charged,
    Fact,
    FraudWarned,
    InvoiceTouched,
    NothingToDo,
    OddityTold,
    PaymentTouched,
    ShelfTouched,
    SubscriptionTouched,
    TrialEnding,
)
from billing_core.ports.records import IncidentRaised, Job, OwnerClaimed, Record

NEEDS_NO_OWNER = (NothingToDo, PaymentTouched, FraudWarned, ShelfTouched, Announced, OddityTold)


def errands(fact: Fact, account_id: str, event_id: str) -> tuple[Record, ...]:
    """The jobs, claims and incidents that the fact makes. Its event is kept under that account."""
    match fact:
        case SubscriptionTouched():  # as most are: what the subscription has become is asked for by the job
            return (OwnerClaimed(fact.subscription_id), tasks.refresh(account_id, fact.subscription_id))
        case Charged():
            return (OwnerClaimed(fact.payment),)
        case InvoiceTouched():
            return (tasks.fetch_invoice(account_id, fact.invoice_id), *asking_for(fact.subscription_id, account_id))
        case TrialEnding():
            return (trial_ending(fact, account_id), tasks.refresh(account_id, fact.subscription_id))
        case PaymentTouched():
            return (tasks.refresh_payment(account_id, fact.payment, event_id),)
        case FraudWarned():
            return (tasks.refresh_payment(account_id, fact.payment, event_id, alone=True),)
        case Announced():
            return (tasks.fetch_event(fact.event_id),)
        case ShelfTouched(gone=True):
            return (tasks.check_shelf(fact.id),)
        case OddityTold():
            return (IncidentRaised(key=fact.key, kind=fact.kind, detail=fact.detail, at=fact.at, about=fact.about),)
        case _:
            return ()


def asking_for(subscription_id: str | None, account_id: str) -> tuple[Job, ...]:
    """The job that asks for the subscription, if there is one."""
    return (tasks.refresh(account_id, subscription_id),) if subscription_id else ()
