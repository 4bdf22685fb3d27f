"""What a cardholder's bank does long after a payment: refunds arrive or fail, charges are disputed, fraud is told."""

from attrs import frozen

from billing_core.adapters.simulated import disputing, refunding
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.engine import Engine
from billing_core.adapters.simulated.money import Charge, Dispute, DisputeStatus, FraudWarning, Refund
from billing_core.adapters.simulated.paying import intent_of
from billing_core.ports.errors import UnknownAtGateway


@frozen
class Bank:
    """A payment goes by any name of it: invoice, payment intent or charge.

    Raises UnknownAtGateway, IllegalTransition.
    """

    _engine: Engine

    async def complete_refund(self, refund_id: str) -> Refund:
        """A pending refund arrives."""
        return self._engine.change(lambda draft: refunding.complete(draft, draft.find(Refund, refund_id)))

    async def fail_refund(self, refund_id: str, *, reason: str = "expired_or_canceled_card") -> Refund:
        """A refund does not arrive in the end, even one that had succeeded."""
        return self._engine.change(lambda draft: refunding.fail(draft, draft.find(Refund, refund_id), reason=reason))

    async def dispute(
        self,
        payment: str,
        *,
        reason: str = "fraudulent",
        is_inquiry: bool = False,
        amount_minor: int | None = None,
    ) -> Dispute:
        """The cardholder questions a payment; an inquiry takes no money yet."""
        return self._engine.change(
            lambda draft: disputing.open_dispute(
                draft, _charge(draft, payment), reason=reason, is_inquiry=is_inquiry, amount_minor=amount_minor
            )
        )

    async def escalate(self, dispute_id: str) -> Dispute:
        """An inquiry becomes a dispute."""
        return self._engine.change(lambda draft: disputing.escalate(draft, draft.find(Dispute, dispute_id)))

    async def respond(self, dispute_id: str) -> Dispute:
        """The merchant's evidence is in."""
        return self._engine.change(lambda draft: disputing.respond(draft, draft.find(Dispute, dispute_id)))

    async def appeal(self, dispute_id: str) -> Dispute:
        """The merchant appeals against a dispute that was lost; the evidence is asked for once more."""
        return self._engine.change(lambda draft: disputing.appeal(draft, draft.find(Dispute, dispute_id)))

    async def close(self, dispute_id: str, outcome: DisputeStatus) -> Dispute:
        """It is decided: won, lost, prevented, or for an inquiry `warning_closed`."""
        return self._engine.change(lambda draft: disputing.close(draft, draft.find(Dispute, dispute_id), outcome))

    async def warn(self, payment: str, *, kind: str = "made_with_stolen_card") -> FraudWarning:
        """The card's network holds a payment for fraud."""
        return self._engine.change(lambda draft: disputing.warn(draft, _charge(draft, payment), kind=kind))


def _charge(draft: Draft, payment: str) -> Charge:
    """The charge that brought the money of a payment."""
    intent = intent_of(draft, payment) or draft.state.intents.get(payment)
    key = payment if intent is None else intent.latest_charge_id
    charge = draft.state.charges.get(key or "")
    if charge is None:
        raise UnknownAtGateway(f"charge {payment}")
    return charge
