"""Spending credits on anything: holds, captures, releases."""

from datetime import timedelta

import pytest

from billing_core.application.spending import LONGEST_HOLD, HoldPlaced, HoldSettled
from billing_core.domain.errors import (
    AccountSuspended,
    CaptureExceedsHold,
    HoldLapsed,
    HoldNotFound,
    IllegalTransition,
    InsufficientCredits,
    InvalidValue,
)
from billing_core.domain.options import Action
from billing_core.ports.commit import Commit
from billing_core.ports.errors import IdempotencyKeyReused
from billing_core.testing.builders import NEW_YEAR
from tests.shops.use_case import A_MINUTE, Shop, a_request


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def test_a_hold_sets_credits_aside_for_a_quarter_of_an_hour(shop: Shop) -> None:
    placed = await shop.use.holding()("ann", 4, reason="an essay")

    assert HoldPlaced(id="hold_000001", amount=4, expires_at=NEW_YEAR + 15 * A_MINUTE) == placed
    assert await shop.available() == 6


async def test_a_capture_takes_what_was_held(shop: Shop) -> None:
    placed = await shop.use.holding()("ann", 4, reason="an essay")

    settled = await shop.use.capturing()("ann", placed.id)

    assert HoldSettled(id=placed.id, amount=4, status="captured") == settled
    assert await shop.available() == 6
    await shop.proven()


async def test_a_capture_may_take_less_and_the_rest_comes_back(shop: Shop) -> None:
    placed = await shop.use.holding()("ann", 4, reason="an essay")

    settled = await shop.use.capturing()("ann", placed.id, amount=1)

    assert settled.amount == 1
    assert await shop.available() == 9


async def test_a_capture_of_nothing_takes_nothing(shop: Shop) -> None:
    placed = await shop.use.holding()("ann", 4, reason="an essay")

    assert (await shop.use.capturing()("ann", placed.id, amount=0)).amount == 0
    assert await shop.available() == 10


async def test_a_capture_of_more_than_was_held_is_refused(shop: Shop) -> None:
    placed = await shop.use.holding()("ann", 4, reason="an essay")

    with pytest.raises(CaptureExceedsHold):
        await shop.use.capturing()("ann", placed.id, amount=5)
    assert await shop.available() == 6


async def test_a_release_gives_everything_back(shop: Shop) -> None:
    placed = await shop.use.holding()("ann", 4, reason="an essay")

    settled = await shop.use.releasing()("ann", placed.id)

    assert HoldSettled(id=placed.id, amount=0, status="released") == settled
    assert await shop.available() == 10


@pytest.mark.failure("F21")
async def test_a_hold_is_settled_once(shop: Shop) -> None:
    placed = await shop.use.holding()("ann", 4, reason="an essay")
    await shop.use.capturing()("ann", placed.id)

    with pytest.raises(IllegalTransition):
        await shop.use.capturing()("ann", placed.id)
    with pytest.raises(IllegalTransition):
        await shop.use.releasing()("ann", placed.id)
    assert await shop.available() == 6


async def test_a_hold_lapses_at_its_deadline(shop: Shop) -> None:
    placed = await shop.use.holding()("ann", 4, reason="an essay", ttl=A_MINUTE)

    shop.clock.advance(A_MINUTE)

    assert await shop.available() == 10
    with pytest.raises(HoldLapsed):
        await shop.use.capturing()("ann", placed.id)


async def test_a_deadline_counts_from_the_accounts_own_time_where_the_clock_was_set_back(shop: Shop) -> None:
    await shop.given(1)
    shop.clock.advance(-10 * A_MINUTE)

    placed = await shop.use.holding()("ann", 4, reason="an essay", ttl=A_MINUTE)

    assert placed.expires_at == NEW_YEAR + A_MINUTE


async def test_another_accounts_hold_is_not_found(shop: Shop) -> None:
    placed = await shop.use.holding()("ann", 4, reason="an essay")

    with pytest.raises(HoldNotFound):
        await shop.use.capturing()("bob", placed.id)


@pytest.mark.failure("F21")
async def test_the_hold_of_a_generation_is_settled_by_the_generation_alone(shop: Shop) -> None:
    generation = await shop.accepted()

    with pytest.raises(HoldNotFound):
        await shop.use.capturing()("ann", generation.id)
    with pytest.raises(HoldNotFound):
        await shop.use.releasing()("ann", generation.id)
    await shop.work()
    assert (await shop.generation(generation)).charged == generation.credits


async def test_more_than_there_is_is_refused_with_the_ways_out(shop: Shop) -> None:
    with pytest.raises(InsufficientCredits) as refused:
        await shop.use.holding()("ann", 11, reason="a novel")

    assert (refused.value.required, refused.value.available) == (11, 10)
    assert {Action.UPGRADE, Action.BUY_PACK, Action.WAIT} <= {option.action for option in refused.value.options}


@pytest.mark.parametrize("amount", [0, -1, 10**12 + 1])
async def test_an_amount_out_of_bounds_is_refused(shop: Shop, amount: int) -> None:
    with pytest.raises(InvalidValue):
        await shop.use.holding()("ann", amount, reason="nonsense")


@pytest.mark.parametrize("ttl", [timedelta(0), timedelta(milliseconds=999), LONGEST_HOLD + timedelta(seconds=1)])
async def test_a_deadline_out_of_bounds_is_refused(shop: Shop, ttl: timedelta) -> None:
    with pytest.raises(InvalidValue, match="ttl_seconds"):
        await shop.use.holding()("ann", 1, reason="nonsense", ttl=ttl)


async def test_who_is_suspended_holds_nothing(shop: Shop) -> None:
    held = await shop.held()
    await shop.accounts.change("ann", lambda _: Commit(None, held.suspend("dispute")))

    with pytest.raises(AccountSuspended):
        await shop.use.holding()("ann", 1, reason="an essay")


async def test_the_same_request_holds_once(shop: Shop) -> None:
    hold = shop.use.holding()

    answers = [await hold("ann", 4, reason="an essay", request=a_request()) for _ in range(3)]

    assert [answers[0]] * 3 == answers
    assert await shop.available() == 6


async def test_the_same_request_captures_once_and_gets_its_answer_again(shop: Shop) -> None:
    placed = await shop.use.holding()("ann", 4, reason="an essay")
    capture = shop.use.capturing()

    answers = [await capture("ann", placed.id, amount=3, request=a_request()) for _ in range(2)]

    assert [HoldSettled(id=placed.id, amount=3, status="captured")] * 2 == answers


async def test_the_same_request_releases_once_and_gets_its_answer_again(shop: Shop) -> None:
    placed = await shop.use.holding()("ann", 4, reason="an essay")
    release = shop.use.releasing()

    answers = [await release("ann", placed.id, request=a_request()) for _ in range(2)]

    assert [HoldSettled(id=placed.id, amount=0, status="released")] * 2 == answers


async def test_a_key_that_comes_with_another_request_is_refused(shop: Shop) -> None:
    await shop.use.holding()("ann", 4, reason="an essay", request=a_request())

    with pytest.raises(IdempotencyKeyReused):
        await shop.use.holding()("ann", 5, reason="an essay", request=a_request(fingerprint="other"))
    assert await shop.available() == 6


async def test_two_accounts_may_use_the_same_key(shop: Shop) -> None:
    ann = await shop.use.holding()("ann", 4, reason="an essay", request=a_request())
    bob = await shop.use.holding()("bob", 4, reason="an essay", request=a_request())

    assert ann.id != bob.id


async def test_a_refused_request_is_decided_anew(shop: Shop) -> None:
    with pytest.raises(InsufficientCredits):
        await shop.use.holding()("ann", 11, reason="a novel", request=a_request())
    await shop.given(1)

    assert (await shop.use.holding()("ann", 11, reason="a novel", request=a_request())).amount == 11
