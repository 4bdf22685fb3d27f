"""Asking for a subscription's state, and keeping to one live plan subscription."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import define, evolve, field

from billing_core.domain.catalog import Kind
from billing_core.domain.subscription import Status, SubscriptionSnapshot
from billing_core.ports.commit import Commit
from billing_core.ports.errors import Unavailable, UnknownAtGateway
from billing_core.ports.gateway import CheckoutRequest, PaymentGateway
from billing_core.testing.builders import NEW_YEAR
from tests.shops.use_case import A_DAY, A_MINUTE, A_SECOND, DECLINES_LATER, Shop


@define
class TellingGateway:
    """Tells of a subscription what it was told to, and may be out of order."""

    gateway: PaymentGateway
    told: dict[str, dict[str, Any]] = field(factory=dict)
    is_down: bool = False

    async def fetch_subscription(self, subscription_id: str, *, now: datetime) -> SubscriptionSnapshot:
        if self.is_down:
            raise Unavailable("the gateway")
        snapshot = await self.gateway.fetch_subscription(subscription_id, now=now)
        return evolve(snapshot, **self.told.get(subscription_id, {}))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.use.gateway.override(TellingGateway(shop.gateway))
    return shop


def telling(shop: Shop) -> TellingGateway:
    gateway: Any = shop.gateway
    assert isinstance(gateway, TellingGateway)
    return gateway


async def status(shop: Shop, subscription_id: str) -> Status | None:
    sub = (await shop.held()).account.subscription(subscription_id)
    return sub.status if sub else None


async def refresh(shop: Shop, subscription_id: str) -> None:
    await shop.use.refreshing()("ann", subscription_id)
    await shop.settle()


async def touch(shop: Shop, event_id: str) -> None:
    """One more reason to ask."""
    (created, *_) = await shop.sent("customer.subscription.created")
    await shop.receive_event(json.loads(created) | {"id": event_id, "type": "customer.subscription.updated"})


async def test_several_reasons_to_ask_wait_as_one_job(shop: Shop) -> None:
    await shop.subscribed()

    for n in range(5):
        await touch(shop, f"evt_more_{n}")

    assert len(shop.jobs("refresh-subscription")) == 1


async def test_while_the_gateway_is_down_the_job_waits_and_nothing_is_lost(shop: Shop) -> None:
    subscription_id = await shop.subscribed()
    telling(shop).told[subscription_id] = {"status": Status.PAST_DUE}
    telling(shop).is_down = True
    await touch(shop, "evt_more")
    await shop.work()
    assert await status(shop, subscription_id) is Status.ACTIVE

    telling(shop).is_down = False
    shop.clock.advance(A_MINUTE)
    await shop.work()

    assert await status(shop, subscription_id) is Status.PAST_DUE


async def test_what_the_gateway_does_not_know_is_an_error(shop: Shop) -> None:
    with pytest.raises(UnknownAtGateway):
        await shop.use.refreshing()("ann", "sub_nowhere")


async def test_asking_again_without_news_changes_nothing(shop: Shop) -> None:
    subscription_id = await shop.subscribed()
    before = await shop.kept()

    await refresh(shop, subscription_id)

    assert await shop.kept() == before


async def test_what_is_asked_for_later_is_believed_though_the_clock_stood_still(shop: Shop) -> None:
    subscription_id = await shop.subscribed()

    for told in (Status.PAUSED, Status.ACTIVE, Status.UNPAID, Status.ACTIVE):
        telling(shop).told[subscription_id] = {"status": told}
        await refresh(shop, subscription_id)

        assert await status(shop, subscription_id) is told


@pytest.mark.parametrize("back", [A_SECOND, timedelta(minutes=10)])
async def test_what_is_asked_for_later_is_believed_though_the_clock_was_set_back(shop: Shop, back: timedelta) -> None:
    """As where two machines ask in turn, and the clock of the first is ahead."""
    shop.clock.advance(A_DAY)
    subscription_id = await shop.subscribed()
    telling(shop).told[subscription_id] = {"status": Status.PAUSED}

    shop.clock.advance(-back)
    await refresh(shop, subscription_id)

    assert await status(shop, subscription_id) is Status.PAUSED


async def test_an_answer_that_was_overtaken_on_its_way_is_not_believed(shop: Shop) -> None:
    subscription_id = await shop.subscribed()
    telling(shop).told[subscription_id] = {"status": Status.PAUSED, "seen_at": NEW_YEAR + A_DAY}
    await refresh(shop, subscription_id)
    before = await shop.kept()
    known = before.subscription(subscription_id)
    assert known is not None
    assert known.snapshot is not None
    stale = evolve(known.snapshot, status=Status.ACTIVE, seen_at=NEW_YEAR)

    held = await shop.held()
    await shop.accounts.change("ann", lambda _: Commit(None, held.learned(snapshots=[stale])))

    assert await status(shop, subscription_id) is Status.PAUSED


async def test_an_end_is_not_undone_by_any_news(shop: Shop) -> None:
    subscription_id = await shop.subscribed()
    telling(shop).told[subscription_id] = {"status": Status.CANCELED, "ended_at": NEW_YEAR}
    await refresh(shop, subscription_id)

    shop.clock.advance(A_DAY)
    telling(shop).told[subscription_id] = {"status": Status.ACTIVE}
    await refresh(shop, subscription_id)

    assert await status(shop, subscription_id) is Status.CANCELED


async def test_a_status_that_the_table_does_not_foresee_is_believed_and_shown(shop: Shop) -> None:
    subscription_id = await shop.subscribed()
    shop.clock.advance(A_DAY)
    telling(shop).told[subscription_id] = {"status": Status.INCOMPLETE}

    await refresh(shop, subscription_id)

    assert await shop.incidents() == ["unexpected_status"]
    assert await status(shop, subscription_id) is Status.INCOMPLETE


async def test_an_unknown_price_keeps_the_plan_and_is_shown_once(shop: Shop) -> None:
    subscription_id = await shop.subscribed()
    telling(shop).told[subscription_id] = {"price": "price_by_hand"}
    for _ in range(2):
        shop.clock.advance(A_MINUTE)
        await refresh(shop, subscription_id)

    assert (await shop.plan(), await shop.available()) == ("basic", 210)
    incident = await shop.incident()
    assert incident.kind.value == "unknown_price"
    assert "price_by_hand" in incident.detail


async def two_subscriptions(shop: Shop, *, apart: timedelta = A_DAY) -> tuple[str, str]:
    """Two checkouts in two tabs, both paid: the gateway knows nothing of each other's session."""
    first = await shop.opened("basic")
    shop.clock.advance(A_SECOND)
    account = await shop.kept()
    await shop.paid(first)
    shop.clock.advance(apart)
    second = await shop.gateway.open_checkout(
        CheckoutRequest(
            account_id="ann",
            customer_id=account.customer_id or "",
            kind=Kind.PLAN,
            item="pro",
            price="pro-month",
            version=1,
            recurring=True,
            success_url="https://shop.example",
            cancel_url="https://shop.example",
        ),
        idempotency_key="the other tab",
    )
    await shop.stripe.pay(second.id, "4242 4242 4242 4242")
    sessions = (await shop.stripe.state()).sessions
    one, other = sessions[first.session_id].subscription_id, sessions[second.id].subscription_id
    assert one is not None
    assert other is not None
    return one, other


async def test_of_two_plan_subscriptions_the_newer_stays(shop: Shop) -> None:
    older, newer = await two_subscriptions(shop)
    await shop.settle()

    at_gateway = (await shop.stripe.state()).subscriptions
    assert (at_gateway[older].status, at_gateway[newer].status) == (Status.CANCELED, Status.ACTIVE)
    assert (await status(shop, older), await status(shop, newer)) == (Status.CANCELED, Status.ACTIVE)
    assert await shop.plan() == "pro"
    incident = await shop.incident()
    assert (incident.kind.value, incident.detail) == (
        "surplus_subscription",
        f"{older} is canceled in favour of {newer}; consider a refund",
    )
    await shop.proven()


async def test_the_unused_rest_of_the_other_is_credited(shop: Shop) -> None:
    await two_subscriptions(shop)
    await shop.settle()

    (customer,) = (await shop.stripe.state()).customers.values()
    assert customer.balance == -968  # 30 of 31 days of 1000, to the nearest cent


async def test_a_surplus_subscription_that_ended_by_itself_is_left_alone(shop: Shop) -> None:
    older, _ = await two_subscriptions(shop)
    await shop.gateway.cancel(older, at_period_end=False, prorate=False, idempotency_key="by hand")
    args = {"account_id": "ann", "subscription_id": older}

    await shop.use.canceling_surplus().run(args)

    assert await status(shop, older) is Status.CANCELED


async def test_canceling_the_surplus_twice_cancels_once(shop: Shop) -> None:
    older, _ = await two_subscriptions(shop)
    await shop.settle()

    await shop.use.canceling_surplus().run({"account_id": "ann", "subscription_id": older})

    (customer,) = (await shop.stripe.state()).customers.values()
    assert customer.balance == -968


async def test_a_recurring_pack_is_no_surplus(shop: Shop) -> None:
    await shop.subscribed()
    await shop.bought("drip")

    assert await shop.incidents() == []
    assert await shop.available() == 260


async def test_a_subscription_that_nobody_understands_takes_nobodys_place(shop: Shop) -> None:
    """The customer may have bought something else from the same merchant."""
    older, newer = await two_subscriptions(shop)
    telling(shop).told[newer] = {"price": "price_of_another_product"}

    await shop.use.refreshing()("ann", newer)
    await shop.work()

    assert await status(shop, older) is Status.ACTIVE
    assert await shop.incidents() == ["unknown_price"]


async def test_a_renewal_that_fails_and_is_paid_late_is_followed(shop: Shop) -> None:
    subscription_id = await shop.subscribed(card=DECLINES_LATER)
    await shop.later(31 * A_DAY)
    assert await status(shop, subscription_id) is Status.PAST_DUE

    await shop.stripe.replace_card((await shop.kept()).customer_id or "", "4242 4242 4242 4242")
    await shop.later(3 * A_DAY)

    assert await status(shop, subscription_id) is Status.ACTIVE
    await shop.proven()
