"""Payments from a bank account: asked for now, and known days later to have come or not."""

from collections.abc import Iterator

from attrs import evolve

from billing_core.adapters.simulated.cards import Verdict, settled
from billing_core.adapters.simulated.collecting import miss
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_session
from billing_core.adapters.simulated.invoicing import settle
from billing_core.adapters.simulated.money import PaymentIntent
from billing_core.adapters.simulated.paying import attempt
from billing_core.adapters.simulated.visits import Session


def conclude(draft: Draft, intent: PaymentIntent) -> None:
    """The bank answers; what was bought with it is paid, or is not."""
    assert intent.card is not None  # it is what is under way
    answer = settled(intent.card)
    is_paid = answer.verdict is Verdict.PAID
    if intent.invoice_id is None:
        attempt(draft, intent, intent.card, answer)
    elif is_paid:
        settle(draft, draft.invoice(intent.invoice_id))
    else:
        miss(draft, draft.invoice(intent.invoice_id), answer, is_scheduled=True)
    for session in _waiting(draft, intent):
        after = evolve(session, is_unsettled=not is_paid)
        tell_session(draft, after, "async_payment_succeeded" if is_paid else "async_payment_failed")


def _waiting(draft: Draft, intent: PaymentIntent) -> Iterator[Session]:
    """The checkout that was completed with it; later attempts at the same payment are not the checkout's any more."""
    name = draft.invoice(intent.invoice_id).subscription_id if intent.invoice_id else intent.id
    return (session for session in draft.named(Session, name) if session.awaits == intent.latest_charge_id)
