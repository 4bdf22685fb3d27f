"""Opening checkouts: one session per wish, whatever is repeated, races or dies."""

import asyncio

import pytest

from billing_core.application.checking_out import CheckoutStarted, Return
from billing_core.application.subscribing import PlanOrder
from billing_core.domain.catalog import Interval
from billing_core.domain.checkouts import CheckoutStatus
from billing_core.domain.errors import AccountSuspended
from billing_core.ports.commit import Commit
from billing_core.ports.errors import IdempotencyKeyReused
from tests.shops.use_case import A_DAY, A_MINUTE, BACK, Crash, Shop, a_customer, a_request


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def sessions(shop: Shop) -> dict[str, str]:
    """What the gateway knows: each session's status."""
    return {session.id: session.status.value for session in (await shop.stripe.state()).sessions.values()}


async def customers(shop: Shop) -> int:
    return len((await shop.stripe.state()).customers)


async def statuses(shop: Shop) -> list[CheckoutStatus]:
    """What the books know."""
    return [checkout.status for checkout in (await shop.kept()).checkouts]


async def test_a_checkout_is_opened_and_kept(shop: Shop) -> None:
    started = await shop.opened()

    account = await shop.kept()
    (checkout,) = account.checkouts
    assert CheckoutStarted(session_id=checkout.session_id, url=checkout.url) == started
    assert (checkout.item, checkout.price, checkout.status) == ("basic", "basic-month", CheckoutStatus.OPEN)
    assert (account.email, account.name) == ("ann@app.example", "Ann")
    assert account.customer_id is not None
    assert await shop.memory.directory.owner_of(account.customer_id) == "ann"
    assert await shop.memory.directory.owner_of(started.session_id) == "ann"


async def test_the_same_wish_gets_the_same_session(shop: Shop) -> None:
    first, second = await shop.opened(), await shop.opened()

    assert first == second
    assert {first.session_id: "open"} == await sessions(shop)


async def test_twins_at_once_get_one_session_and_one_customer(shop: Shop) -> None:
    started = await asyncio.gather(*(shop.opened() for _ in range(20)))

    assert len(set(started)) == 1
    assert (len(await sessions(shop)), await customers(shop), len((await shop.kept()).checkouts)) == (1, 1, 1)


async def test_another_wish_ends_the_open_session(shop: Shop) -> None:
    first, second = await shop.opened("basic"), await shop.opened("pro")

    assert {first.session_id: "expired", second.session_id: "open"} == await sessions(shop)
    assert await statuses(shop) == [CheckoutStatus.EXPIRED, CheckoutStatus.OPEN]


async def test_a_wish_that_comes_back_gets_a_new_session(shop: Shop) -> None:
    first, second, third = await shop.opened("basic"), await shop.opened("pro"), await shop.opened("basic")

    assert len({first, second, third}) == 3
    assert list((await sessions(shop)).values()) == ["expired", "expired", "open"]


async def test_two_wishes_at_once_leave_one_open_session(shop: Shop) -> None:
    """Neither saw the other's session before it opened its own."""
    await asyncio.gather(*(shop.opened(tier) for tier in ("basic", "pro")))
    await shop.settle()

    assert sorted((await sessions(shop)).values()) == ["expired", "open"]
    (still_open,) = (c for c in (await shop.kept()).checkouts if c.status is CheckoutStatus.OPEN)
    assert (await sessions(shop))[still_open.session_id] == "open"


async def test_a_plan_and_a_pack_may_be_open_at_once(shop: Shop) -> None:
    await shop.opened()
    await shop.use.buying()(a_customer(), "boost", "usd", BACK)

    assert list((await sessions(shop)).values()) == ["open", "open"]


async def test_another_way_back_is_another_wish(shop: Shop) -> None:
    first = await shop.opened()
    elsewhere = Return(success_url="https://shop.example/other", cancel_url="https://shop.example/no")
    order = PlanOrder(tier="basic", interval=Interval.MONTH, currency="usd")

    second = await shop.use.subscribing()(a_customer(), order, elsewhere)

    assert first != second
    assert list((await sessions(shop)).values()) == ["expired", "open"]


async def test_a_session_that_ran_out_is_not_given_again(shop: Shop) -> None:
    first = await shop.opened()
    shop.clock.advance(A_DAY)

    assert await shop.opened() != first


@pytest.mark.parametrize("dies_at", [1, 2, 3])
async def test_after_a_crash_a_repeat_finds_the_session_that_the_first_call_opened(shop: Shop, dies_at: int) -> None:
    """It dies before the first commit, after the customer was made, and after the session was opened."""
    shop.accounts.dies_at = dies_at
    with pytest.raises(Crash):
        await shop.opened(request=a_request())
    shop.clock.advance(A_MINUTE)

    started = await shop.opened(request=a_request())

    assert {started.session_id: "open"} == await sessions(shop)
    assert await customers(shop) == 1
    assert await statuses(shop) == [CheckoutStatus.OPEN]


async def test_after_a_crash_a_repeat_without_a_key_finds_it_too(shop: Shop) -> None:
    shop.accounts.dies_at = 3
    with pytest.raises(Crash):
        await shop.opened()
    shop.clock.advance(A_MINUTE)

    started = await shop.opened()

    assert {started.session_id: "open"} == await sessions(shop)


async def test_the_same_request_is_answered_again_after_the_session_is_paid(shop: Shop) -> None:
    started = await shop.opened(request=a_request())
    await shop.paid(started)

    assert await shop.opened(request=a_request()) == started


async def test_the_same_request_is_answered_again_where_another_opened_the_session(shop: Shop) -> None:
    started = await shop.opened()

    answers = [await shop.opened(request=a_request()) for _ in range(2)]

    assert [started, started] == answers


async def test_a_key_with_another_request_is_refused_before_the_gateway_is_asked(shop: Shop) -> None:
    started = await shop.opened(request=a_request())

    with pytest.raises(IdempotencyKeyReused):
        await shop.opened("pro", request=a_request(fingerprint="other"))
    assert {started.session_id: "open"} == await sessions(shop)


async def test_who_is_suspended_opens_nothing(shop: Shop) -> None:
    held = await shop.held()
    await shop.accounts.change("ann", lambda _: Commit(None, held.suspend("dispute")))

    with pytest.raises(AccountSuspended):
        await shop.opened()
    assert (await sessions(shop), await customers(shop)) == ({}, 0)
