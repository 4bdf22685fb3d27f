"""Heeding a fraud warning: it becomes a case and an incident, and the policy for its risk is followed once. Pure."""

from billing_core.application import tasks
from billing_core.application.deciding import Decision
from billing_core.domain import events as e
from billing_core.domain.account_at import AccountAt
from billing_core.domain.fraud import FraudPolicies, FraudPolicy, suspension_for
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.facts import FraudWarned
from billing_core.ports.gateway import PaymentState
from billing_core.ports.records import IncidentRaised, Job, WarningKept

DONE = {
    FraudPolicy.OBSERVE: "nothing was done",
    FraudPolicy.SUSPEND: "the account is suspended",
    FraudPolicy.REFUND: "it is given back",
}


def heeded(
    warning: FraudWarned, told: PaymentState, held: AccountAt, policies: FraudPolicies, *, is_known: bool
) -> Decision:
    """What a warning makes. One that is known already is followed by nothing more: what came after it stands."""
    policy = policies.at(told.risk)
    actionable = warning.actionable and not told.disputes and told.refunded_minor < told.amount_minor
    kept = WarningKept(
        id=warning.warning_id,
        payment=told.id,
        kind=warning.kind,
        risk=told.risk,
        policy=policy,
        actionable=actionable,
        at=warning.at,
    )
    state = "can still be refunded" if actionable else "is disputed or refunded already"
    raised = IncidentRaised(
        key=incident_key(warning.warning_id),
        kind=IncidentKind.FRAUD_WARNING,
        detail=f"{told.id} ({warning.payment}) may be fraud ({warning.kind}, risk {told.risk.value}) and {state}; "
        + DONE[policy],
        at=warning.at,
        about={"payment": told.id, "warning": warning.warning_id},
    )
    if is_known:
        return Decision((), (kept, raised))
    return Decision(_suspended(policy, kept, held), (kept, *_refunds(policy, kept, held), raised))


def incident_key(warning_id: str) -> str:
    """The key of a warning's incident."""
    return f"fraud-warning:{warning_id}"


def _suspended(policy: FraudPolicy, kept: WarningKept, held: AccountAt) -> tuple[e.Event, ...]:
    if policy is not FraudPolicy.SUSPEND:
        return ()
    return held.suspend(suspension_for(kept.id))[len(held.due) :]


def _refunds(policy: FraudPolicy, kept: WarningKept, held: AccountAt) -> tuple[Job, ...]:
    return (tasks.refund_warned(held.account.id, kept.id),) if policy is FraudPolicy.REFUND else ()
