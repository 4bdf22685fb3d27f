"""Laws of the simulated Stripe's money, whatever is bought, given back, disputed and warned of, in whatever order."""

from contextlib import suppress
from typing import Any

from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_core.adapters.simulated.money import DisputeStatus
from billing_core.domain.errors import IllegalTransition
from tests.shops.simulated import DECLINES_LATER, GOOD
from tests.stripe.simulated_api import Api

SLOW, SETTLES, BOUNCES, WARNED_OF = "4000000000007726", "000123456789", "000222222222", "4000000000005423"
OUTCOMES = (DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.PREVENTED, DisputeStatus.WARNING_CLOSED)

BUYING = ("buy", "subscribe", "debit", "renew", "card")
GIVING_BACK = ("part", "whole", "fail", "note", "credit")
DISPUTING = ("dispute", "inquire", "respond", "close", "appeal", "warn")

steps = st.lists(st.sampled_from([*BUYING, *GIVING_BACK, *DISPUTING]), min_size=3, max_size=14)


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
        await self.api.bought(card=(GOOD, SLOW, WARNED_OF)[self.choice % 3])

    async def debit(self) -> None:
        if self.choice % 3 == 0:
            await self.api.shop.subscribed(card=SETTLES)
        else:
            await self.api.bought(card=(SETTLES, BOUNCES)[self.choice % 2])

    async def subscribe(self) -> None:
        await self.api.shop.subscribed(card=(GOOD, DECLINES_LATER)[self.choice % 2])

    async def renew(self) -> None:
        await self.api.shop.later(days=20)

    async def card(self) -> None:
        for customer in (await self.api.shop.stripe.state()).customers:
            cards = (SLOW, DECLINES_LATER, SETTLES, BOUNCES)
            await self.api.shop.stripe.replace_card(customer, cards[self.choice % len(cards)])

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

    async def appeal(self) -> None:
        dispute = await self._one("disputes")
        if dispute is not None:
            await self.api.shop.stripe.bank.appeal(dispute["id"])

    async def respond(self) -> None:
        dispute = await self._one("disputes")
        if dispute is not None:
            await self.api.shop.stripe.bank.respond(dispute["id"])

    async def note(self) -> None:
        await self._note(refund_amount=100)

    async def credit(self) -> None:
        await self._note(credit_amount=60, out_of_band_amount=40)

    async def _note(self, **back: int) -> None:
        """Of what is paid something goes back; of what is owed, less is."""
        invoice = await self._one("invoices")
        if invoice is not None:
            more = back if invoice["status"] == "paid" else {}
            status, _ = await self.api.ask(
                "POST", "/v1/credit_notes", {"invoice": invoice["id"], "amount": 100, **more}
            )
            assert status in {200, 400}

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
        assert (charge["status"] == "pending") is (not charge["paid"] and charge["failure_code"] is None)
        assert charge["disputed"] == bool((await api.get("/v1/disputes", charge=charge["id"]))["data"])
    for warning in state.warnings.values():
        charged = await api.get(f"/v1/charges/{warning.charge_id}")
        assert warning.actionable == (not charged["disputed"] and not charged["refunded"])
    for invoice in (await api.get("/v1/invoices", limit=100))["data"]:
        payments = (await api.get("/v1/invoice_payments", invoice=invoice["id"], status="paid"))["data"]
        assert invoice["amount_paid"] == sum(payment["amount_paid"] for payment in payments)
        owed = invoice["amount_due"] - invoice["amount_paid"] - invoice["amount_paid_off_stripe"]
        assert owed == invoice["amount_remaining"] >= 0
        assert invoice["status"] != "paid" or owed == 0
        notes = (await api.get("/v1/credit_notes", invoice=invoice["id"], limit=100))["data"]
        for kind in ("pre_payment", "post_payment"):
            total = sum(note["amount"] for note in notes if note["type"] == kind)
            assert total == invoice[f"{kind}_credit_notes_amount"]
    paid = sum(charge["amount"] for charge in charges if charge["paid"])
    assert paid == sum(
        intent["amount_received"] for intent in (await api.get("/v1/payment_intents", limit=100))["data"]
    )
    await api.told()
