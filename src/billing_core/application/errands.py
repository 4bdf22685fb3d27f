"""What is done about an event that names nobody: the gateway is asked, or a person is told. Pure."""

from billing_core.application import tasks
from billing_core.application.deciding import Decision
from billing_core.ports.facts import Announced, FraudWarned, NothingToDo, OddityTold, PaymentTouched, ShelfTouched
from billing_core.ports.records import IncidentRaised
from billing_core.ports.webhooks import Delivery

NEEDS_NO_OWNER = (NothingToDo, PaymentTouched, FraudWarned, ShelfTouched, Announced, OddityTold)


def errand(delivery: Delivery, account_id: str) -> Decision:
    """The job or the incident that the event makes. It is kept under that account."""
    match delivery.fact:
        case PaymentTouched(payment=payment):
            return Decision((), (tasks.refresh_payment(account_id, payment, delivery.event_id),))
        case FraudWarned() as warning:
            return Decision((), (tasks.refresh_payment(account_id, warning.payment, delivery.event_id, alone=True),))
        case Announced(event_id=event_id):
            return Decision((), (tasks.fetch_event(event_id),))
        case ShelfTouched(gone=True) as touched:
            return Decision((), (tasks.check_shelf(touched.id),))
        case OddityTold() as told:
            return Decision((), (IncidentRaised(key=told.key, kind=told.kind, detail=told.detail, at=told.at),))
        case _:
            return Decision()
