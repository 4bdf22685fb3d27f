"""Unfinished pictures: shown while their attempt is the latest, never in the way, and gone at the end."""

import asyncio

import pytest

from billing_core.domain.attempts import AttemptOutcome
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.ports.errors import Unavailable
from billing_core.ports.generations import Progress
from billing_core.ports.images import Picture
from tests.shops.use_case import A_MINUTE, Shop

START, FIRST_SKETCH = 1, 2


@pytest.fixture
def shop() -> Shop:
    """Everybody has ten free credits; two unfinished pictures are shown of each."""
    shop = Shop()
    shop.painter.unfinished = 2
    return shop


async def progress(shop: Shop, generation: Generation) -> Progress:
    found = await shop.memory.generations.progress(generation.account_id, generation.id)
    assert found is not None
    return found


async def test_unfinished_pictures_are_shown_while_it_runs(shop: Shop) -> None:
    accepted = await shop.accepted()
    seen: list[Progress] = []

    async def look() -> None:
        seen.append(await progress(shop, accepted))

    shop.painter.told = [look]
    await shop.work()

    shown = [(each.attempt, each.number, each.key, each.width, each.format) for each in seen[0].partials]
    assert shown == [
        (1, 1, f"{accepted.id}/partial-1-1.webp", 256, "webp"),
        (1, 2, f"{accepted.id}/partial-1-2.webp", 256, "webp"),
    ]


async def test_each_attempt_counts_its_own(shop: Shop) -> None:
    shop.painter.told = [Unavailable("the image provider")]
    accepted = await shop.generated()
    seen: list[Progress] = []

    async def look() -> None:
        seen.append(await progress(shop, accepted))

    shop.painter.told = [look]
    shop.clock.advance(A_MINUTE)
    await shop.work()

    assert [(each.attempt, each.number) for each in seen[0].partials] == [(1, 1), (1, 2), (2, 1), (2, 2)]


async def test_at_the_end_only_the_finished_pictures_are_left(shop: Shop) -> None:
    done = await shop.generated()

    assert list(shop.shelf.kept) == [done.images[0].key]


async def test_where_it_fails_nothing_is_left(shop: Shop) -> None:
    shop.painter.told = [Unavailable("the image provider")] * 5
    accepted = await shop.generated()
    for _ in range(5):
        shop.clock.advance(A_MINUTE)
        await shop.work()

    assert (await shop.generation(accepted)).status is GenerationStatus.FAILED
    assert shop.shelf.kept == {}


async def test_a_store_that_does_not_take_an_unfinished_picture_disturbs_nothing(shop: Shop) -> None:
    shop.shelf.refuses = 2

    done = await shop.generated()

    assert (done.status, len(shop.painter.asked), await shop.available()) == (GenerationStatus.SUCCEEDED, 1, 9)


@pytest.mark.parametrize("failing", ["unavailable_at", "unheard_at"])
async def test_books_that_do_not_take_an_unfinished_picture_disturb_nothing(shop: Shop, failing: str) -> None:
    accepted = await shop.accepted()
    setattr(shop.accounts, failing, shop.accounts.changes + FIRST_SKETCH)

    await shop.work()

    done = await shop.generation(accepted)
    assert (done.status, len(shop.painter.asked), await shop.available()) == (GenerationStatus.SUCCEEDED, 1, 9)
    assert list(shop.shelf.kept) == [done.images[0].key]


async def test_an_attempt_that_was_overtaken_shows_nothing_more(shop: Shop) -> None:
    accepted = await shop.accepted()
    args = {"account_id": "ann", "generation_id": accepted.id}
    watch = shop.use.sketching().watch(accepted, 1)
    over = asyncio.Event()
    shop.painter.told = [RuntimeError("the worker is thought dead"), over.wait]
    with pytest.raises(RuntimeError):
        await shop.use.making().run(args)
    shop.painter.is_asked.clear()
    second = asyncio.create_task(shop.use.making().run(args))
    await shop.painter.is_asked.wait()

    await watch(Picture(content=b"late", format="webp", width=256, height=256))

    assert b"late" not in shop.shelf.kept.values()
    assert [attempt.outcome for attempt in (await progress(shop, accepted)).attempts] == [
        AttemptOutcome.UNKNOWN,
        AttemptOutcome.STARTED,
    ]
    over.set()
    await second


async def test_what_is_shown_after_the_end_is_thrown_away(shop: Shop) -> None:
    done = await shop.generated()
    watch = shop.use.sketching().watch(done, 1)

    await watch(Picture(content=b"late", format="webp", width=256, height=256))

    assert list(shop.shelf.kept) == [done.images[0].key]
