"""What the bank says to a change, and what becomes of money that is disputed."""

from enum import Enum

from billing_core.domain.disputes import DisputeStatus
from billing_core.ports.clock import Clock
from billing_core.ports.gateway import (
    ChangeOutcome,
    ChangeStatus,
    PaymentGateway,
    PlanChange,
    RefundReason,
    RefundStatus,
    When,
)
from billing_core.testing.contracts.gateway.base import GatewayContract
from billing_core.testing.contracts.gateway.shop import a_checkout


class Card(Enum):
    """How a card behaves when it is charged for a change."""

    PAYS = "pays"
    ASKS = "asks"
    DECLINES = "declines"


class BankContract(GatewayContract):
    """A decline changes nothing and is a value; a question waits for its answer."""

    async def use_card(self, gateway: PaymentGateway, card: Card) -> None:
        """From now on the customer of the story pays by such a card."""
        raise NotImplementedError

    async def authenticate(self, gateway: PaymentGateway, invoice_id: str) -> None:
        """The card's owner says yes to what the bank asked about the invoice."""
        raise NotImplementedError

    async def dispute(self, gateway: PaymentGateway, payment: str) -> None:
        """The card's owner wants the money of the payment back."""
        raise NotImplementedError

    async def upgraded(self, gateway: PaymentGateway, subscription_id: str, key: str = "up") -> ChangeOutcome:
        wish = PlanChange(subscription_id=subscription_id, price="pro_month", when=When.NOW)
        return await gateway.change_plan(wish, idempotency_key=key)

    async def test_a_card_is_told_alike_whoever_pays_with_it(self, gateway: PaymentGateway) -> None:
        subscription_id = await self.subscribe(gateway)
        told = await gateway.card_of(subscription_id)
        await self.use_card(gateway, Card.DECLINES)
        other = await gateway.card_of(subscription_id)
        await self.use_card(gateway, Card.PAYS)
        bob = await gateway.ensure_customer("acc_2", email="b@app.test", name="Bob")
        session = await gateway.open_checkout(a_checkout(bob, account_id="acc_2"), idempotency_key="bob's")
        his = await self.pay(gateway, session)

        assert told
        assert told != other
        assert his is not None
        assert await gateway.card_of(his) == told

    async def test_a_declined_change_changes_nothing(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        later = PlanChange(subscription_id=subscription_id, price="basic_year", when=When.PERIOD_END)
        await gateway.change_plan(later, idempotency_key="later")
        before = await self.look(gateway, clock, subscription_id)
        await self.use_card(gateway, Card.DECLINES)

        outcome = await self.upgraded(gateway, subscription_id)

        assert ChangeStatus.DECLINED is outcome.status
        assert outcome.decline_code
        assert before == await self.look(gateway, clock, subscription_id)
        assert await gateway.fetch_invoice(await self.latest_invoice(gateway, subscription_id)) is None

    async def test_a_declined_change_leaves_a_cancellation(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        await gateway.cancel(subscription_id, at_period_end=True, prorate=False, idempotency_key="cancel")
        await self.use_card(gateway, Card.DECLINES)

        await self.upgraded(gateway, subscription_id)

        assert (await self.look(gateway, clock, subscription_id)).cancel_at_period_end

    async def test_another_card_pays_under_another_key(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        await self.use_card(gateway, Card.DECLINES)
        first = await self.upgraded(gateway, subscription_id)
        await self.use_card(gateway, Card.PAYS)

        assert first == await self.upgraded(gateway, subscription_id)
        assert ChangeStatus.DONE is (await self.upgraded(gateway, subscription_id, "again")).status
        assert (await self.look(gateway, clock, subscription_id)).price == "pro_month"

    async def test_a_change_waits_until_the_bank_is_answered(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        await self.use_card(gateway, Card.ASKS)

        outcome = await self.upgraded(gateway, subscription_id)
        waiting = await self.look(gateway, clock, subscription_id)
        await self.authenticate(gateway, await self.latest_invoice(gateway, subscription_id))

        assert (outcome.status, waiting.price) == (ChangeStatus.PENDING_AUTHENTICATION, "basic_month")
        assert (outcome.hosted_invoice_url or "").startswith("http")
        assert (await self.look(gateway, clock, subscription_id)).price == "pro_month"
        assert ChangeStatus.DONE is (await self.upgraded(gateway, subscription_id)).status

    async def test_a_cancellation_drops_what_the_bank_asks_about(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        await self.use_card(gateway, Card.ASKS)
        await self.upgraded(gateway, subscription_id)

        await gateway.cancel(subscription_id, at_period_end=True, prorate=False, idempotency_key="cancel")

        sub = await self.look(gateway, clock, subscription_id)
        assert (sub.price, sub.cancel_at_period_end) == ("basic_month", True)
        assert ChangeStatus.DECLINED is (await self.upgraded(gateway, subscription_id)).status

    async def test_what_is_disputed_is_told_and_not_given_back(self, gateway: PaymentGateway, clock: Clock) -> None:
        invoice_id = await self.latest_invoice(gateway, await self.subscribe(gateway))
        await self.dispute(gateway, invoice_id)

        (dispute,) = (await gateway.fetch_payment(invoice_id, now=clock.now())).disputes
        refused = await gateway.refund(
            invoice_id, amount_minor=None, reason=RefundReason.FRAUDULENT, idempotency_key="k"
        )

        assert (dispute.status, dispute.amount_minor) == (DisputeStatus.OPEN, 1000)
        assert RefundStatus.REFUSED is refused.status
