"""Stripe's own library understands the simulated Stripe's money: objects, pages and errors."""

import pytest
import stripe

from billing_core.adapters.stripe.transport import Transport
from tests.shops.simulated import ASKS, DECLINES_LATER, Shop


def client_of(shop: Shop) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_simulated", http_client=Transport(shop.stripe.answer))


async def bought(shop: Shop) -> str:
    session = await shop.opened("handful")
    await shop.stripe.pay(session.id, "4242424242424242")
    return (await shop.stripe.state()).sessions[session.id].payment_intent_id or ""


async def test_a_refund_is_made_and_found_on_its_charge() -> None:
    shop = Shop()
    client, intent = client_of(shop), await bought(shop)
    refund = await client.v1.refunds.create_async({"payment_intent": intent, "amount": 200, "metadata": {"by": "ops"}})
    paid = await client.v1.payment_intents.retrieve_async(intent, {"expand": ["latest_charge"]})

    assert ("succeeded", 200) == (refund.status, refund.amount)
    assert isinstance(paid.latest_charge, stripe.Charge)
    assert (200, False, "4242") == (
        paid.latest_charge.amount_refunded,
        paid.latest_charge.refunded,
        paid.latest_charge.payment_method_details.card.last4,  # type: ignore[union-attr]  # it was a card
    )


async def test_what_is_disputed_raises_with_its_code() -> None:
    shop = Shop()
    client, intent = client_of(shop), await bought(shop)
    await shop.stripe.bank.dispute(intent)
    with pytest.raises(stripe.InvalidRequestError) as raised:
        await client.v1.refunds.create_async({"payment_intent": intent})

    assert ("charge_disputed", 400) == (raised.value.code, raised.value.http_status)


async def test_pages_are_gone_through_to_the_end() -> None:
    shop = Shop()
    client = client_of(shop)
    intents = [await bought(shop) for _ in range(7)]
    listed = await client.v1.payment_intents.list_async({"limit": 3})

    assert intents[::-1] == [intent.id async for intent in listed.auto_paging_iter()]


async def test_a_card_that_does_not_pay_an_invoice_is_a_card_error() -> None:
    shop = Shop()
    client, _ = client_of(shop), await shop.subscribed(card=DECLINES_LATER)
    await shop.later(days=29)
    with pytest.raises(stripe.CardError) as raised:
        await client.v1.invoices.pay_async("in_00000002")

    assert ("card_declined", 402) == (raised.value.code, raised.value.http_status)


async def test_a_change_that_waits_is_a_pending_update() -> None:
    shop = Shop()
    client, session = client_of(shop), await shop.opened()
    await shop.stripe.pay(session.id, ASKS)
    await shop.stripe.authenticate(session.id)
    sub = (await client.v1.subscriptions.list_async()).data[0]
    changed = await client.v1.subscriptions.update_async(
        sub.id,
        {
            "items": [{"id": sub.items.data[0].id, "price": "price_pro_month"}],
            "payment_behavior": "pending_if_incomplete",
            "proration_behavior": "always_invoice",
        },
    )
    assert changed.pending_update is not None
    assert changed.pending_update.subscription_items is not None
    assert "price_pro_month" == changed.pending_update.subscription_items[0].price.id

    await shop.stripe.authenticate_invoice(str(changed.latest_invoice))
    applied = await client.v1.subscriptions.retrieve_async(sub.id)
    assert ("price_pro_month", None) == (applied.items.data[0].price.id, applied.pending_update)
