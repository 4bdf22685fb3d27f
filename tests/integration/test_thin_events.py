"""A notification without content leads to the event that an endpoint for whole events gets: asked for, read alike."""

import json

import pytest

from billing_core.adapters.simulated import thin
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.ports.facts import Announced, InvoicePaid
from tests.shops.simulated import SECRET, Shop

WEBHOOKS = StripeWebhooks([SECRET], {"price_basic_month": "basic_month"})


@pytest.mark.failure("F17")
async def test_a_notification_leads_to_the_event_itself() -> None:
    shop = Shop()
    await shop.subscribed()
    seen = []
    for body in [sent.body.encode() for sent in await shop.stripe.sent()]:
        told = WEBHOOKS.retranslate(body)
        noted = WEBHOOKS.retranslate(json.dumps(thin.notification(json.loads(body))).encode())
        if not isinstance(noted.fact, Announced):
            continue
        fetched = WEBHOOKS.retranslate(await shop.gateway.fetch_event(noted.fact.event_id))
        assert (told.event_id, told.type, told.fact) == (fetched.event_id, fetched.type, fetched.fact)
        seen.append(fetched.fact)
    assert any(isinstance(fact, InvoicePaid) for fact in seen)
