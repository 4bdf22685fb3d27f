"""Pictures: who may see them, and who may change that."""

import pytest

from billing_core.application.errors import GenerationNotFound, ImageNotFound
from billing_core.domain.errors import NotEntitled
from billing_core.domain.generation import Image
from billing_core.domain.options import Action
from tests.shops.use_case import Shop


@pytest.fixture
async def shop() -> Shop:
    """Ann may have private pictures; bob has the free plan."""
    shop = Shop()
    await shop.subscribed()
    return shop


async def picture(shop: Shop, account: str = "ann", *, private: bool | None = None) -> Image:
    (image,) = (await shop.generated(account=account, private=private)).images
    return image


async def seen(shop: Shop, image_id: str, *, viewer: str | None, signed: bool) -> tuple[Image, bytes]:
    """The picture with its bytes, as the door shows it."""
    image = await shop.use.showing().image(image_id, viewer=viewer, signed=signed)
    return image, await shop.use.showing().content(image)


@pytest.mark.parametrize(("viewer", "signed"), [("ann", False), ("bob", True), (None, True), ("ann", True)])
async def test_a_private_picture_is_shown_to_its_owner_and_to_who_has_its_signed_url(
    shop: Shop, viewer: str | None, signed: bool
) -> None:
    image = await picture(shop)

    assert await seen(shop, image.id, viewer=viewer, signed=signed) == (image, b"picture 0")


@pytest.mark.parametrize("viewer", ["bob", None])
async def test_a_private_picture_is_not_there_for_anybody_else(shop: Shop, viewer: str | None) -> None:
    image = await picture(shop)

    with pytest.raises(ImageNotFound):
        await seen(shop, image.id, viewer=viewer, signed=False)


@pytest.mark.parametrize("viewer", ["ann", "bob", None])
async def test_a_public_picture_is_shown_to_everybody(shop: Shop, viewer: str | None) -> None:
    image = await picture(shop, private=False)

    assert await seen(shop, image.id, viewer=viewer, signed=False) == (image, b"picture 0")


async def test_a_picture_that_never_was_is_not_found(shop: Shop) -> None:
    with pytest.raises(ImageNotFound):
        await seen(shop, "img_nowhere", viewer="ann", signed=True)


async def test_a_picture_whose_bytes_are_lost_is_not_found(shop: Shop) -> None:
    image = await picture(shop)
    shop.shelf.kept.clear()

    with pytest.raises(ImageNotFound):
        await seen(shop, image.id, viewer="ann", signed=False)


async def test_an_unfinished_picture_is_shown_by_its_step_until_the_generation_has_ended(shop: Shop) -> None:
    accepted = await shop.accepted()
    shown: list[bytes] = []

    async def look() -> None:
        partial, content = await shop.use.showing().partial("ann", accepted.id, "1.1")
        assert (partial.attempt, partial.number, partial.format) == (1, 1, "webp")
        shown.append(content)

    shop.painter.unfinished, shop.painter.told = 1, [look]
    await shop.work()

    assert shown == [b"sketch 0"]
    with pytest.raises(ImageNotFound):
        await shop.use.showing().partial("ann", accepted.id, "1.1")


@pytest.mark.parametrize("step", ["0.0", "1.0", "1.2", "end", "", "../../etc"])
async def test_a_step_that_shows_nothing_has_no_picture(shop: Shop, step: str) -> None:
    accepted = await shop.accepted()

    async def look() -> None:
        with pytest.raises(ImageNotFound):
            await shop.use.showing().partial("ann", accepted.id, step)

    shop.painter.unfinished, shop.painter.told = 1, [look]
    await shop.work()
    assert shop.failures == []


async def test_anothers_unfinished_picture_is_not_found(shop: Shop) -> None:
    accepted = await shop.accepted()

    with pytest.raises(GenerationNotFound):
        await shop.use.showing().partial("bob", accepted.id, "1.1")


async def test_its_owner_makes_a_picture_public_and_private_again(shop: Shop) -> None:
    image = await picture(shop)

    shown = await shop.use.hiding()("ann", image.id, private=False)
    assert shown.private is False
    assert (await seen(shop, image.id, viewer=None, signed=False))[0] == shown

    hidden = await shop.use.hiding()("ann", image.id, private=True)
    assert hidden.private is True
    with pytest.raises(ImageNotFound):
        await seen(shop, image.id, viewer=None, signed=False)


async def test_who_has_no_private_pictures_cannot_hide_one(shop: Shop) -> None:
    image = await picture(shop, "bob")

    with pytest.raises(NotEntitled) as refused:
        await shop.use.hiding()("bob", image.id, private=True)
    assert [(option.action, option.tier) for option in refused.value.options] == [(Action.UPGRADE, "basic")]
    assert (await shop.use.hiding()("bob", image.id, private=False)).private is False


async def test_anothers_picture_is_not_found(shop: Shop) -> None:
    image = await picture(shop, private=False)

    with pytest.raises(ImageNotFound):
        await shop.use.hiding()("bob", image.id, private=False)
    with pytest.raises(ImageNotFound):
        await shop.use.hiding().delete("bob", image.id)
    assert image.key in shop.shelf.kept


async def test_a_deleted_picture_is_gone_with_its_bytes(shop: Shop) -> None:
    image = await picture(shop)

    await shop.use.hiding().delete("ann", image.id)
    await shop.work()

    assert shop.shelf.kept == {}
    with pytest.raises(ImageNotFound):
        await seen(shop, image.id, viewer="ann", signed=True)
    with pytest.raises(ImageNotFound):
        await shop.use.hiding().delete("ann", image.id)
