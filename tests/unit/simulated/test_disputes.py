"""Disputes, inquiries and early warnings of fraud at the simulated Stripe."""

import pytest

from billing_core.adapters.simulated.money import DisputeStatus
from billing_core.domain.errors import IllegalTransition
from billing_core.ports.errors import UnknownAtGateway
from tests.stripe.simulated_api import Api


async def test_a_dispute_takes_the_money_and_marks_the_charge() -> None:
    api = Api()
    intent = await api.bought()
    before = len(await api.told())
    await api.shop.stripe.bank.dispute(intent, reason="product_not_received")
    (dispute,) = (await api.get("/v1/disputes", payment_intent=intent))["data"]
    charge = await api.get(f"/v1/charges/{dispute['charge']}")

    assert ("needs_response", "product_not_received", 500, False) == (
        dispute["status"],
        dispute["reason"],
        dispute["amount"],
        dispute["is_charge_refundable"],
    )
    assert charge["disputed"] is True
    assert ["charge.updated", "charge.dispute.created", "charge.dispute.funds_withdrawn"] == (await api.told())[before:]


async def test_an_inquiry_takes_nothing_until_it_becomes_a_dispute() -> None:
    api = Api()
    bank = api.shop.stripe.bank
    inquiry = await bank.dispute(await api.bought(), is_inquiry=True)
    shown = await api.get(f"/v1/disputes/{inquiry.id}")
    assert ("warning_needs_response", True) == (shown["status"], shown["is_charge_refundable"])
    assert "charge.dispute.funds_withdrawn" not in await api.told()

    await bank.escalate(inquiry.id)
    assert "needs_response" == (await api.get(f"/v1/disputes/{inquiry.id}"))["status"]
    assert ["charge.dispute.updated", "charge.dispute.funds_withdrawn"] == (await api.told())[-2:]


@pytest.mark.parametrize(
    ("outcome", "events"),
    [
        (DisputeStatus.WON, ["charge.dispute.closed", "charge.dispute.funds_reinstated"]),
        (DisputeStatus.PREVENTED, ["charge.dispute.closed", "charge.dispute.funds_reinstated"]),
        (DisputeStatus.LOST, ["charge.dispute.closed"]),
    ],
)
async def test_a_dispute_ends_once(outcome: DisputeStatus, events: list[str]) -> None:
    api = Api()
    bank = api.shop.stripe.bank
    dispute = await bank.dispute(await api.bought())
    await bank.respond(dispute.id)
    before = len(await api.told())
    await bank.close(dispute.id, outcome)

    assert outcome.value == (await api.get(f"/v1/disputes/{dispute.id}"))["status"]
    assert events == (await api.told())[before:]
    with pytest.raises(IllegalTransition):
        await bank.close(dispute.id, outcome)


@pytest.mark.parametrize("outcome", [DisputeStatus.WON, DisputeStatus.LOST])
async def test_a_dispute_that_was_lost_is_appealed_and_decided_anew(outcome: DisputeStatus) -> None:
    api = Api()
    bank = api.shop.stripe.bank
    intent = await api.bought()
    dispute = await bank.dispute(intent)
    with pytest.raises(IllegalTransition):
        await bank.appeal(dispute.id)
    await bank.close(dispute.id, DisputeStatus.LOST)
    path = f"/v1/disputes/{dispute.id}"

    await bank.appeal(dispute.id)
    assert ("appeal_needs_response", False) == (
        (await api.get(path))["status"],
        (await api.get(path))["is_charge_refundable"],
    )
    assert 400 == (await api.refused("POST", "/v1/refunds", payment_intent=intent))[0]
    await bank.respond(dispute.id)
    assert "appeal_under_review" == (await api.get(path))["status"]
    await bank.close(dispute.id, outcome)
    assert outcome.value == (await api.get(path))["status"]
    assert (outcome is DisputeStatus.WON) is ("charge.dispute.funds_reinstated" in await api.told())


async def test_an_inquiry_is_neither_won_nor_lost() -> None:
    api = Api()
    inquiry = await api.shop.stripe.bank.dispute(await api.bought(), is_inquiry=True)
    await api.shop.stripe.bank.respond(inquiry.id)
    with pytest.raises(IllegalTransition):
        await api.shop.stripe.bank.close(inquiry.id, DisputeStatus.LOST)
    await api.shop.stripe.bank.close(inquiry.id, DisputeStatus.WARNING_CLOSED)

    assert "warning_closed" == (await api.get(f"/v1/disputes/{inquiry.id}"))["status"]


async def test_only_what_is_open_is_responded_to_or_escalated() -> None:
    api = Api()
    bank = api.shop.stripe.bank
    dispute = await bank.dispute(await api.bought(), amount_minor=200)
    with pytest.raises(IllegalTransition):
        await bank.escalate(dispute.id)
    await bank.close(dispute.id, DisputeStatus.LOST)
    with pytest.raises(IllegalTransition):
        await bank.respond(dispute.id)

    assert 200 == (await api.get(f"/v1/disputes/{dispute.id}"))["amount"]


async def test_a_dispute_tells_its_charge_and_intent_whole_where_it_is_asked_to() -> None:
    api = Api()
    dispute = await api.shop.stripe.bank.dispute(await api.bought())
    told = await api.get(f"/v1/disputes/{dispute.id}", expand=["charge.payment_intent", "payment_intent"])

    assert told["payment_intent"] == told["charge"]["payment_intent"]
    assert "succeeded" == told["payment_intent"]["status"]


async def test_an_invoice_is_disputed_by_its_charge() -> None:
    api = Api()
    await api.shop.subscribed()
    dispute = await api.shop.stripe.bank.dispute("in_00000001")

    assert [dispute.id] == [told["id"] for told in (await api.get("/v1/disputes", charge=dispute.charge_id))["data"]]


async def test_a_charge_is_disputed_once_and_only_if_it_was_paid() -> None:
    api = Api()
    intent = await api.bought()
    await api.shop.stripe.bank.dispute(intent)
    with pytest.raises(IllegalTransition):
        await api.shop.stripe.bank.dispute(intent)
    with pytest.raises(UnknownAtGateway):
        await api.shop.stripe.bank.dispute("pi_none")


async def test_a_warning_is_actionable_until_the_charge_is_refunded() -> None:
    api = Api()
    intent = await api.bought()
    warning = await api.shop.stripe.bank.warn(intent, kind="made_with_lost_card")
    path = f"/v1/radar/early_fraud_warnings/{warning.id}"
    told = await api.get(path)
    assert (True, "made_with_lost_card", intent) == (told["actionable"], told["fraud_type"], told["payment_intent"])

    await api.post("/v1/refunds", payment_intent=intent, amount=100)
    assert "radar.early_fraud_warning.updated" not in await api.told()
    await api.post("/v1/refunds", payment_intent=intent)
    assert (False, 1) == (
        (await api.get(path))["actionable"],
        (await api.told()).count("radar.early_fraud_warning.updated"),
    )


async def test_nothing_can_be_done_about_a_warning_of_what_is_disputed() -> None:
    api = Api()
    intent = await api.bought()
    before = await api.shop.stripe.bank.warn(intent)
    await api.shop.stripe.bank.dispute(intent)
    after = await api.shop.stripe.bank.warn(intent)

    assert (False, False) == (
        (await api.get(f"/v1/radar/early_fraud_warnings/{before.id}"))["actionable"],
        after.actionable,
    )
