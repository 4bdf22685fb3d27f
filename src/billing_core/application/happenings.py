"""What happened to an account, event by event, in sentences of plain English: the timeline that operators read."""

from collections.abc import Callable, Mapping
from typing import Any

from billing_core.application.sentences import SOURCES, day, minute, number
from billing_core.domain import events as e
from billing_core.domain.acts import Act
from billing_core.domain.money import Money

ACTS: Mapping[Act, str] = {
    Act.ADJUSTED: "changed the credits",
    Act.FORGAVE: "let the debt go",
    Act.SUSPENDED: "suspended the account",
    Act.REINSTATED: "lifted a suspension",
    Act.REFUNDED: "gave money back",
    Act.REVIEWED_WARNING: "reviewed a fraud warning",
    Act.RESOLVED_INCIDENT: "resolved an incident",
    Act.ERASED: "erased who the account is",
}


def happened(event: e.Event) -> str:
    """The event in one sentence."""
    return _TELLING[type(event)](event)


def _credits(amount: int) -> str:
    return f"{number(amount)} {'credit' if amount == 1 else 'credits'}"


def _taken(event: e.CreditsTaken | e.DebtSettled) -> str:
    return _credits(sum([take.amount for take in event.takes]))


def _acted(event: e.OperatorActed) -> str:
    about = ", ".join(f"{name} {value}" for name, value in event.about.items())
    code = event.code.value.replace("_", " ")
    return f"Operator {event.by} {ACTS[event.act]}{f' ({about})' if about else ''}, for {code}: {event.note}"


def _granted(event: e.CreditsGranted | e.FreeSlotGranted | e.DebtReturned) -> str:
    grant = event.grant
    reason = f" ({grant.reason})" if grant.reason else ""
    until = f", to use by {day(grant.expires_at)}" if grant.expires_at else ""
    return f"{_credits(grant.amount)} granted from {SOURCES[grant.source]}{reason}{until}"


def _subscribed(event: e.SubscriptionSeen) -> str:
    told = event.snapshot
    moved = " in a way that was not foreseen" if event.unexpected else ""
    ends = f", ending {day(told.ends_at)}" if told.ends_at else f", paid until {day(told.period_end)}"
    return f"Stripe told{moved}: subscription {told.id} ({told.price}) is {told.status.value}{ends}"


def _paid(event: e.PaymentSettled) -> str:
    paid = event.payment
    return f"Payment {paid.id} of {Money(max(0, paid.amount_minor), paid.currency)} came in"


def _held(event: e.HoldPlaced) -> str:
    hold = event.hold
    covered = ", covered by an unlimited plan" if hold.covered else ""
    return f"{_credits(hold.amount)} set aside for {hold.reason or 'work'} ({hold.id}){covered}"


def _captured(event: e.HoldCaptured) -> str:
    pictures = f" for {number(event.images)} {'picture' if event.images == 1 else 'pictures'}" if event.images else ""
    return f"{_credits(event.amount)} spent{pictures} ({event.hold_id})"


def _revoked(event: e.CreditsRevoked) -> str:
    return f"{_credits(event.amount)} taken back: less was paid for ({event.tally})"


def _disputed(event: e.DisputeSeen) -> str:
    dispute = event.dispute
    return f"Dispute {dispute.id} of payment {dispute.payment_id} is {dispute.status.value}"


def _refunded(event: e.PaymentRefunded) -> str:
    if not event.refunded_minor:
        return f"Nothing of payment {event.payment_id} went back so far"
    return f"Of payment {event.payment_id} {number(event.refunded_minor)} (minor units) are refunded by now"


def _moved(event: e.CheckoutMoved) -> str:
    return f"Checkout {event.session_id} is {event.status.value}"


_TELLING: Mapping[type[e.Event], Callable[[Any], str]] = {
    e.AccountOpened: lambda _: "The account was opened",
    e.ProfileNoted: lambda event: f"Known as {event.name or 'nobody by name'}, {event.email or 'no e-mail'}",
    e.CustomerLinked: lambda event: f"Stripe knows the account as {event.customer_id}",
    e.CustomerUnlinked: lambda event: f"Stripe's customer {event.customer_id} is gone",
    e.CheckoutOpened: lambda event: f"Checkout {event.checkout.session_id} for {event.checkout.item} was opened",
    e.CheckoutMoved: _moved,
    e.SubscriptionSeen: _subscribed,
    e.SubscriptionSuperseded: lambda event: (
        f"An older state of subscription {event.subscription_id} was told; nothing changed"
    ),
    e.TrialCardSeen: lambda event: (
        f"The card for the trial of {event.subscription_id} began "
        + ("another account's trial before: it gives no credits" if event.used else "no other account's trial before")
    ),
    e.SubscriptionEnded: lambda event: f"Subscription {event.subscription_id} ended",
    e.PaymentSettled: _paid,
    e.PaymentTooOld: lambda event: f"Payment {event.payment_id} is too old to be booked",
    e.PaymentRefunded: _refunded,
    e.DisputeSeen: _disputed,
    e.SlotOpened: lambda event: f"A month of {event.subscription_id} began, until {minute(event.end)}",
    e.CreditsGranted: _granted,
    e.CreditsRevoked: _revoked,
    e.CreditsTaken: lambda event: f"{_taken(event)} taken by an operator: {event.reason}",
    e.GrantExpired: lambda event: f"{_credits(event.amount)} of {event.grant_id} expired",
    e.FreeSlotGranted: _granted,
    e.DebtIncurred: lambda event: f"{_credits(event.amount)} came to be owed ({event.tally})",
    e.DebtSettled: lambda event: f"{_taken(event)} paid towards debt",
    e.DebtForgiven: lambda event: f"{_credits(event.amount)} of debt let go: {event.reason}",
    e.DebtReturned: _granted,
    e.ShortfallLeft: lambda event: f"{_credits(event.amount)} are short under an unlimited plan ({event.tally})",
    e.ShortfallFilled: lambda event: f"{_credits(event.amount)} that were short are there again ({event.tally})",
    e.ShortfallWrittenOff: lambda event: f"{_credits(event.amount)} that were short are let go ({event.tally})",
    e.HoldPlaced: _held,
    e.WorkStarted: lambda event: f"Attempt {event.attempt} at {event.hold_id} began",
    e.HoldCaptured: _captured,
    e.HoldReleased: lambda event: f"What was set aside for {event.hold_id} came back",
    e.HoldLapsed: lambda event: f"The time of {event.hold_id} was over; what was set aside came back",
    e.Suspended: lambda event: f"Suspended for {event.reason}",
    e.Reinstated: lambda event: f"Not suspended for {event.reason} any more",
    e.OperatorActed: _acted,
}
"""Every event has its sentence; a test sees to it."""
