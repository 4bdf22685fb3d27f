"""The test cards at the simulated Stripe: how each is declined, and what follows the payments of some."""

from typing import Any

import pytest

from billing_core.adapters.simulated import PaymentStatus, Settings
from tests.shops.simulated import NO_FUNDS, Shop
from tests.stripe.simulated_api import Api

NO_REASON, BROKEN = "4000000000000002", "4000 0000 0000 0119"
SUSPECT, WARNED_OF = "4100000000000019", "4000000000005423"
STOLEN, NEVER_CAME, ASKED_ABOUT = "4000000000000259", "4000000000002685", "4000000000001976"


async def the_charge(api: Api) -> Any:
    (charge,) = (await api.get("/v1/charges"))["data"]
    return charge


@pytest.mark.parametrize(
    ("card", "code", "reason", "last_error"),
    [
        (NO_REASON, "card_declined", "generic_decline", ("card_declined", "generic_decline")),
        (NO_FUNDS, "card_declined", "insufficient_funds", ("card_declined", "insufficient_funds")),
        (BROKEN, "processing_error", "processing_error", ("processing_error", None)),
    ],
)
async def test_each_card_is_declined_in_its_own_words(
    card: str, code: str, reason: str, last_error: tuple[str, str | None]
) -> None:
    api = Api()
    session = await api.shop.opened("handful")
    result = await api.shop.stripe.pay(session.id, card)
    charge = await the_charge(api)
    error = (await api.get(f"/v1/payment_intents/{charge['payment_intent']}"))["last_payment_error"]

    assert (PaymentStatus.DECLINED, reason) == (result.status, result.decline_code)
    assert ("failed", code, reason) == (charge["status"], charge["failure_code"], charge["outcome"]["reason"])
    assert last_error == (error["code"], error.get("decline_code"))


async def test_another_card_that_is_declined_does_not_replace_the_first() -> None:
    shop = Shop()
    await shop.subscribed()
    result = await shop.replaced(NO_REASON)

    assert (PaymentStatus.DECLINED, "generic_decline") == (result.status, result.decline_code)


async def test_a_suspect_card_pays_and_is_warned_of_at_once() -> None:
    api = Api()
    await api.bought(card=SUSPECT)
    charge = await the_charge(api)
    warnings = (await api.shop.stripe.state()).warnings.values()

    assert ("succeeded", "highest") == (charge["status"], charge["outcome"]["risk_level"])
    assert [(charge["id"], True)] == [(warning.charge_id, warning.actionable) for warning in warnings]
    assert "radar.early_fraud_warning.created" in await api.told()


async def test_a_suspect_card_is_blocked_where_the_merchant_blocks_the_highest_risk() -> None:
    api = Api(Shop(settings=Settings(blocks_highest_risk=True)))
    session = await api.shop.opened("handful")
    result = await api.shop.stripe.pay(session.id, SUSPECT)
    outcome = (await the_charge(api))["outcome"]

    assert PaymentStatus.DECLINED == result.status
    assert ("blocked", "not_sent_to_network", "highest_risk_level") == (
        outcome["type"],
        outcome["network_status"],
        outcome["reason"],
    )
    assert "radar.early_fraud_warning.created" not in await api.told()


async def test_a_warning_does_not_need_a_high_risk() -> None:
    api = Api()
    await api.bought(card=WARNED_OF)

    assert "normal" == (await the_charge(api))["outcome"]["risk_level"]
    assert 1 == (await api.told()).count("radar.early_fraud_warning.created")


@pytest.mark.parametrize(
    ("card", "reason", "status"),
    [
        (STOLEN, "fraudulent", "needs_response"),
        (NEVER_CAME, "product_not_received", "needs_response"),
        (ASKED_ABOUT, "fraudulent", "warning_needs_response"),
    ],
)
async def test_some_cards_are_disputed_as_soon_as_they_have_paid(card: str, reason: str, status: str) -> None:
    api = Api()
    intent = await api.bought(card=card)
    (dispute,) = (await api.get("/v1/disputes", payment_intent=intent))["data"]

    assert (reason, status) == (dispute["reason"], dispute["status"])
    await api.told()
