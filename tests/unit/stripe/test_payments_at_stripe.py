"""What becomes of payments at a simulated Stripe, and how that is told."""

import pytest

from billing_core.adapters.simulated.money import DisputeStatus as Told
from billing_core.domain.disputes import DisputeStatus
from billing_core.domain.fraud import RiskLevel
from billing_core.ports.facts import CheckoutProgressed, InvoicePaid
from billing_core.ports.gateway import PaymentState, RefundOutcome, RefundReason, RefundStatus
from billing_core.testing.contracts.gateway import a_checkout
from tests.shops.simulated import GOOD
from tests.stripe.mortal import MortalGateway

SLOW = "4000000000007726"


class Till(MortalGateway):
    def __init__(self) -> None:
        super().__init__(checked=True)

    async def bought(self, price: str = "handful", card: str = GOOD) -> str:
        """The id of the payment intent."""
        customer = await self.gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        session = await self.gateway.open_checkout(a_checkout(customer, price), idempotency_key=f"buy {price}")
        await self.stripe.pay(session.id, card)
        *_, intent = (await self.state()).intents
        return intent

    async def payment(self, name: str) -> PaymentState:
        return await self.gateway.fetch_payment(name, now=self.clock.now())

    async def give_back(self, name: str, amount: int | None = None, key: str = "k") -> RefundOutcome:
        reason = RefundReason.REQUESTED
        return await self.gateway.refund(name, amount_minor=amount, reason=reason, idempotency_key=key)


@pytest.fixture
def till() -> Till:
    return Till()


async def test_every_name_tells_the_same_payment_of_a_pack(till: Till) -> None:
    intent = await till.bought()
    (charge,) = (await till.state()).charges

    state = await till.payment(intent)

    assert state == await till.payment(charge)
    assert isinstance(state.settles, CheckoutProgressed)
    assert (intent, intent, 500) == (state.id, state.settles.payment_id, state.amount_minor)


async def test_every_name_tells_the_same_payment_of_a_subscription(till: Till) -> None:
    intent = await till.bought("pro_month")
    (charge,), (invoice,) = (await till.state()).charges, (await till.state()).invoices

    state = await till.payment(invoice)

    assert state == await till.payment(charge) == await till.payment(intent)
    assert isinstance(state.settles, InvoicePaid)
    assert (invoice, 3000) == (state.id, state.amount_minor)


async def test_a_refund_that_takes_days_counts_at_once(till: Till) -> None:
    intent = await till.bought(card=SLOW)

    outcome = await till.give_back(intent, 200)

    assert (RefundStatus.PENDING, 200) == (outcome.status, (await till.payment(intent)).refunded_minor)
    await till.stripe.bank.complete_refund(outcome.refund_id or "")
    assert RefundStatus.SUCCEEDED is (await till.give_back(intent, 200)).status
    assert (await till.payment(intent)).refunded_minor == 200


async def test_a_refund_that_fails_was_none(till: Till) -> None:
    intent = await till.bought()
    outcome = await till.give_back(intent)
    await till.stripe.bank.fail_refund(outcome.refund_id or "")

    assert (await till.payment(intent)).refunded_minor == 0
    assert RefundStatus.FAILED is (await till.give_back(intent)).status
    assert RefundStatus.SUCCEEDED is (await till.give_back(intent, key="again")).status
    assert (await till.payment(intent)).refunded_minor == 500


@pytest.mark.parametrize(
    ("outcome", "expected", "is_given_back"),
    [
        (Told.WON, DisputeStatus.WON, True),
        (Told.LOST, DisputeStatus.LOST, False),
        (Told.PREVENTED, DisputeStatus.PREVENTED, False),
    ],
)
async def test_a_dispute_from_its_opening_to_its_end(
    till: Till, outcome: Told, expected: DisputeStatus, is_given_back: bool
) -> None:
    intent = await till.bought()
    dispute = await till.stripe.bank.dispute(intent, reason="duplicate")
    (opened,) = (await till.payment(intent)).disputes
    await till.stripe.bank.close(dispute.id, outcome)
    (closed,) = (await till.payment(intent)).disputes

    assert (DisputeStatus.OPEN, "duplicate", 500) == (opened.status, opened.reason, opened.amount_minor)
    assert expected is closed.status
    assert is_given_back is ((await till.give_back(intent)).status is RefundStatus.SUCCEEDED)


async def test_an_inquiry_is_answered_by_giving_back(till: Till) -> None:
    intent = await till.bought()
    await till.stripe.bank.dispute(intent, is_inquiry=True)

    assert [DisputeStatus.INQUIRY] == [each.status for each in (await till.payment(intent)).disputes]
    assert RefundStatus.SUCCEEDED is (await till.give_back(intent)).status


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("4000000000004954", RiskLevel.HIGHEST),
        ("4000000000009235", RiskLevel.ELEVATED),
        (GOOD, RiskLevel.NORMAL),
    ],
)
async def test_what_the_card_network_thinks_of_it_is_told(till: Till, card: str, expected: RiskLevel) -> None:
    assert expected is (await till.payment(await till.bought(card=card))).risk
