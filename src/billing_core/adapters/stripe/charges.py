"""Charges: whose they are, which payment goes back, and who warns of one."""

from datetime import datetime

from billing_core.adapters.stripe.shapes import Shape, customer_of, id_of, moment, needed, part, text, yes_or_no
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.facts import Charged, FraudWarned, OddityTold


def payment_of(told: Shape) -> str:
    """The payment that a refund, a dispute, a warning or a review is about: its payment intent or, as before there were
    intents, its charge. Raises Misshapen."""
    intent = id_of(told, "payment_intent") or id_of(part(told, "charge"), "payment_intent")
    return needed(intent or id_of(told, "charge"), "payment")


def charged(charge: Shape) -> Charged | None:
    """Whose the payment is; None for a charge of nobody. Raises Misshapen."""
    payment = needed(id_of(charge, "payment_intent") or text(charge, "id"), "id")
    customer_id = customer_of(charge)
    return Charged(payment=payment, customer_id=customer_id) if customer_id else None


def warned(warning: Shape, *, at: datetime) -> FraudWarned:
    """Raises Misshapen. It is dated to when it was issued, which may be long before it was last changed (`at`)."""
    return FraudWarned(
        warning_id=needed(text(warning, "id"), "id"),
        payment=payment_of(warning),
        kind=needed(text(warning, "fraud_type"), "fraud type"),
        actionable=needed(yes_or_no(warning, "actionable"), "actionable"),
        at=moment(warning, "created") or at,
    )


def under_review(review: Shape, *, at: datetime) -> OddityTold:
    """Somebody has to approve the payment or give it back, which only a person can. Raises Misshapen."""
    review_id, payment = needed(text(review, "id"), "id"), payment_of(review)
    why = text(review, "opened_reason") or text(review, "reason") or "no reason given"
    return OddityTold(
        key=f"payment-under-review:{review_id}",
        kind=IncidentKind.PAYMENT_UNDER_REVIEW,
        detail=f"payment {payment} waits for review {review_id} ({why})",
        customer_id=customer_of(part(review, "charge")),
        at=at,
        about={"payment": payment, "review": review_id},
    )
