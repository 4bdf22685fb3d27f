"""One premium plan, no credits: seed 000, walked over HTTP, event by event."""

from collections.abc import AsyncIterator

import pytest

from tests.journeys.walk import Walk, walking


@pytest.fixture
async def walk() -> AsyncIterator[Walk]:
    async with walking("premium_images") as walk:
        yield walk


async def test_a_checkout_becomes_the_premium_plan_event_by_event(walk: Walk) -> None:
    await walk.hold()
    session_id = await walk.checkout("/subscriptions/checkout", tier="premium")
    assert "succeeded" == (await walk.pay(session_id))["status"]
    seen = []
    for webhook in await walk.held():
        assert 200 == (await walk.tell(webhook)).status_code
        subscription = await walk.get("/subscriptions")
        seen.append((webhook.type, subscription["tier"], subscription["status"]))

    assert ("customer.subscription.created", "free", "active") in seen
    assert ("invoice.paid", "premium", "active") in seen
    assert ("checkout.session.completed", "premium", "active") == seen[-1]
