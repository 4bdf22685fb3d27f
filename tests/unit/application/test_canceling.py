"""Canceling, and thinking better of it."""

import pytest

from billing_core.application.canceling import Canceled
from billing_core.domain.catalog import Interval
from billing_core.domain.errors import IllegalTransition, NoSubscription
from billing_core.ports.errors import IdempotencyKeyReused
from tests.shops.use_case import A_DAY, A_MINUTE, Crash, Shop, a_request


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def test_it_ends_with_its_period(shop: Shop) -> None:
    subscription_id = await shop.subscribed()

    canceled = await shop.use.canceling()("ann", at_period_end=True)

    assert Canceled(subscription_id=subscription_id, cancel_at_period_end=True, ended=False) == canceled
    assert await shop.plan() == "basic"
    await shop.later(31 * A_DAY)
    assert await shop.plan() == "free"


async def test_it_ends_at_its_instant_though_no_webhook_comes(shop: Shop) -> None:
    await shop.subscribed()
    await shop.use.canceling()("ann", at_period_end=True)

    shop.clock.advance(31 * A_DAY)

    assert await shop.plan() == "free"


async def test_it_ends_at_once(shop: Shop) -> None:
    subscription_id = await shop.subscribed()

    canceled = await shop.use.canceling()("ann", at_period_end=False)

    assert Canceled(subscription_id=subscription_id, cancel_at_period_end=False, ended=True) == canceled
    assert await shop.plan() == "free"
    await shop.proven()


async def test_the_unused_rest_is_credited_where_it_is_asked_for(shop: Shop) -> None:
    await shop.subscribed(interval=Interval.YEAR)

    await shop.use.canceling()("ann", at_period_end=False, prorate=True)

    (customer,) = (await shop.stripe.state()).customers.values()
    assert customer.balance == -10_000


async def test_a_pack_outlives_the_subscription(shop: Shop) -> None:
    await shop.subscribed()
    await shop.bought()

    await shop.use.canceling()("ann", at_period_end=False)
    await shop.settle()

    assert await shop.available() == 110


async def test_a_cancellation_can_be_undone(shop: Shop) -> None:
    subscription_id = await shop.subscribed()
    await shop.use.canceling()("ann", at_period_end=True)

    resumed = await shop.use.canceling().resume("ann")

    assert Canceled(subscription_id=subscription_id, cancel_at_period_end=False, ended=False) == resumed
    await shop.later(31 * A_DAY)
    assert await shop.plan() == "basic"


async def test_another_subscription_of_the_account_is_meant_by_its_id_and_nobody_elses(shop: Shop) -> None:
    plan = await shop.subscribed()
    session = await shop.bought("drip")
    pack = (await shop.stripe.state()).sessions[session.session_id].subscription_id
    with pytest.raises(NoSubscription):
        await shop.use.canceling()("ben", at_period_end=True, subscription_id=pack)

    canceled = await shop.use.canceling()("ann", at_period_end=True, subscription_id=pack)
    resumed = await shop.use.canceling().resume("ann", subscription_id=pack)

    assert pack != plan
    assert Canceled(subscription_id=pack or "", cancel_at_period_end=True, ended=False) == canceled
    assert Canceled(subscription_id=pack or "", cancel_at_period_end=False, ended=False) == resumed
    assert await shop.plan() == "basic"


async def test_without_a_subscription_there_is_nothing_to_cancel_or_resume(shop: Shop) -> None:
    with pytest.raises(NoSubscription):
        await shop.use.canceling()("ann", at_period_end=True)
    with pytest.raises(NoSubscription):
        await shop.use.canceling().resume("ann")


async def test_one_that_has_ended_cannot_be_canceled_or_resumed(shop: Shop) -> None:
    await shop.subscribed()
    await shop.use.canceling()("ann", at_period_end=False)

    with pytest.raises((NoSubscription, IllegalTransition)):
        await shop.use.canceling()("ann", at_period_end=False)
    with pytest.raises((NoSubscription, IllegalTransition)):
        await shop.use.canceling().resume("ann")


@pytest.mark.parametrize("at_period_end", [True, False])
async def test_the_same_request_cancels_once_and_gets_its_answer_again(shop: Shop, at_period_end: bool) -> None:
    await shop.subscribed()
    cancel = shop.use.canceling()

    answers = [await cancel("ann", at_period_end=at_period_end, request=a_request()) for _ in range(2)]

    assert [answers[0]] * 2 == answers


async def test_the_same_request_resumes_once_and_gets_its_answer_again(shop: Shop) -> None:
    await shop.subscribed()
    await shop.use.canceling()("ann", at_period_end=True)
    resume = shop.use.canceling().resume

    answers = [await resume("ann", request=a_request()) for _ in range(2)]

    assert [answers[0]] * 2 == answers


async def test_a_key_with_another_request_is_refused(shop: Shop) -> None:
    await shop.subscribed()
    await shop.use.canceling()("ann", at_period_end=True, request=a_request())

    with pytest.raises(IdempotencyKeyReused):
        await shop.use.canceling()("ann", at_period_end=False, request=a_request(fingerprint="other"))
    assert await shop.plan() == "basic"


@pytest.mark.parametrize("commits", [1, 2, 3])
async def test_after_a_crash_a_repeat_gets_the_answer(shop: Shop, commits: int) -> None:
    """It dies before the first commit, before the books follow, and before the answer is kept."""
    await shop.subscribed()
    shop.accounts.dies_at = shop.accounts.changes + commits
    with pytest.raises(Crash):
        await shop.use.canceling()("ann", at_period_end=False, request=a_request())
    shop.clock.advance(A_MINUTE)
    await shop.settle()

    canceled = await shop.use.canceling()("ann", at_period_end=False, request=a_request())

    assert (canceled.ended, await shop.plan()) == (True, "free")
