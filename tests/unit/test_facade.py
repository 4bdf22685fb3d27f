"""The whole product in one object, as who embeds it meets it."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import billing_core
from billing_core.adapters.catalog_file import builtin_text
from billing_core.adapters.system import FixedClock, SystemClock
from billing_core.domain.admission import Wish
from billing_core.domain.catalog import Interval
from billing_core.domain.errors import (
    HoldLapsed,
    InsufficientCredits,
    InvalidValue,
    NoCustomer,
    NotEntitled,
    UnknownPack,
    UnknownPlan,
)
from billing_core.domain.generation import GenerationStatus
from billing_core.facade import Billing, NotSimulated
from billing_core.ports.errors import BadSignature
from billing_core.testing.builders import NEW_YEAR
from billing_core.testing.images import PlainImages
from tests.shops.use_case import GOOD, NO_FUNDS

A_YEAR = 365


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NEW_YEAR)


@pytest.fixture(params=["memory", "sqlite"])
async def billing(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Billing]:
    url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/billing.db"
    async with Billing.open(url, clock=clock, images=PlainImages()) as billing:
        yield billing


async def available(billing: Billing) -> int:
    return (await billing.credits("ann")).available


async def subscribed(billing: Billing, tier: str = "basic", interval: Interval = Interval.MONTH) -> None:
    started = await billing.checkout("ann", tier=tier, email="ann@app.example", interval=interval)
    assert (await billing.simulation.pay(started.session_id, GOOD)).status == "succeeded"


# Spending


async def test_work_that_is_done_is_paid_for(billing: Billing) -> None:
    async with billing.spend("ann", credits=4, reason="an essay") as hold:
        assert (hold.amount, await available(billing)) == (4, 6)

    assert await available(billing) == 6
    assert (await billing.credits("ann")).held == 0


async def test_work_that_raises_costs_nothing(billing: Billing) -> None:
    with pytest.raises(ZeroDivisionError):
        async with billing.spend("ann", credits=4, reason="an essay"):
            raise ZeroDivisionError

    assert await available(billing) == 10


@pytest.mark.parametrize("number", [True, 1.0, "1", None])
async def test_what_is_no_whole_number_is_refused_and_the_account_stays_readable(billing: Billing, number: Any) -> None:
    refused = pytest.raises(InvalidValue, match="must be a whole number")
    with refused:
        async with billing.spend("ann", credits=number, reason="an essay"):
            pytest.fail("nothing is held")
    with refused:
        await billing.grant("ann", number, reason="a gift")
    with refused:
        await billing.generate("ann", "a lighthouse", Wish(n=number))

    assert await available(billing) == 10


@pytest.mark.parametrize("text", [None, 5, b"text"])
async def test_what_is_no_text_is_refused_and_the_account_stays_readable(billing: Billing, text: Any) -> None:
    refused = pytest.raises(InvalidValue, match="must be text")
    with refused:
        async with billing.spend("ann", credits=1, reason=text):
            pytest.fail("nothing is held")
    with refused:
        await billing.grant("ann", 1, reason=text)
    with refused:
        await billing.generate("ann", text)
    with refused:
        await billing.checkout("ann", pack="pack_1k", email=text)
    with refused:
        await billing.checkout("ann", pack="pack_1k", name=text)

    assert await available(billing) == 10


async def test_work_that_is_cancelled_costs_nothing(billing: Billing) -> None:
    started = asyncio.Event()

    async def work() -> None:
        async with billing.spend("ann", credits=4, reason="an essay"):
            started.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (await available(billing), (await billing.credits("ann")).held) == (10, 0)


async def test_work_that_outlasts_its_hold_is_told(billing: Billing, clock: FixedClock) -> None:
    with pytest.raises(HoldLapsed):
        async with billing.spend("ann", credits=4, reason="an essay", ttl=timedelta(minutes=1)):
            clock.advance(timedelta(minutes=2))

    assert await available(billing) == 10


async def test_work_that_raises_after_its_hold_lapsed_tells_its_own_error(billing: Billing, clock: FixedClock) -> None:
    async def work() -> None:
        async with billing.spend("ann", credits=4, reason="an essay", ttl=timedelta(minutes=1)):
            clock.advance(timedelta(minutes=2))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await work()


async def test_work_without_credits_does_not_begin(billing: Billing) -> None:
    with pytest.raises(InsufficientCredits):
        async with billing.spend("ann", credits=11, reason="a novel"):
            pytest.fail("it began")


@pytest.mark.failure("D1")
async def test_of_fifteen_at_once_on_ten_credits_ten_are_let_through(billing: Billing) -> None:
    async def spend() -> bool:
        try:
            async with billing.spend("ann", credits=1, reason="a word"):
                await asyncio.sleep(0)
        except InsufficientCredits:
            return False
        return True

    outcomes = await asyncio.gather(*(spend() for _ in range(15)))

    assert sum(outcomes) == 10
    assert await available(billing) == 0


# Everything else


async def test_an_operator_gives_and_takes(billing: Billing) -> None:
    assert (await billing.grant("ann", 50, reason="sorry")).available == 60
    assert (await billing.grant("ann", -100, reason="a mistake")).amount == -60


async def test_a_plan_is_bought_and_shown(billing: Billing) -> None:
    assert (await billing.entitlements("ann")).tier == "free"

    await subscribed(billing)

    view = await billing.subscription("ann")
    assert (view.tier, view.status, view.credits_remaining) == ("basic", "active", 210)
    assert (await billing.entitlements("ann")).allows("private_history")
    assert (await billing.account("ann")).account.email == "ann@app.example"


async def test_a_pack_is_bought(billing: Billing) -> None:
    started = await billing.checkout("ann", pack="pack_1k")
    await billing.simulation.pay(started.session_id, GOOD)

    assert await available(billing) == 1_010


async def test_a_declined_card_is_told_as_a_value(billing: Billing) -> None:
    started = await billing.checkout("ann", tier="basic")

    paid = await billing.simulation.pay(started.session_id, NO_FUNDS)

    assert (paid.status, paid.decline_code) == ("declined", "insufficient_funds")
    assert (await billing.subscription("ann")).tier == "free"


async def test_a_card_that_asks_is_answered(billing: Billing) -> None:
    started = await billing.checkout("ann", tier="basic")

    asked = await billing.simulation.pay(started.session_id, "4000002500003155")
    answered = await billing.simulation.authenticate(started.session_id, ok=True)

    assert (asked.status, answered.status) == ("requires_authentication", "succeeded")
    assert (await billing.subscription("ann")).tier == "basic"


async def test_a_picture_is_made(billing: Billing) -> None:
    accepted = await billing.generate("ann", "a fox")
    await billing.simulation.settle()

    done = await billing.generation("ann", accepted.id)
    assert done is not None
    assert (done.status, len(done.images)) == (GenerationStatus.SUCCEEDED, 1)
    assert await billing.generation("bob", accepted.id) is None


async def test_one_call_waits_for_the_pictures(billing: Billing) -> None:
    done = await billing.generate("ann", "a fox", wait=timedelta(seconds=20))

    assert (done.status, len(done.images)) == (GenerationStatus.SUCCEEDED, 1)


async def test_the_bytes_of_a_picture_are_had(billing: Billing) -> None:
    done = await billing.generate("ann", "a fox", wait=timedelta(seconds=20))

    assert (await billing.picture(done.images[0])).startswith(b"\x89PNG")


async def test_who_waits_too_briefly_gets_it_as_it_is(billing: Billing) -> None:
    seen = await billing.generate("ann", "a fox", wait=timedelta(0))

    assert not seen.status.is_terminal


async def test_a_denial_says_what_to_do(billing: Billing) -> None:
    with pytest.raises(NotEntitled) as refused:
        await billing.generate("ann", "a fox", Wish(model="flux-dev"))

    assert [option.tier for option in refused.value.options] == ["basic", "premium"]


async def test_a_checkout_is_for_a_tier_or_for_a_pack(billing: Billing) -> None:
    with pytest.raises(ValueError, match="tier or for a pack"):
        await billing.checkout("ann")
    with pytest.raises(ValueError, match="tier or for a pack"):
        await billing.checkout("ann", tier="basic", pack="pack_1k")
    with pytest.raises(UnknownPlan):
        await billing.checkout("ann", tier="gold")
    with pytest.raises(UnknownPack):
        await billing.checkout("ann", pack="mountain")


@pytest.mark.failure("F17")
async def test_a_forged_webhook_is_refused(billing: Billing) -> None:
    with pytest.raises(BadSignature):
        await billing.handle_webhook(b"{}", "t=1,v1=00")


async def test_a_year_of_renewals_takes_no_time(clock: FixedClock) -> None:
    began = time.monotonic()
    async with Billing.open(clock=clock) as billing:
        await subscribed(billing)
        for _ in range(12):
            async with billing.spend("ann", credits=90, reason="a month's work"):
                pass
            await billing.simulation.forward(days=30)
        await billing.simulation.forward(days=A_YEAR - 360 + 1)

        view = await billing.subscription("ann")
        assert (view.tier, view.status) == ("basic", "active")
        assert clock.now() == NEW_YEAR + timedelta(days=A_YEAR + 1)
        account = (await billing.account("ann")).account
        assert len(account.payments) <= 13
        assert (await billing.use_cases.auditing("ann")).problems == ()
        assert account.book.totals.captured == 12 * 90
    assert time.monotonic() - began < 5


async def test_a_plan_can_be_had_and_left_in_one_instant(billing: Billing) -> None:
    """On a clock that stands still, what is done later is still later."""
    await subscribed(billing)
    canceling = billing.use_cases.canceling

    await canceling("ann", at_period_end=True)
    assert (await billing.subscription("ann")).cancel_at_period_end
    await canceling.resume("ann")
    assert not (await billing.subscription("ann")).cancel_at_period_end


# Opening


async def test_what_was_written_is_there_when_the_books_are_opened_again(tmp_path: Path) -> None:
    url, clock = f"sqlite:///{tmp_path}/made/billing.db", FixedClock(NEW_YEAR)
    async with Billing.open(url, clock=clock) as billing:
        await subscribed(billing, interval=Interval.YEAR)
    async with Billing.open(url, clock=clock) as billing:
        assert (await billing.subscription("ann")).interval is Interval.YEAR
        await billing.simulation.forward(days=31)
        assert await available(billing) == 200


async def test_a_moved_clock_is_remembered(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/billing.db"
    async with Billing.open(url) as billing:
        await billing.simulation.forward(days=40)
        moved = (await billing.account("ann")).now
    async with Billing.open(url) as billing:
        assert (await billing.account("ann")).now >= moved


async def test_a_catalog_of_ones_own_is_sold(tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    file.write_text(builtin_text().replace("credits_per_month = 10\n", "credits_per_month = 25\n"))

    async with Billing.open(catalog=str(file)) as billing:
        assert await available(billing) == 25


async def test_a_clock_that_cannot_be_moved_says_so() -> None:
    async with Billing.open(clock=SystemClock()) as billing:
        with pytest.raises(InvalidValue, match="cannot be moved"):
            await billing.simulation.forward(days=1)


async def test_before_the_first_checkout_there_is_no_card_to_replace() -> None:
    async with Billing.open() as billing:
        with pytest.raises(NoCustomer):
            await billing.simulation.replace_card("ann", GOOD)


async def test_where_real_money_is_taken_nothing_is_simulated() -> None:
    class Real:
        """A gateway that is no simulation."""

    real: Any = Real()
    async with Billing.open(gateway=real) as billing:
        with pytest.raises(NotSimulated):
            _ = billing.simulation
        assert await available(billing) == 10


def test_the_package_gives_it_when_it_is_asked_for() -> None:
    assert billing_core.Billing is Billing
    assert ["Billing", "BlockingBilling"] == [getattr(billing_core, name).__name__ for name in billing_core.__all__]
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = billing_core.Nonsense  # type: ignore[attr-defined]
