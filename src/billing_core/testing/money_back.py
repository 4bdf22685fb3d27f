"""What the banks of a provider that is played do to what was paid: refunds, disputes, and warnings of fraud.

A payment may be refunded in parts, and a refund may fail long after it was made. A dispute goes through its statuses:
an inquiry may become one, one that is lost may be appealed. A payment may have several of each.
"""

from collections.abc import Mapping, Sequence

from attrs import define, evolve, field
from hypothesis import strategies as st

from billing_core.domain.disputes import Dispute, DisputeStatus
from billing_core.domain.fraud import FraudPolicy
from billing_core.domain.payments import Payment
from billing_core.testing.histories import Refund, Warned
from billing_core.testing.provider import Provider

INQUIRY, OPEN, WON, LOST, PREVENTED = DisputeStatus

FOLLOWING: Mapping[DisputeStatus, Sequence[DisputeStatus]] = {
    INQUIRY: (OPEN, WON, PREVENTED),
    OPEN: (WON, LOST, LOST, PREVENTED),
    LOST: (OPEN,),
    WON: (),
    PREVENTED: (),
}
"""What each status of a dispute may become; a lost one is appealed."""


@define
class MoneyBack:
    """What became of the payments of one provider. `refunds` are those of each payment that stand, in minor units."""

    provider: Provider
    refunds: dict[str, list[int]] = field(factory=dict)
    disputes: dict[str, Dispute] = field(factory=dict)

    def refund(self) -> None:
        """Some of what is left of a payment, or all of it, goes back."""
        payment = self._a_payment()
        if payment is not None:
            left = payment.amount_minor - sum(self.refunds.get(payment.id, ()))
            if left > 0:
                self._refund(payment.id, self._part(left))

    def fail_refund(self) -> None:
        """A refund that stood comes back, or was canceled."""
        standing = sorted(payment_id for payment_id, refunds in self.refunds.items() if refunds)
        if standing:
            payment_id = self.provider.draw(st.sampled_from(standing))
            refunds = self.refunds[payment_id]
            del refunds[self.provider.draw(st.integers(0, len(refunds) - 1))]
            self._tell_refunded(payment_id)

    def dispute(self) -> None:
        """The bank takes some of a payment back, or all of it; at first it may only ask."""
        payment = self._a_payment()
        if payment is not None:
            provider = self.provider
            opened = Dispute(
                id=provider.id("dp"),
                payment_id=payment.id,
                status=provider.draw(st.sampled_from([OPEN, OPEN, INQUIRY, LOST])),
                amount_minor=self._part(payment.amount_minor),
                seen_at=provider.seen_at,
            )
            self._tell_dispute(opened)

    def decide_dispute(self) -> None:
        """A dispute goes on."""
        going_on = [dispute for dispute in self.disputes.values() if FOLLOWING[dispute.status]]
        if going_on:
            dispute = self.provider.draw(st.sampled_from(going_on))
            status = self.provider.draw(st.sampled_from(FOLLOWING[dispute.status]))
            self._tell_dispute(evolve(dispute, status=status, seen_at=self.provider.seen_at))

    def warn(self) -> None:
        """A payment may be fraud: by the policy for it nothing follows, a suspension, or a refund of the rest."""
        payment = self._a_payment()
        if payment is None:
            return
        policy = self.provider.draw(st.sampled_from(FraudPolicy))
        self.provider.say(Warned(self.provider.id("issfr"), payment.id, policy))
        left = payment.amount_minor - sum(self.refunds.get(payment.id, ()))
        if policy is FraudPolicy.REFUND and left > 0:
            self._refund(payment.id, left)

    def _a_payment(self) -> Payment | None:
        paid = [fact.told for fact in self.provider.facts if isinstance(fact.told, Payment)]
        taken = [payment for payment in paid if payment.amount_minor > 0]
        return self.provider.draw(st.sampled_from(taken)) if taken else None

    def _part(self, minor: int) -> int:
        """The whole, some share of it, or the least there is."""
        return self.provider.draw(st.sampled_from([minor, -(-minor // 2), -(-minor // 3), 1]))

    def _refund(self, payment_id: str, minor: int) -> None:
        self.refunds.setdefault(payment_id, []).append(minor)
        self._tell_refunded(payment_id)

    def _tell_refunded(self, payment_id: str) -> None:
        self.provider.say(Refund(payment_id, sum(self.refunds[payment_id]), self.provider.seen_at))

    def _tell_dispute(self, dispute: Dispute) -> None:
        self.disputes[dispute.id] = dispute
        self.provider.say(dispute)
