"""Disputes and warnings of fraud: what a cardholder's bank does, long after the money came."""

from attrs import evolve

from billing_core.adapters.simulated import refund_shape
from billing_core.adapters.simulated.cards import Aftermath
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_charge
from billing_core.adapters.simulated.money import Charge, Dispute, DisputeStatus, FraudWarning
from billing_core.domain.errors import IllegalTransition

_OUTCOMES = frozenset({DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.PREVENTED})


def is_charged_back(draft: Draft, charge: Charge) -> bool:
    """Whether a dispute keeps it from being refunded: one that is open, or lost."""
    gave_back = {DisputeStatus.WON, DisputeStatus.PREVENTED}
    disputes = draft.named(Dispute, charge.id)
    return any(not dispute.status.is_inquiry and dispute.status not in gave_back for dispute in disputes)


def open_dispute(
    draft: Draft,
    charge: Charge,
    *,
    reason: str = "fraudulent",
    is_inquiry: bool = False,
    amount_minor: int | None = None,
) -> Dispute:
    """The cardholder questions a charge; unless the bank only asks, it takes the money. Raises IllegalTransition."""
    if not charge.is_paid or charge.disputed:
        raise IllegalTransition("dispute a charge", "disputed" if charge.disputed else "not paid")
    status = DisputeStatus.WARNING_NEEDS_RESPONSE if is_inquiry else DisputeStatus.NEEDS_RESPONSE
    dispute = Dispute(
        id=draft.new_id("du"),
        charge_id=charge.id,
        intent_id=charge.intent_id,
        amount_minor=charge.amount_minor if amount_minor is None else amount_minor,
        currency=charge.currency,
        created_at=draft.now,
        status=status,
        reason=reason,
    )
    disputed = evolve(charge, disputed=True)
    tell_charge(draft, disputed, "updated", before=charge)
    _tell(draft, dispute, "created", *(() if is_inquiry else ("funds_withdrawn",)))
    refresh_warnings(draft, disputed)
    return dispute


def escalate(draft: Draft, dispute: Dispute) -> Dispute:
    """An inquiry becomes a dispute. Raises IllegalTransition."""
    if not dispute.status.is_inquiry or dispute.status.is_over:
        raise IllegalTransition("escalate a dispute", dispute.status.value)
    return _tell(draft, evolve(dispute, status=DisputeStatus.NEEDS_RESPONSE), "updated", "funds_withdrawn")


def respond(draft: Draft, dispute: Dispute) -> Dispute:
    """The merchant's evidence is in, and the bank thinks. Raises IllegalTransition."""
    match dispute.status:
        case DisputeStatus.NEEDS_RESPONSE:
            return _tell(draft, evolve(dispute, status=DisputeStatus.UNDER_REVIEW), "updated")
        case DisputeStatus.WARNING_NEEDS_RESPONSE:
            return _tell(draft, evolve(dispute, status=DisputeStatus.WARNING_UNDER_REVIEW), "updated")
        case DisputeStatus.APPEAL_NEEDS_RESPONSE:
            return _tell(draft, evolve(dispute, status=DisputeStatus.APPEAL_UNDER_REVIEW), "updated")
        case status:
            raise IllegalTransition("respond to a dispute", status.value)


def close(draft: Draft, dispute: Dispute, outcome: DisputeStatus) -> Dispute:
    """The bank has decided. An inquiry only ends as `warning_closed`. Raises IllegalTransition."""
    allowed = {DisputeStatus.WARNING_CLOSED} if dispute.status.is_inquiry else _OUTCOMES
    if dispute.status.is_over or outcome not in allowed:
        raise IllegalTransition(f"close a dispute as {outcome.value}", dispute.status.value)
    gives_back = outcome in {DisputeStatus.WON, DisputeStatus.PREVENTED}
    verbs = ("closed", "funds_reinstated") if gives_back else ("closed",)
    return _tell(draft, evolve(dispute, status=outcome), *verbs)


def appeal(draft: Draft, dispute: Dispute) -> Dispute:
    """The merchant does not put up with having lost: the bank wants to hear why. Raises IllegalTransition."""
    if dispute.status is not DisputeStatus.LOST:
        raise IllegalTransition("appeal a dispute", dispute.status.value)
    return _tell(draft, evolve(dispute, status=DisputeStatus.APPEAL_NEEDS_RESPONSE), "updated")


def follow_up(draft: Draft, charge: Charge) -> None:
    """What the cardholder's bank does at once about a charge of this card."""
    match charge.card.aftermath:
        case Aftermath.WARNING:
            warn(draft, charge)
        case Aftermath.FRAUD | Aftermath.NOT_RECEIVED as reason:
            open_dispute(draft, charge, reason=reason.value)
        case Aftermath.INQUIRY:
            open_dispute(draft, charge, is_inquiry=True)
        case None:
            pass


def warn(draft: Draft, charge: Charge, *, kind: str = "made_with_stolen_card") -> FraudWarning:
    """The card's network holds a charge for fraud. Raises IllegalTransition for one that brought no money."""
    if not charge.is_paid:
        raise IllegalTransition("warn of a charge", "pending" if charge.pending else "failed")
    warning = FraudWarning(
        id=draft.new_id("issfr"),
        charge_id=charge.id,
        intent_id=charge.intent_id,
        created_at=draft.now,
        kind=kind,
        actionable=_is_actionable(charge),
    )
    draft.put(warning)
    draft.emit("radar.early_fraud_warning.created", refund_shape.fraud_warning(warning))
    return warning


def refresh_warnings(draft: Draft, charge: Charge) -> None:
    """Tells of the warnings that something can, or cannot, be done about any more."""
    for warning in draft.named(FraudWarning, charge.id):
        after = evolve(warning, actionable=_is_actionable(charge))
        if after != warning:
            draft.put(after)
            before = refund_shape.fraud_warning(warning)
            draft.emit("radar.early_fraud_warning.updated", refund_shape.fraud_warning(after), before=before)


def _is_actionable(charge: Charge) -> bool:
    return not charge.disputed and charge.left_minor > 0


def _tell(draft: Draft, dispute: Dispute, *verbs: str) -> Dispute:
    draft.put(dispute)
    shape = refund_shape.dispute(dispute, draft.find(Charge, dispute.charge_id))
    for verb in verbs:
        draft.emit(f"charge.dispute.{verb}", shape)
    return dispute
