"""Money that came in, and what became of it: how much went back, who disputes it, what the bank suspects."""

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from billing_core.adapters.stripe.invoices import currency_of
from billing_core.adapters.stripe.shapes import Shape, customer_of, moment, needed, part, text, whole
from billing_core.domain.disputes import DisputeStatus
from billing_core.domain.fraud import RiskLevel
from billing_core.ports.gateway import DisputeTold

_NOT_GOING = frozenset({"failed", "canceled"})
_DISPUTES = {
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "prevented": DisputeStatus.PREVENTED,
    "charge_refunded": DisputeStatus.PREVENTED,
}


@frozen(kw_only=True)
class Collected:
    """What one payment intent, or a charge that has none, brought in. `by` is the parameter that Stripe's lists know
    it by, and `id` its value."""

    by: str
    id: str
    amount_minor: int
    currency: str
    customer_id: str | None
    at: datetime
    risk: RiskLevel
    refunds: tuple[Shape, ...] = ()
    disputes: tuple[DisputeTold, ...] = ()

    @property
    def refunded_minor(self) -> int:
        """What went back or is on its way. Raises Misshapen."""
        return sum(amount_of(refund) for refund in self.refunds if is_going(refund))

    @property
    def left_minor(self) -> int:
        """What could still be given back. Raises Misshapen."""
        return max(0, self.amount_minor - self.refunded_minor)


def of_intent(intent: Shape, refunds: Sequence[Shape], disputes: Sequence[Shape]) -> Collected:
    """Of a payment intent with its latest charge. Raises Misshapen."""
    charge = part(intent, "latest_charge")
    return _with_fate(
        Collected(
            by="payment_intent",
            id=needed(text(intent, "id"), "id"),
            amount_minor=needed(whole(intent, "amount_received"), "amount"),
            currency=currency_of(intent),
            customer_id=customer_of(intent),
            at=needed(moment(charge, "created") or moment(intent, "created"), "created"),
            risk=_risk_of(charge),
        ),
        refunds,
        disputes,
    )


def of_charge(charge: Shape, refunds: Sequence[Shape], disputes: Sequence[Shape]) -> Collected:
    """Of a charge that has no intent. Raises Misshapen."""
    is_there = text(charge, "status") == "succeeded" and charge.get("captured") is True
    return _with_fate(
        Collected(
            by="charge",
            id=needed(text(charge, "id"), "id"),
            amount_minor=needed(whole(charge, "amount_captured"), "amount") if is_there else 0,
            currency=currency_of(charge),
            customer_id=customer_of(charge),
            at=needed(moment(charge, "created"), "created"),
            risk=_risk_of(charge),
        ),
        refunds,
        disputes,
    )


def amount_of(refund: Shape) -> int:
    """Raises Misshapen."""
    return needed(whole(refund, "amount"), "amount of a refund")


def is_going(refund: Shape) -> bool:
    """Whether the money went back or is on its way: all but what failed or was called off, since a refund of a kind
    that came up after this was written is money that may be gone."""
    return text(refund, "status") not in _NOT_GOING


def dispute_status(status: str) -> DisputeStatus:
    """What is not known counts as open: rather a customer who waits than a loss that goes on."""
    if status.startswith("warning_"):
        return DisputeStatus.INQUIRY
    return _DISPUTES.get(status, DisputeStatus.OPEN)


def _with_fate(collected: Collected, refunds: Sequence[Shape], disputes: Sequence[Shape]) -> Collected:
    told = tuple(_dispute(dispute, collected) for dispute in disputes)
    return evolve(collected, refunds=tuple(refunds), disputes=told)


def _dispute(dispute: Shape, collected: Collected) -> DisputeTold:
    """One that is told in another currency than the payment is over all of it."""
    disputed = needed(whole(dispute, "amount"), "amount of a dispute")
    return DisputeTold(
        id=needed(text(dispute, "id"), "id"),
        status=dispute_status(text(dispute, "status") or ""),
        amount_minor=disputed if text(dispute, "currency") == collected.currency else collected.amount_minor,
        reason=text(dispute, "reason") or "",
    )


def _risk_of(charge: Shape) -> RiskLevel:
    """What Stripe did not assess, or what came up after this was written, is unknown."""
    told = text(part(charge, "outcome"), "risk_level")
    return next((level for level in RiskLevel if level.value == told), RiskLevel.UNKNOWN)
