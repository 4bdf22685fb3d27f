"""Refunds at the simulated Stripe: in parts, slowly, in vain, and refused as Stripe refuses them."""

from typing import Any

import pytest

from billing_core.adapters.simulated.money import DisputeStatus
from billing_core.domain.errors import IllegalTransition
from tests.stripe.simulated_api import Api

SLOW = "4000000000007726"


async def charge_of(api: Api, intent: str) -> Any:
    return (await api.get(f"/v1/payment_intents/{intent}", expand=["latest_charge"]))["latest_charge"]


async def test_a_payment_goes_back_as_a_whole() -> None:
    api = Api()
    intent = await api.bought()
    before = len(await api.told())
    refund = await api.post("/v1/refunds", payment_intent=intent, reason="duplicate", metadata={"who": "ops"})
    charge = await charge_of(api, intent)

    assert (500, "succeeded", "duplicate", {"who": "ops"}) == (
        refund["amount"],
        refund["status"],
        refund["reason"],
        refund["metadata"],
    )
    assert (500, True) == (charge["amount_refunded"], charge["refunded"])
    assert ["refund.created", "charge.refunded"] == (await api.told())[before:]


async def test_a_payment_goes_back_in_parts_until_nothing_is_left() -> None:
    api = Api()
    intent = await api.bought()
    for amount in (100, 150, 250):
        await api.post("/v1/refunds", payment_intent=intent, amount=amount)
    refunds = (await api.get("/v1/refunds", payment_intent=intent))["data"]

    assert [250, 150, 100] == [refund["amount"] for refund in refunds]
    status, error = await api.refused("POST", "/v1/refunds", payment_intent=intent, amount=1)
    assert (400, "charge_already_refunded") == (status, error["code"])


async def test_more_than_is_left_is_refused() -> None:
    api = Api()
    intent = await api.bought()
    await api.post("/v1/refunds", payment_intent=intent, amount=100)
    status, error = await api.refused("POST", "/v1/refunds", payment_intent=intent, amount=401)

    assert (400, "amount", "Refund amount (401 usd) is greater than unrefunded amount on charge (400 usd)") == (
        status,
        error["param"],
        error["message"],
    )
    assert 100 == (await charge_of(api, intent))["amount_refunded"]


async def test_nothing_is_no_refund_and_a_failed_charge_has_none() -> None:
    api = Api()
    _, error = await api.refused("POST", "/v1/refunds", payment_intent=await api.bought(), amount=0)
    assert ("parameter_invalid_integer", "amount") == (error["code"], error["param"])

    session = await api.shop.opened("handful")
    await api.shop.stripe.pay(session.id, "4000000000009995")
    failed = (await api.get("/v1/charges"))["data"][0]["id"]
    _, error = await api.refused("POST", "/v1/refunds", charge=failed)
    assert "charge" == error["param"]


async def test_what_has_arrived_does_not_arrive_again() -> None:
    api = Api()
    refund = await api.post("/v1/refunds", payment_intent=await api.bought())
    with pytest.raises(IllegalTransition):
        await api.shop.stripe.bank.complete_refund(refund["id"])


async def test_a_refund_names_what_it_is_of() -> None:
    api = Api()
    status, error = await api.refused("POST", "/v1/refunds")
    assert (400, "invalid_request_error") == (status, error["type"])

    charge = await charge_of(api, await api.bought())
    refund = await api.post("/v1/refunds", charge=charge["id"])
    assert (charge["id"], charge["payment_intent"]) == (refund["charge"], refund["payment_intent"])
    assert refund == await api.get(f"/v1/refunds/{refund['id']}")


async def test_a_payment_that_nobody_made_cannot_go_back() -> None:
    api = Api()
    session = await api.shop.opened("handful")
    await api.shop.stripe.pay(session.id, "4000000000009995")
    (intent,) = (await api.get("/v1/payment_intents"))["data"]
    status, error = await api.refused("POST", "/v1/refunds", payment_intent=intent["id"])

    assert (400, "This PaymentIntent (pi_00000001) does not have a successful charge to refund.") == (
        status,
        error["message"],
    )


async def test_a_refund_that_fails_later_gives_the_money_back_to_the_shop() -> None:
    api = Api()
    intent = await api.bought()
    refund = await api.post("/v1/refunds", payment_intent=intent)
    before = len(await api.told())
    await api.shop.stripe.bank.fail_refund(refund["id"], reason="lost_or_stolen_card")
    failed, charge = await api.get(f"/v1/refunds/{refund['id']}"), await charge_of(api, intent)

    assert ("failed", "lost_or_stolen_card") == (failed["status"], failed["failure_reason"])
    assert (0, False) == (charge["amount_refunded"], charge["refunded"])
    assert ["refund.updated", "charge.refund.updated", "refund.failed"] == (await api.told())[before:]
    with pytest.raises(IllegalTransition):
        await api.shop.stripe.bank.fail_refund(refund["id"])


async def test_a_slow_refund_is_pending_until_it_arrives() -> None:
    api = Api()
    intent = await api.bought(card=SLOW)
    refund = await api.post("/v1/refunds", payment_intent=intent)
    assert ("pending", 500) == (refund["status"], (await charge_of(api, intent))["amount_refunded"])
    await api.shop.stripe.bank.complete_refund(refund["id"])

    assert "succeeded" == (await api.get(f"/v1/refunds/{refund['id']}"))["status"]
    assert "refund.updated" in await api.told()


@pytest.mark.parametrize(
    ("inquiry", "outcome", "refused"),
    [
        (False, None, True),
        (True, None, False),
        (False, DisputeStatus.LOST, True),
        (False, DisputeStatus.WON, False),
        (True, DisputeStatus.WARNING_CLOSED, False),
    ],
)
async def test_what_is_charged_back_cannot_be_refunded(
    inquiry: bool, outcome: DisputeStatus | None, refused: bool
) -> None:
    api = Api()
    intent = await api.bought()
    dispute = await api.shop.stripe.bank.dispute(intent, is_inquiry=inquiry)
    if outcome is not None:
        await api.shop.stripe.bank.close(dispute.id, outcome)
    if not refused:
        await api.post("/v1/refunds", payment_intent=intent)
        return
    status, error = await api.refused("POST", "/v1/refunds", payment_intent=intent)
    assert (400, "charge_disputed") == (status, error["code"])


async def test_one_key_gives_back_once() -> None:
    api = Api()
    intent = await api.bought()
    sent = {"Authorization": "Bearer sk_test_x", "Idempotency-Key": "once"}
    body = f"payment_intent={intent}&amount=100".encode()
    first = await api.shop.stripe.answer("POST", "/v1/refunds", sent, body)
    again = await api.shop.stripe.answer("POST", "/v1/refunds", sent, body)

    assert (first[2], 100) == (again[2], (await charge_of(api, intent))["amount_refunded"])
