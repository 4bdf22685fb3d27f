"""Billing for tests: one line opens it, and what is due happens when the clock is moved."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from billing_core.adapters.catalog_file import builtin_text
from billing_core.domain.admission import Wish
from billing_core.domain.errors import InsufficientCredits
from billing_core.domain.generation import GenerationStatus
from billing_core.ports.notifier import Topic
from billing_core.testing import Bench, billing_for_tests
from billing_core.testing.clock import VirtualClock
from billing_core.testing.contracts.clock import ClockContract
from billing_core.testing.contracts.images import ImageGeneratorContract, ImageStoreContract
from billing_core.testing.hands import ASKS, DECLINED, NotPaid
from billing_core.testing.images import PlainImages
from billing_core.testing.stores import KeptImages


async def credits_of(bench: Bench, account: str = "ada") -> int:
    return (await bench.billing.credits(account)).available


async def generated(bench: Bench, account: str = "ada", wish: Wish | None = None) -> GenerationStatus:
    """How a generation ends."""
    generation = await bench.billing.generate(account, "a lighthouse", wish or Wish())
    await bench.clock.settle()
    ended = await bench.billing.generation(account, generation.id)
    assert ended is not None
    return ended.status


async def test_a_year_of_one_account_has_twelve_renewals_and_five_hundred_pictures() -> None:
    async with billing_for_tests() as bench:
        await bench.gateway.subscribe("ada", "basic")
        made = 0
        for month in range(12):
            for _ in range(41 if month < 4 else 42):
                made += await generated(bench) is GenerationStatus.SUCCEEDED
            await bench.clock.advance(months=1)

        assert (500, 500) == (made, len(bench.images.requests))
        assert 13 == len(await bench.gateway.payments("ada"))
        assert ("basic", "active") == (
            (await bench.billing.subscription("ada")).tier,
            (await bench.billing.subscription("ada")).status,
        )


async def test_a_year_leaves_nothing_undone_and_nothing_in_the_store_that_is_not_listed() -> None:
    async with billing_for_tests() as bench:
        await bench.gateway.subscribe("ada", "basic")
        done = []
        for _ in range(12):
            done += [await bench.billing.generate("ada", "a lighthouse", wait=timedelta(minutes=1)) for _ in range(4)]
            await bench.clock.advance(months=1)

        books, store = bench.container.books(), bench.container.store()
        kept = [key for generation in done for key in await store.keys(generation.id)]
        account = await books.accounts.get("ada")
        assert [image.key for generation in done for image in generation.images] == kept
        assert (48, 48, ()) == (len(kept), account.book.totals.captured, account.book.holds)
        assert await books.jobs.idle(bench.clock.now())


async def test_each_renewal_comes_at_its_own_moment() -> None:
    async with billing_for_tests(start=datetime(2026, 1, 31, 9, tzinfo=UTC)) as bench:
        await bench.gateway.subscribe("ada", "basic")
        await bench.clock.advance(months=3)

        paid = [payment.at for payment in await bench.gateway.payments("ada")]
        assert [(4, 30), (3, 31), (2, 28), (1, 31)] == [(at.month, at.day) for at in paid]
        assert {9} == {at.hour for at in paid}


async def test_a_month_leads_to_the_last_day_of_a_shorter_one() -> None:
    async with billing_for_tests(start=datetime(2026, 1, 31, 9, tzinfo=UTC)) as bench:
        assert datetime(2026, 2, 28, 9, tzinfo=UTC) == await bench.clock.advance(months=1)


async def test_time_does_not_run_backwards() -> None:
    async with billing_for_tests() as bench:
        with pytest.raises(ValueError, match="backwards"):
            await bench.clock.advance(to=bench.clock.now() - timedelta(seconds=1))


async def test_a_declined_renewal_is_past_due_and_a_good_card_mends_it() -> None:
    async with billing_for_tests() as bench:
        await bench.gateway.subscribe("ada", "basic")
        await bench.gateway.decline("ada")
        await bench.clock.advance(months=1, hours=1)
        declined = (await bench.billing.subscription("ada")).status
        await bench.gateway.accept("ada")
        await bench.clock.advance(days=4)

        assert ("past_due", "active") == (declined, (await bench.billing.subscription("ada")).status)
        assert Topic.PAYMENT_FAILED in {notice.topic for notice in bench.notices}


async def test_a_card_that_never_pays_ends_the_subscription() -> None:
    async with billing_for_tests() as bench:
        await bench.gateway.subscribe("ada", "basic")
        await bench.gateway.decline("ada")
        await bench.clock.advance(months=2)

        assert "free" == (await bench.billing.subscription("ada")).tier


async def test_a_declined_card_buys_nothing() -> None:
    async with billing_for_tests() as bench:
        with pytest.raises(NotPaid, match="insufficient_funds"):
            await bench.gateway.subscribe("ada", "basic", card=DECLINED)

        assert "free" == (await bench.billing.subscription("ada")).tier


async def test_a_card_whose_bank_asks_is_answered() -> None:
    async with billing_for_tests() as bench:
        await bench.gateway.subscribe("ada", "basic", card=ASKS)

        assert "basic" == (await bench.billing.subscription("ada")).tier


async def test_a_refund_takes_back_what_was_bought() -> None:
    async with billing_for_tests() as bench:
        before = await credits_of(bench)
        await bench.gateway.buy("ada", "pack_1k")
        bought = await credits_of(bench)
        await bench.gateway.refund("ada")

        assert (1000, before) == (bought - before, await credits_of(bench))


async def test_a_lost_dispute_takes_back_what_was_bought_and_a_won_one_does_not() -> None:
    async with billing_for_tests() as bench:
        before = await credits_of(bench)
        await bench.gateway.buy("ada", "pack_1k")
        await bench.gateway.win(await bench.gateway.dispute("ada"))
        won = await credits_of(bench)
        await bench.gateway.buy("ada", "pack_1k")
        await bench.gateway.lose(await bench.gateway.dispute("ada"))

        assert (before + 1000, before + 1000) == (won, await credits_of(bench))


async def test_a_refusal_costs_nothing() -> None:
    async with billing_for_tests() as bench:
        before = await credits_of(bench)
        bench.images.refuse(times=1)

        assert [GenerationStatus.REFUSED, before] == [await generated(bench), await credits_of(bench)]
        assert GenerationStatus.SUCCEEDED is await generated(bench)


async def test_a_provider_that_stays_away_fails_the_generation_in_the_end() -> None:
    async with billing_for_tests() as bench:
        before = await credits_of(bench)
        bench.images.fail()
        generation = await bench.billing.generate("ada", "a lighthouse")
        await bench.clock.advance(hours=1)

        ended = await bench.billing.generation("ada", generation.id)
        assert ended is not None
        assert (GenerationStatus.FAILED, before) == (ended.status, await credits_of(bench))
        assert 5 == len(bench.images.requests)


async def test_a_time_out_is_tried_again() -> None:
    async with billing_for_tests() as bench:
        bench.images.time_out(times=1)
        generation = await bench.billing.generate("ada", "a lighthouse")
        await bench.clock.advance(hours=1)

        ended = await bench.billing.generation("ada", generation.id)
        assert ended is not None
        assert (GenerationStatus.SUCCEEDED, 2) == (ended.status, len(bench.images.requests))


async def test_a_model_that_is_not_set_up_fails_at_once_and_a_person_is_told() -> None:
    async with billing_for_tests() as bench:
        before = await credits_of(bench)
        bench.images.misconfigure("no such model", times=1)

        assert [GenerationStatus.FAILED, before] == [await generated(bench), await credits_of(bench)]
        incidents = await bench.container.books().incidents.open()
        assert ["the image provider is not set up: no such model"] == [incident.detail for incident in incidents]


async def test_unfinished_pictures_are_shown_and_gone_in_the_end() -> None:
    async with billing_for_tests() as bench:
        bench.images.show_unfinished(3)
        store, generation = bench.container.store(), await bench.billing.generate("ada", "a lighthouse")
        await bench.clock.settle()

        ended = await bench.billing.generation("ada", generation.id)
        assert ended is not None
        assert tuple(image.key for image in ended.images) == await store.keys(generation.id)


async def test_fewer_pictures_cost_less() -> None:
    async with billing_for_tests() as bench:
        await bench.gateway.subscribe("ada", "basic")
        before = await credits_of(bench)
        await generated(bench, wish=Wish(n=2))
        two = before - await credits_of(bench)
        bench.images.make_fewer()
        await generated(bench, wish=Wish(n=2))

        assert two * 3 // 2 == before - await credits_of(bench)


async def test_a_catalog_of_ones_own_is_sold_as_text_and_as_a_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    text = builtin_text().replace("credits_per_month = 10\n", "credits_per_month = 77\n")
    file = tmp_path_factory.mktemp("catalog") / "catalog.toml"
    file.write_text(text)
    for catalog in (text, file, str(file)):
        async with billing_for_tests(catalog=catalog) as bench:
            assert 77 == await credits_of(bench)


async def test_what_is_held_is_told_by_type() -> None:
    async with billing_for_tests() as bench:
        with pytest.raises(InsufficientCredits):
            async with bench.billing.spend("ada", credits=11, reason="upscaling"):
                pass


async def test_the_simulation_of_the_facade_moves_the_same_clock() -> None:
    async with billing_for_tests() as bench:
        await bench.gateway.subscribe("ada", "basic")
        before = bench.clock.now()
        await bench.billing.simulation.forward(days=31)

        assert timedelta(days=31) == bench.clock.now() - before
        assert 2 == len(await bench.gateway.payments("ada"))


def test_it_needs_no_loop_but_the_one_that_it_is_used_in() -> None:
    async def story() -> str:
        async with billing_for_tests() as bench:
            await bench.gateway.subscribe("ada", "premium")
            return (await bench.billing.subscription("ada")).status

    assert ["trialing"] * 2 == [asyncio.run(story()) for _ in range(2)]


class TestVirtualClock(ClockContract):
    @pytest.fixture
    def clock(self, billing_bench: Bench) -> VirtualClock:
        return billing_bench.clock


class TestPlainImages(ImageGeneratorContract):
    @pytest.fixture
    def images(self) -> PlainImages:
        return PlainImages()


class TestKeptImages(ImageStoreContract):
    @pytest.fixture
    def store(self) -> KeptImages:
        return KeptImages()


async def test_who_waits_for_a_picture_gets_it_at_once() -> None:
    async with asyncio.timeout(60), billing_for_tests() as bench:
        made = await bench.billing.generate("ada", "a lighthouse", wait=timedelta(hours=1))
        bench.images.fail()
        late = await bench.billing.generate("ada", "a lighthouse", wait=timedelta(hours=1))

    assert (GenerationStatus.SUCCEEDED, GenerationStatus.RUNNING) == (made.status, late.status)
