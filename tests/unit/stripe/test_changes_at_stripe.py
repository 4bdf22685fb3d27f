"""Changes at a simulated Stripe, in lives that are less simple than the contract's."""

from datetime import timedelta

import pytest
from attrs import evolve

from billing_core.domain.payments import Sign
from billing_core.domain.subscription import Status
from billing_core.ports.gateway import ChangeOutcome, ChangeStatus, PlanChange, When
from billing_core.testing.contracts.gateway import a_checkout
from tests.shops.simulated import ASKS, DECLINES_LATER, GOOD
from tests.stripe.gateway import an_api
from tests.stripe.mortal import MortalGateway

NOW, LATER = When.NOW, When.PERIOD_END


class Life(MortalGateway):
    """A subscription's life, all of which is held against what Stripe documents."""

    def __init__(self) -> None:
        super().__init__(checked=True)
        self.keys = 0

    async def to(self, sub: str, price: str, when: When = NOW) -> ChangeOutcome:
        self.keys += 1
        wish = PlanChange(subscription_id=sub, price=price, when=when, as_of=self.clock.now())
        return await self.gateway.change_plan(wish, idempotency_key=f"key {self.keys}")

    async def cancel(self, sub: str) -> None:
        self.keys += 1
        await self.gateway.cancel(sub, at_period_end=True, prorate=False, idempotency_key=f"key {self.keys}")

    async def waits_for(self, sub: str) -> str | None:
        pending = (await self.look(sub)).pending_change
        return pending.price if pending else None

    async def over_the_period(self, sub: str) -> None:
        self.clock.at = (await self.look(sub)).period_end + timedelta(hours=2)
        await self.stripe.advance()

    async def in_trial(self, price: str = "basic_month") -> str:
        customer = await self.gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        request = evolve(a_checkout(customer, price), trial_days=14)
        session = await self.gateway.open_checkout(request, idempotency_key="try")
        await self.stripe.pay(session.id, GOOD)
        (sub,) = (await self.state()).subscriptions
        return sub


@pytest.fixture
def life() -> Life:
    return Life()


async def test_a_change_that_took_place_leaves_room_for_the_next(life: Life) -> None:
    sub = await life.subscribed("pro_month")
    await life.to(sub, "basic_month", LATER)
    await life.over_the_period(sub)
    assert ("basic_month", None) == ((await life.look(sub)).price, await life.waits_for(sub))

    await life.to(sub, "pro_month", LATER)
    assert await life.waits_for(sub) == "pro_month"
    await life.over_the_period(sub)
    assert ((await life.look(sub)).price, await life.waits_for(sub)) == ("pro_month", None)


@pytest.mark.parametrize("periods", [1, 2, 3])
async def test_after_a_change_took_place_it_can_be_canceled_and_changed(life: Life, periods: int) -> None:
    sub = await life.subscribed("pro_month")
    await life.to(sub, "basic_month", LATER)
    for _ in range(periods):
        await life.over_the_period(sub)

    await life.cancel(sub)
    assert (await life.look(sub)).cancel_at_period_end
    assert ChangeStatus.DONE is (await life.to(sub, "pro_month")).status
    assert ("pro_month", False) == ((await life.look(sub)).price, (await life.look(sub)).cancel_at_period_end)


async def test_the_last_of_many_wishes_wins(life: Life) -> None:
    sub = await life.subscribed()
    for price in ("pro_month", "basic_year", "pro_year", "pro_month"):
        await life.to(sub, price, LATER)
        assert price == await life.waits_for(sub)
    await life.to(sub, "basic_month", LATER)
    assert await life.waits_for(sub) is None


async def test_a_trial_goes_on_through_a_change(life: Life) -> None:
    sub = await life.in_trial()
    before = await life.look(sub)

    assert ChangeStatus.DONE is (await life.to(sub, "pro_month")).status

    after = await life.look(sub)
    assert (Status.TRIALING, "pro_month", before.trial_end) == (after.status, after.price, after.trial_end)
    await life.over_the_period(sub)
    assert (Status.ACTIVE, "pro_month") == ((await life.look(sub)).status, (await life.look(sub)).price)


async def test_a_change_may_wait_for_the_end_of_a_trial(life: Life) -> None:
    sub = await life.in_trial("pro_month")
    await life.to(sub, "basic_month", LATER)
    trial = await life.look(sub)

    await life.over_the_period(sub)

    assert (Status.TRIALING, "pro_month", "basic_month") == (
        trial.status,
        trial.price,
        trial.pending_change and trial.pending_change.price,
    )
    assert (Status.ACTIVE, "basic_month") == ((await life.look(sub)).status, (await life.look(sub)).price)


async def test_a_change_in_a_trial_costs_nothing(life: Life) -> None:
    sub = await life.in_trial()
    wish = PlanChange(subscription_id=sub, price="pro_month", when=NOW, as_of=life.clock.now())
    quote = await life.gateway.preview_change(wish)
    assert (0, (await life.look(sub)).trial_end) == (quote.due_now_minor, quote.next_at)


async def test_what_is_not_paid_for_can_be_changed(life: Life) -> None:
    sub = await life.subscribed()
    await life.replaced(DECLINES_LATER)
    await life.over_the_period(sub)
    assert (await life.look(sub)).status is Status.PAST_DUE

    assert ChangeStatus.DECLINED is (await life.to(sub, "pro_month")).status
    await life.replaced(GOOD)
    assert ChangeStatus.DONE is (await life.to(sub, "pro_month")).status
    assert (await life.look(sub)).price == "pro_month"


async def test_an_end_that_was_set_by_hand_is_cleared(life: Life) -> None:
    sub = await life.subscribed()
    by_hand = an_api(life.stripe.answer)
    for verb in (lambda: life.to(sub, "pro_month"), lambda: life.gateway.resume(sub, idempotency_key="resume")):
        end = life.clock.now() + timedelta(days=5)
        await by_hand.post(f"/v1/subscriptions/{sub}", key=f"end {end} {verb}", cancel_at=int(end.timestamp()))
        assert end == (await life.look(sub)).ends_at
        await verb()
        assert (await life.look(sub)).ends_at is None


async def test_a_question_of_the_bank_is_forgotten_with_a_newer_wish(life: Life) -> None:
    sub = await life.subscribed()
    await life.replaced(ASKS)
    assert ChangeStatus.PENDING_AUTHENTICATION is (await life.to(sub, "pro_year")).status
    asked = (await life.state()).subscriptions[sub].latest_invoice_id
    await life.replaced(GOOD)

    assert ChangeStatus.DONE is (await life.to(sub, "pro_month")).status

    assert (await life.look(sub)).price == "pro_month"
    assert (await life.state()).invoices[asked or ""].status.value == "void"


async def test_a_question_of_the_bank_that_nobody_answers_changes_nothing(life: Life) -> None:
    sub = await life.subscribed()
    await life.replaced(ASKS)
    before = await life.look(sub)
    await life.to(sub, "pro_month")

    await life.later(hours=24)

    assert before == evolve(await life.look(sub), seen_at=before.seen_at)


async def test_up_and_down_and_up_again_costs_what_it_gives(life: Life) -> None:
    sub = await life.subscribed()
    await life.later(days=10)
    for price in ("pro_month", "basic_month", "pro_month", "basic_month"):
        assert ChangeStatus.DONE is (await life.to(sub, price)).status

    state = await life.state()
    (customer,) = state.customers.values()
    assert sum(invoice.amount_paid for invoice in state.invoices.values()) + customer.balance == 1000


async def test_a_quote_is_what_the_change_bills(life: Life) -> None:
    sub = await life.subscribed()
    for days, price in ((3, "pro_month"), (5, "basic_month"), (7, "pro_year")):
        await life.later(days=days)
        wish = PlanChange(subscription_id=sub, price=price, when=NOW, as_of=life.clock.now())
        quote = await life.gateway.preview_change(wish)
        await life.to(sub, price)
        invoice = await life.gateway.fetch_invoice((await life.state()).subscriptions[sub].latest_invoice_id or "")

        assert invoice is not None
        assert max(0, quote.due_now_minor) == invoice.amount_minor
        assert {(x.sign, x.price, x.start, x.end) for x in quote.lines} == {
            (x.sign, x.price, x.start, x.end) for x in invoice.lines
        }
        assert Sign.CHARGE in {line.sign for line in quote.lines}
        assert quote.next_at == (await life.look(sub)).period_end
