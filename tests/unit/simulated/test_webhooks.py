"""The simulated Stripe's news: in Stripe's shapes, really signed, and sent until they are taken."""

import json
from datetime import timedelta

import pytest
import stripe

from billing_core.adapters.simulated.stocking import price_id
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.domain.errors import IllegalTransition
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.facts import CheckoutProgressed, InvoicePaid, NotUnderstood
from billing_core.ports.gateway import When
from billing_core.ports.webhooks import Delivery
from billing_core.testing.contracts.gateway import SHOP
from tests.shops.simulated import ASKS, DECLINES_LATER, GOOD, SECRET, Receiver, Shop, a_change


async def a_story(shop: Shop) -> None:
    """A bit of everything that makes events."""
    sub = await shop.subscribed(trial_days=5)
    await shop.gateway.change_plan(a_change(sub, "pro_month"), idempotency_key="a")
    await shop.later(days=10)
    await shop.gateway.change_plan(a_change(sub, "basic_month"), idempotency_key="b")
    await shop.later(days=1)
    await shop.gateway.change_plan(a_change(sub, "pro_year", When.PERIOD_END), idempotency_key="c")
    await shop.replaced(ASKS)
    await shop.gateway.change_plan(a_change(sub, "pro_month"), idempotency_key="d")
    await shop.later(days=2)
    await shop.replaced(DECLINES_LATER)
    await shop.opened()
    pack = await shop.opened("handful")
    await shop.stripe.pay(pack.id, GOOD)
    await shop.later(days=60)


def read(body: bytes) -> Delivery:
    prices = {price_id(key): key for key in SHOP.current.offers}
    return StripeWebhooks((SECRET,), prices).retranslate(body)


async def test_each_event_is_signed_by_the_clock_and_read_by_stripes_own_library() -> None:
    shop = Shop()
    await a_story(shop)
    taken = await shop.stripe.deliver_pending()

    assert taken == len(shop.receiver.got) == len(await shop.stripe.sent())
    for body, signature in shop.receiver.got:
        assert signature.startswith(f"t={int(shop.clock.at.timestamp())},v1=")
        event = stripe.Webhook.construct_event(body, signature, SECRET, tolerance=0)
        assert (event.api_version, event.livemode) == ("2026-10-28.endive", False)


async def test_a_subscription_keeps_its_period_on_its_item() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    (event,) = await shop.events("customer.subscription.created")
    told = stripe.Subscription.construct_from(event["data"]["object"], None)
    item = told["items"].data[0]

    assert (sub, "active", None, False) == (told.id, told.status, told.cancel_at, told.cancel_at_period_end)
    assert told.billing_cycle_anchor == item.current_period_start
    assert (item.price.id, item.price.lookup_key) == ("price_basic_month", "basic_month")
    assert not hasattr(told, "current_period_end")


async def test_the_news_of_an_invoice_say_what_a_fetch_says() -> None:
    shop = Shop()
    await a_story(shop)
    facts = [read(json.dumps(event).encode()).fact for event in await shop.events("invoice.paid")]

    assert len(facts) > 4
    for fact in facts:
        assert isinstance(fact, InvoicePaid)
        assert fact == await shop.paid(fact.invoice_id)


async def test_all_of_the_news_are_understood() -> None:
    shop = Shop()
    await a_story(shop)
    facts = [read(json.dumps(event).encode()).fact for event in await shop.events()]

    assert [fact for fact in facts if isinstance(fact, NotUnderstood)] == []
    assert {"acc_1"} == {fact.account_hint for fact in facts if isinstance(fact, CheckoutProgressed)}


async def test_an_event_that_is_refused_is_sent_again_ever_later() -> None:
    shop = Shop(receiver=Receiver(status=500))
    await shop.opened()
    gaps = []
    for _ in range(100):
        if await shop.stripe.deliver_pending() or not (await shop.stripe.sent())[0].next_at:
            break
        due = (await shop.stripe.sent())[0].next_at
        assert due is not None
        gaps.append((due - shop.clock.at) // timedelta(minutes=1))
        shop.clock.at = due

    assert gaps[:6] == [1, 5, 30, 120, 300, 600]
    assert 72 * 60 >= sum(gaps) > 60 * 60
    assert ((await shop.stripe.sent())[0].last_status, (await shop.stripe.sent())[0].delivered_at) == (500, None)


async def test_a_receiver_that_falls_over_is_asked_again() -> None:
    async def fall(body: bytes, signature: str) -> int:
        raise ConnectionError("nobody there")

    shop = Shop()
    shop.stripe._engine.deliver = fall
    await shop.opened()

    assert await shop.stripe.deliver_pending() == 0
    assert (await shop.stripe.sent())[0].last_status == 0


async def test_an_event_that_was_taken_is_not_sent_again_unless_asked_for() -> None:
    shop = Shop()
    await shop.opened()
    await shop.stripe.deliver_pending()
    assert await shop.stripe.deliver_pending() == 0
    await shop.stripe.resend((await shop.stripe.sent())[0].id)

    assert await shop.stripe.deliver_pending() == 1
    assert shop.receiver.got[0] == shop.receiver.got[-1]
    with pytest.raises(UnknownAtGateway):
        await shop.stripe.resend("evt_unknown")


async def test_what_is_held_back_goes_out_when_it_is_released() -> None:
    shop = Shop()
    shop.stripe.hold()
    await shop.subscribed()

    assert (0, []) == (await shop.stripe.deliver_pending(), shop.receiver.got)
    assert len(await shop.stripe.sent()) == await shop.stripe.release()
    assert not shop.stripe.is_holding
    assert [sent.id for sent in await shop.stripe.sent()] == [json.loads(body)["id"] for body, _ in shop.receiver.got]


async def test_what_is_released_shuffled_comes_once_each_and_in_another_order() -> None:
    shop = Shop()
    shop.stripe.hold()
    await shop.subscribed()
    await shop.stripe.release(shuffled=True)
    happened = [sent.id for sent in await shop.stripe.sent()]
    came = [json.loads(body)["id"] for body, _ in shop.receiver.got]

    assert happened != came
    assert happened == sorted(came)


async def test_an_event_that_got_lost_comes_only_when_it_is_sent_again() -> None:
    shop = Shop()
    shop.stripe.hold()
    await shop.opened()
    lost, *_ = [sent.id for sent in await shop.stripe.sent()]
    await shop.stripe.drop(lost)
    await shop.stripe.release()
    before = [json.loads(body)["id"] for body, _ in shop.receiver.got]
    await shop.stripe.resend(lost)
    await shop.stripe.deliver_pending()

    assert lost not in before
    assert lost == json.loads(shop.receiver.got[-1][0])["id"]
    with pytest.raises(IllegalTransition):
        await shop.stripe.drop(lost)


async def test_a_receiver_may_ask_stripe_back() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    seen = []

    async def ask_back(body: bytes, signature: str) -> int:
        seen.append((await shop.look(sub)).id)
        return 200

    shop.stripe._engine.deliver = ask_back
    await shop.stripe.deliver_pending()

    assert {sub} == set(seen)


async def test_events_that_were_taken_are_kept_for_thirty_days() -> None:
    shop = Shop()
    await shop.subscribed("basic_year")
    await shop.stripe.deliver_pending()
    await shop.later(days=31)
    await shop.gateway.ensure_customer("acc_2", email="b@app.test", name="Bob")

    assert {sent.type for sent in await shop.stripe.sent()} == {"customer.created", "customer.updated"}
