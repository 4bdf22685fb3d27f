"""Money that goes back: refunds, disputes and warnings."""

from attrs import define

from billing_core.adapters.simulated.money import DisputeStatus as Outcome
from billing_core.adapters.stripe.gateway import StripeGateway
from billing_core.application.refunding import RefundWish
from billing_core.domain.acts import Grounds
from billing_core.domain.errors import BillingError
from billing_core.ports.gateway import RefundReason
from billing_core.testing.simulation.customer import Customer
from billing_core.testing.simulation.seeing import Seeing
from billing_core.testing.simulation.world import DAY_S

AN_OPERATOR = Grounds(by="operator", note="the customer asked for it")


@define(eq=False)
class Banking(Seeing):
    """What the shop gives back, and what cardholders and their banks ask back."""

    shop: StripeGateway

    async def refund(self, customer: Customer) -> None:
        """All or part of a payment, at Stripe or by our operator; it may fail to arrive in the end."""
        charges = [charge for charge in self.charges(customer) if charge.left_minor > 0]
        if not charges:
            return
        charge = self.random.choice(charges)
        amount = None if self.random.random() < 0.4 else self.random.randint(1, charge.left_minor)
        if self.random.random() < 0.3:
            wish = RefundWish(payment=charge.intent_id, amount_minor=amount)
            await self.world.within(lambda use: use.refunding()(customer.id, wish, AN_OPERATOR))
            return
        try:
            done = await self.shop.refund(
                charge.intent_id,
                amount_minor=amount,
                reason=RefundReason.REQUESTED,
                idempotency_key=customer.next_key(),
            )
            refund_id = done.refund_id
            if refund_id is None:
                return
            if self.random.random() < 0.25:
                self.world.later(self.random.uniform(1, 10 * DAY_S), lambda: self._bank_answers(refund_id, ok=False))
            elif self.random.random() < 0.5:
                self.world.later(self.random.uniform(1, 5 * DAY_S), lambda: self._bank_answers(refund_id, ok=True))
        except BillingError:
            return

    async def _bank_answers(self, refund_id: str, *, ok: bool) -> None:
        if not self.world.is_at_work:
            return
        self.world.step(f"refund {refund_id} {'arrives' if ok else 'fails'}")
        bank = self.world.stripe.bank
        try:
            await (bank.complete_refund(refund_id) if ok else bank.fail_refund(refund_id))
        except BillingError:
            return

    async def bank(self, customer: Customer) -> None:
        """Disputes a charge or goes on with a dispute, or the card network warns of one."""
        charges = [charge for charge in self.charges(customer) if charge.is_paid]
        if not charges:
            return
        charge, bank = self.random.choice(charges), self.world.stripe.bank
        disputes = [d for d in self.state.disputes.values() if d.charge_id == charge.id]
        going_on = [dispute for dispute in disputes if not dispute.status.is_over]
        try:
            if self.random.random() < 0.2:
                await bank.warn(charge.intent_id)
            elif going_on:
                dispute = going_on[0]
                if dispute.status.is_inquiry and self.random.random() < 0.5:
                    await bank.escalate(dispute.id)
                elif dispute.status.is_inquiry:
                    await bank.close(dispute.id, Outcome.WARNING_CLOSED)
                else:
                    await bank.close(
                        dispute.id, self.random.choice((Outcome.WON, Outcome.WON, Outcome.LOST, Outcome.PREVENTED))
                    )
            elif self.random.random() < 0.5:
                opened = await bank.dispute(charge.intent_id, is_inquiry=self.random.random() < 0.3)
                if not opened.status.is_inquiry and self.random.random() < 0.7:
                    self.world.later(self.random.uniform(1, 20 * DAY_S), lambda: self._decide(opened.id))
        except BillingError:
            return

    async def _decide(self, dispute_id: str) -> None:
        if not self.world.is_at_work:
            return
        outcome = self.random.choice((Outcome.WON, Outcome.WON, Outcome.WON, Outcome.LOST))
        self.world.step(f"dispute {dispute_id} is {outcome.value}")
        try:
            await self.world.stripe.bank.close(dispute_id, outcome)
        except BillingError:
            return
