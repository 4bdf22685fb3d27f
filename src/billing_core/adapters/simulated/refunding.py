"""Money that goes back: at once, slowly, or in the end not at all."""

from attrs import evolve

from billing_core.adapters.simulated import refund_shape
from billing_core.adapters.simulated.disputing import is_charged_back, refresh_warnings
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_charge
from billing_core.adapters.simulated.money import Charge, PaymentIntent, Refund, RefundStatus
from billing_core.adapters.simulated.refusals import Refused
from billing_core.domain.errors import IllegalTransition


def charge_of(draft: Draft, intent: PaymentIntent) -> Charge:
    """The charge that brought the money. Raises Refused."""
    charge = draft.state.charges.get(intent.latest_charge_id or "")
    if charge is None or not charge.is_paid:
        raise Refused(message=f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.")
    return charge


def refund(
    draft: Draft,
    charge: Charge,
    *,
    amount_minor: int | None,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Refund:
    """So much of a charge, or all that is left. Raises Refused."""
    amount = _ensure_refundable(draft, charge, amount_minor)
    made = Refund(
        id=draft.new_id("re"),
        charge_id=charge.id,
        intent_id=charge.intent_id,
        amount_minor=amount,
        currency=charge.currency,
        created_at=draft.now,
        status=RefundStatus.PENDING if charge.card.refunds_slowly else RefundStatus.SUCCEEDED,
        customer_id=charge.customer_id,
        reason=reason,
        metadata=metadata or {},
    )
    tell_refund(draft, made, "refund.created")
    after = evolve(charge, refunded_minor=charge.refunded_minor + amount)
    tell_charge(draft, after, "refunded", before=charge)
    refresh_warnings(draft, after)
    return made


def _ensure_refundable(draft: Draft, charge: Charge, amount_minor: int | None) -> int:
    if not charge.is_paid:
        raise Refused(message=f"Charge {charge.id} did not succeed, so it cannot be refunded.", param="charge")
    if is_charged_back(draft, charge):
        message = f"Charge {charge.id} has been charged back; cannot issue a refund."
        raise Refused(message=message, code="charge_disputed")
    if charge.left_minor == 0:
        raise Refused(message=f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    amount = charge.left_minor if amount_minor is None else amount_minor
    if amount < 1:
        raise Refused(message="Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > charge.left_minor:
        asked, left = (f"{minor} {charge.currency}" for minor in (amount, charge.left_minor))
        message = f"Refund amount ({asked}) is greater than unrefunded amount on charge ({left})"
        raise Refused(message=message, param="amount")
    return amount


def complete(draft: Draft, made: Refund) -> Refund:
    """A pending refund has arrived. Raises IllegalTransition."""
    if made.status is not RefundStatus.PENDING:
        raise IllegalTransition("complete a refund", made.status.value)
    return tell_refund(draft, evolve(made, status=RefundStatus.SUCCEEDED), "refund.updated", before=made)


def fail(draft: Draft, made: Refund, *, reason: str) -> Refund:
    """It did not arrive in the end, so the money is here again. Raises IllegalTransition."""
    if made.status is RefundStatus.FAILED:
        raise IllegalTransition("fail a refund", made.status.value)
    failed = evolve(made, status=RefundStatus.FAILED, failure_reason=reason)
    charge = draft.find(Charge, made.charge_id)
    after = evolve(charge, refunded_minor=charge.refunded_minor - made.amount_minor)
    draft.put(after)
    tell_refund(draft, failed, "refund.updated", "charge.refund.updated", before=made)
    tell_refund(draft, failed, "refund.failed")
    refresh_warnings(draft, after)
    return failed


def tell_refund(draft: Draft, made: Refund, *kinds: str, before: Refund | None = None) -> Refund:
    """The events of those kinds."""
    draft.put(made)
    for kind in kinds:
        draft.emit(kind, refund_shape.refund(made), before=None if before is None else refund_shape.refund(before))
    return made
