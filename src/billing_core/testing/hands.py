"""What customers, banks and merchants do at the gateway, in a test's words. Each waits until the books know."""

from attrs import frozen

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.simulated.money import DisputeStatus
from billing_core.application.checking_out import CheckoutStarted
from billing_core.domain.catalog import Interval
from billing_core.domain.errors import NoCustomer
from billing_core.entrypoints.simulated import Paid
from billing_core.facade import Billing
from billing_core.ports.gateway import PaymentGateway, PaymentShown, RefundOutcome, RefundReason
from billing_core.testing.clock import Standing

GOOD = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 9995"
DECLINED_LATER = "4000 0000 0000 0341"
ASKS = "4000 0025 0000 3155"


class NotPaid(AssertionError):
    """A test's customer could not pay."""


@frozen(kw_only=True)
class Hands:
    """Acts for the customers, by account id. `stripe` is the simulated Stripe itself, for all that has no verb here.

    A payment is the account's latest one, unless its id is given.
    """

    stripe: SimulatedStripe
    _billing: Billing
    _standing: Standing
    _gateway: PaymentGateway

    async def subscribe(
        self, account: str, tier: str, *, interval: Interval = Interval.MONTH, card: str = GOOD, currency: str = "usd"
    ) -> str:
        """The customer goes through the checkout of a plan and pays; the id of the subscription.

        Raises NotPaid where the card does not pay, and what `Billing.checkout` raises.
        """
        checkout = await self._billing.checkout(
            account, tier=tier, interval=interval, currency=currency, email=f"{account}@example.com"
        )
        await self._must_pay(checkout, card)
        subscription_id = (await self.stripe.state()).sessions[checkout.session_id].subscription_id
        if subscription_id is None:
            raise NotPaid("no subscription came of the checkout")
        return subscription_id

    async def buy(self, account: str, pack: str, *, card: str = GOOD, currency: str = "usd") -> str:
        """The customer buys a pack; the id of the payment. Raises NotPaid, and what `Billing.checkout` raises."""
        checkout = await self._billing.checkout(account, pack=pack, currency=currency, email=f"{account}@example.com")
        await self._must_pay(checkout, card)
        return await self.latest_payment(account)

    async def pay(self, checkout: CheckoutStarted | str, card: str = GOOD) -> Paid:
        """The customer pays a checkout; how that ended."""
        session_id = checkout if isinstance(checkout, str) else checkout.session_id
        return await self._standing.pay(session_id, card)

    async def authenticate(self, checkout: CheckoutStarted | str, *, ok: bool = True) -> Paid:
        """The customer answers the question of their bank, which a card like ASKS brings up."""
        session_id = checkout if isinstance(checkout, str) else checkout.session_id
        return await self._standing.authenticate(session_id, ok=ok)

    async def decline(self, account: str) -> None:
        """From now on the customer's card is declined, so that the next renewal fails. Raises NoCustomer."""
        await self._standing.replace_card(account, DECLINED_LATER)
        await self._standing.settle()

    async def accept(self, account: str) -> None:
        """The customer has a good card again; what is open is collected at its next retry. Raises NoCustomer."""
        await self._standing.replace_card(account, GOOD)
        await self._standing.settle()

    async def refund(
        self, account: str, *, amount_minor: int | None = None, payment: str | None = None
    ) -> RefundOutcome:
        """The merchant gives a payment back: so much, or all that is left. Whether that went is a value."""
        payment = payment or await self.latest_payment(account)
        key = f"refund {payment} {len((await self.stripe.state()).refunds)}"
        outcome = await self._gateway.refund(
            payment, amount_minor=amount_minor, reason=RefundReason.REQUESTED, idempotency_key=key
        )
        await self._standing.settle()
        return outcome

    async def dispute(self, account: str, *, reason: str = "fraudulent", payment: str | None = None) -> str:
        """The cardholder disputes a payment with the bank; the id of the dispute."""
        dispute = await self.stripe.bank.dispute(payment or await self.latest_payment(account), reason=reason)
        await self._standing.settle()
        return dispute.id

    async def win(self, dispute: str) -> None:
        """The merchant wins it, and the money comes back."""
        await self._close(dispute, DisputeStatus.WON)

    async def lose(self, dispute: str) -> None:
        """The merchant loses it, for good."""
        await self._close(dispute, DisputeStatus.LOST)

    async def warn_of_fraud(self, account: str, *, payment: str | None = None) -> str:
        """The card's network holds a payment for fraud, before anybody disputes it; the id of the warning."""
        warning = await self.stripe.bank.warn(payment or await self.latest_payment(account))
        await self._standing.settle()
        return warning.id

    async def payments(self, account: str) -> tuple[PaymentShown, ...]:
        """What the customer has paid, or tried to, newest first; at most a hundred."""
        return (await self._billing.use_cases.paying(account, limit=100)).items

    async def latest_payment(self, account: str) -> str:
        """The id of the newest payment whose money came. Raises NoCustomer, LookupError."""
        if (await self._billing.account(account)).account.customer_id is None:
            raise NoCustomer()
        paid = next((payment for payment in await self.payments(account) if payment.status == "succeeded"), None)
        if paid is None:
            raise LookupError(f"{account} has paid nothing yet")
        return paid.id

    async def told(self) -> list[str]:
        """The types of the events that the gateway has made so far, oldest first."""
        return [sent.type for sent in await self.stripe.sent()]

    async def _must_pay(self, checkout: CheckoutStarted, card: str) -> None:
        paid = await self.pay(checkout, card)
        if paid.status == "requires_authentication":
            paid = await self.authenticate(checkout)
        if paid.status != "succeeded":
            raise NotPaid(f"the card was not charged: {paid.status} {paid.decline_code or ''}".strip())

    async def _close(self, dispute: str, outcome: DisputeStatus) -> None:
        await self.stripe.bank.close(dispute, outcome)
        await self._standing.settle()
