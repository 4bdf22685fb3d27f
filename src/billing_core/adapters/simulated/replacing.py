"""A customer's card is replaced by another one."""

from attrs import evolve

from billing_core.adapters.simulated.cards import Behaviour, Card
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_customer
from billing_core.adapters.simulated.results import PaymentResult, PaymentStatus
from billing_core.adapters.simulated.state import Customer


def replace(draft: Draft, holder: Customer, given: Card) -> PaymentResult:
    """Later charges go to the new card; one that would be declined is not taken."""
    if given.behaviour is Behaviour.DECLINES:
        return PaymentResult(status=PaymentStatus.DECLINED, decline_code=given.decline_code)
    tell_customer(draft, evolve(holder, card=given), before=holder)
    return PaymentResult(status=PaymentStatus.SUCCEEDED)
