"""Tidying: in the image store stays what an image names, and nothing else."""

import pytest

from billing_core.domain.admission import Wish
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.ports.errors import Unavailable
from tests.shops.use_case import A_DAY, A_MINUTE, Crash, Shop

SKETCH = 2


@pytest.fixture
async def shop() -> Shop:
    """Ann has subscribed to basic, and has 210 credits."""
    shop = Shop()
    await shop.subscribed()
    return shop


async def tidied(shop: Shop, generation: Generation) -> None:
    await shop.use.tidying().run({"account_id": generation.account_id, "generation_id": generation.id})


async def test_what_no_image_names_is_deleted_and_the_rest_stays(shop: Shop) -> None:
    done, other = await shop.generated(Wish(n=2)), await shop.generated()
    theirs = {image.key for image in (*done.images, *other.images)}
    shop.shelf.kept |= {f"{done.id}/partial-1-1.png": b"", f"{done.id}/7-1.png": b"", f"{other.id}/7-1.png": b""}

    await tidied(shop, done)

    assert shop.shelf.kept.keys() == theirs | {f"{other.id}/7-1.png"}


async def test_tidying_twice_changes_nothing(shop: Shop) -> None:
    done = await shop.generated()
    before = dict(shop.shelf.kept)

    await tidied(shop, done)
    await tidied(shop, done)

    assert shop.shelf.kept == before


async def test_while_it_is_under_way_nothing_is_deleted(shop: Shop) -> None:
    shop.painter.told = [Unavailable("the image provider")]
    running = await shop.generated()
    shop.shelf.kept[f"{running.id}/partial-1-1.png"] = b""

    await tidied(shop, running)

    assert len(shop.shelf.kept) == 1


async def test_for_a_generation_that_is_not_there_nothing_is_deleted(shop: Shop) -> None:
    shop.shelf.kept["gen_nowhere/1-1.png"] = b""

    await shop.use.tidying().run({"account_id": "ann", "generation_id": "gen_nowhere"})

    assert len(shop.shelf.kept) == 1


async def test_a_deleted_picture_is_deleted_from_the_store_by_a_job_of_the_same_commit(shop: Shop) -> None:
    done = await shop.generated(Wish(n=2))
    gone, stays = done.images

    await shop.use.hiding().delete("ann", gone.id)
    assert [job.args for job in shop.jobs("tidy")] == [{"account_id": "ann", "generation_id": done.id}]
    await shop.work()

    assert list(shop.shelf.kept) == [stays.key]


async def test_a_deleted_picture_is_gone_in_the_end_though_the_store_was_away(shop: Shop) -> None:
    done = await shop.generated()
    await shop.use.hiding().delete("ann", done.images[0].id)
    shop.shelf.is_down = True
    await shop.work()
    shop.shelf.is_down = False

    shop.clock.advance(A_MINUTE)
    await shop.work()

    assert shop.shelf.kept == {}


async def test_what_a_worker_thought_dead_puts_there_after_the_end_is_deleted_too(shop: Shop) -> None:
    """It stored a picture late, and died before it could learn that nobody wants it."""
    shop.painter.told = [Crash()]
    accepted = await shop.generated()
    shop.clock.advance(A_MINUTE)
    await shop.work()
    done = await shop.generation(accepted)
    assert done.status is GenerationStatus.SUCCEEDED
    shop.shelf.kept[f"{done.id}/1-1.png"] = b"late"

    shop.clock.advance(A_DAY)
    await shop.work()

    assert list(shop.shelf.kept) == [done.images[0].key]
    assert shop.jobs("tidy") == []


async def test_one_that_was_never_attempted_needs_no_tidying(shop: Shop) -> None:
    accepted = await shop.accepted()
    shop.clock.set(accepted.expires_at)

    await shop.use.making().run({"account_id": "ann", "generation_id": accepted.id})

    assert shop.jobs("tidy") == []


async def test_what_went_well_at_the_first_attempt_needs_no_tidying(shop: Shop) -> None:
    accepted = await shop.accepted(Wish(n=2))

    await shop.use.making().run({"account_id": "ann", "generation_id": accepted.id})

    done = await shop.generation(accepted)
    assert (done.status, shop.jobs("tidy")) == (GenerationStatus.SUCCEEDED, [])
    assert sorted(shop.shelf.kept) == [image.key for image in done.images]


@pytest.mark.parametrize("failing", ["unavailable_at", "unheard_at", "none"])
async def test_where_unfinished_pictures_were_shown_the_store_is_tidied(shop: Shop, failing: str) -> None:
    """Also those that the books do not know of."""
    shop.painter.unfinished = 1
    accepted = await shop.accepted()
    if failing != "none":
        setattr(shop.accounts, failing, shop.accounts.changes + SKETCH)

    await shop.use.making().run({"account_id": "ann", "generation_id": accepted.id})
    assert [job.not_before for job in shop.jobs("tidy")] == [None]
    await shop.work()

    assert list(shop.shelf.kept) == [image.key for image in (await shop.generation(accepted)).images]


async def test_a_store_that_took_one_picture_of_two_is_tidied(shop: Shop) -> None:
    shop.shelf.room = 1
    accepted = await shop.accepted(Wish(n=2))

    await shop.use.making().run({"account_id": "ann", "generation_id": accepted.id})
    assert (len(shop.shelf.kept), len(shop.jobs("tidy"))) == (1, 1)
    await shop.work()

    assert shop.shelf.kept == {}
