"""Laws of the simulated Stripe's money, whatever is bought, given back, disputed and warned of, in whatever order."""

from contextlib import suppress
from typing import Any

from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_core.adapters.simulated.money import DisputeStatus
from billing_core.domain.errors import IllegalTransition
from tests.simulated_api import Api
from tests.simulated_shop import DECLINES_LATER, GOOD

SLOW = "4000000000007726"
OUTCOMES = (DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.PREVENTED, DisputeStatus.WARNING_CLOSED)

steps = st.lists(
    st.sampled_from(
        ["buy", "subscribe", "renew", "part", "whole", "fail", "dispute", "inquire", "close", "warn", "card"]
    ),
    min_size=3,
    max_size=14,
)


@define
class Story:
    """What happens in a shop; where something cannot be, it does not happen."""

    api: Api = field(factory=Api)
    choice: int = 0

    async def step(self, name: str) -> None:
        self.choice += 7
        with suppress(IllegalTransition):
            await getattr(self, name)()

    async def buy(self) -> None:
        await self.api.bought(card=(GOOD, SLOW)[self.choice % 2])

    async def subscribe(self) -> None:
        await self.api.shop.subscribed(card=(GOOD, DECLINES_LATER)[self.choice % 2])

    async def renew(self) -> None:
        await self.api.shop.later(days=20)

    async def card(self) -> None:
        for customer in (await self.api.shop.stripe.state()).customers:
            await self.api.shop.stripe.replace_card(customer, (SLOW, DECLINES_LATER)[self.choice % 2])

    async def part(self) -> None:
        await self._refund(amount=100)

    async def whole(self) -> None:
        await self._refund()

    async def _refund(self, **params: Any) -> None:
        charge = await self._one("charges")
        if charge is None:
            return
        status, _, _ = await self.api.shop.stripe.answer(
            "POST",
            "/v1/refunds",
            {"Authorization": "Bearer sk_test_x"},
            "&".join(f"{name}={value}" for name, value in {"charge": charge["id"], **params}.items()).encode(),
        )
        assert status in {200, 400}

    async def fail(self) -> None:
        refund = await self._one("refunds")
        if refund is not None:
            await self.api.shop.stripe.bank.fail_refund(refund["id"])

    async def dispute(self) -> None:
        charge = await self._one("charges")
        if charge is not None:
            await self.api.shop.stripe.bank.dispute(charge["id"])

    async def inquire(self) -> None:
        charge = await self._one("charges")
        if charge is not None:
            await self.api.shop.stripe.bank.dispute(charge["id"], is_inquiry=True)

    async def close(self) -> None:
        dispute = await self._one("disputes")
        if dispute is not None:
            await self.api.shop.stripe.bank.close(dispute["id"], OUTCOMES[self.choice % len(OUTCOMES)])

    async def warn(self) -> None:
        charge = await self._one("charges")
        if charge is not None:
            await self.api.shop.stripe.bank.warn(charge["id"])

    async def _one(self, what: str) -> Any:
        listed = (await self.api.get(f"/v1/{what}", limit=100))["data"]
        return listed[self.choice % len(listed)] if listed else None


@settings(max_examples=settings().max_examples // 5)
@given(steps=steps)
async def test_money_is_where_its_objects_say(steps: list[str]) -> None:
    story = Story()
    for step in steps:
        await story.step(step)
    api, state = story.api, await story.api.shop.stripe.state()
    charges = (await api.get("/v1/charges", limit=100))["data"]
    for charge in charges:
        refunds = (await api.get("/v1/refunds", charge=charge["id"], limit=100))["data"]
        back = sum(refund["amount"] for refund in refunds if refund["status"] != "failed")
        assert back == charge["amount_refunded"] <= charge["amount"]
        assert charge["refunded"] == (charge["paid"] and back == charge["amount"])
        assert charge["disputed"] == bool((await api.get("/v1/disputes", charge=charge["id"]))["data"])
    for warning in state.warnings.values():
        charged = await api.get(f"/v1/charges/{warning.charge_id}")
        assert warning.actionable == (not charged["disputed"] and not charged["refunded"])
    for invoice in (await api.get("/v1/invoices", limit=100))["data"]:
        payments = (await api.get("/v1/invoice_payments", invoice=invoice["id"], status="paid"))["data"]
        assert invoice["amount_paid"] == sum(payment["amount_paid"] for payment in payments)
    paid = sum(charge["amount"] for charge in charges if charge["paid"])
    assert paid == sum(
        intent["amount_received"] for intent in (await api.get("/v1/payment_intents", limit=100))["data"]
    )
    await api.told()
