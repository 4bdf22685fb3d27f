"""Who makes the pictures, who marks them, and where they are kept, as the settings and the embedder say."""

from pathlib import Path

import pytest
from attrs import evolve

from billing_core.adapters.catalog_file import builtin_text
from billing_core.adapters.drawn import DrawnImages
from billing_core.adapters.openai import opening
from billing_core.adapters.pictures import mark_of
from billing_core.adapters.system import SystemClock
from billing_core.application.accepting import Asked
from billing_core.domain.admission import Wish
from billing_core.domain.catalog import Catalog
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.image_settings import ImageSettings, ProviderAccess
from billing_core.entrypoints.lifespan import Parts, opened, running
from billing_core.entrypoints.parts.catalogs import catalog_to_sell
from billing_core.entrypoints.parts.images import MARK, drawn_images, image_store, providers_of
from billing_core.entrypoints.settings import MEMORY, Settings, with_secrets
from billing_core.ports.images import ImageGenerator, ImageRequest
from billing_core.testing import billing_for_tests
from billing_core.testing.images import PlainImages
from tests.provider.server import ImageServer

SETTINGS = with_secrets(Settings(database_url=MEMORY))
REQUEST = ImageRequest(
    prompt="a lighthouse", model="flux-schnell", size="512x512", quality="standard", n=1, watermark=False
)


async def mark_on_the_picture_of(account_id: str, images: ImageGenerator) -> str | None:
    """The mark on a picture that was made for an account of that plan."""
    async with billing_for_tests(images=images) as bench:
        if account_id != "free":
            await bench.gateway.subscribe(account_id, account_id)
        asked = await bench.billing.use_cases.accepting(
            account_id, Asked(prompt="a lighthouse", wish=Wish(size="512x512"))
        )
        await bench.clock.settle()
        done = await bench.billing.generation(account_id, asked.id)
        assert done is not None
        content = await bench.container.store().get(done.images[0].key)
        assert content is not None
        return mark_of(content)


@pytest.mark.parametrize("images", [DrawnImages(), PlainImages()], ids=["drawn", "an embedder's own"])
async def test_pictures_of_the_free_plan_are_marked_and_others_are_not(images: ImageGenerator) -> None:
    assert MARK == await mark_on_the_picture_of("free", images)
    assert await mark_on_the_picture_of("basic", images) is None


def test_drawing_takes_as_long_as_the_settings_say() -> None:
    assert DrawnImages(takes_s=1.5) == drawn_images(evolve(SETTINGS, images=ImageSettings(drawing_s=1.5)))


async def test_with_a_provider_pictures_are_not_drawn() -> None:
    async with ImageServer().on_loopback() as base:
        settings = evolve(SETTINGS, images=ImageSettings(elsewhere=ProviderAccess("", base)))
        async with opened(settings, Parts()) as container:
            assert not isinstance(container.images(), DrawnImages)
            assert len(container.catalog().current.models) == len(await container.model_watch().standings())


async def test_an_embedders_own_generator_goes_before_the_providers_that_are_set_up() -> None:
    mine = PlainImages()
    settings = evolve(SETTINGS, images=ImageSettings(providers={"openai": ProviderAccess("a-key")}))

    async with opened(settings, Parts(images=mine)) as container:
        assert container.images() is mine
        assert () == await container.model_watch().standings()


async def test_what_was_accepted_under_an_older_catalog_is_still_made(tmp_path: Path) -> None:
    """A model that left the catalog is watched no more."""
    server, newer = ImageServer(), tmp_path / "catalog.toml"
    newer.write_text(builtin_text().replace("flux-schnell", "flux-quick"))
    versions = [*catalog_to_sell(Settings()).versions, *catalog_to_sell(Settings(catalog=str(newer))).versions]
    async with server.on_loopback() as base:
        settings = evolve(SETTINGS, images=ImageSettings(elsewhere=ProviderAccess("", base)))
        async with providers_of(settings, Catalog(versions), SystemClock()) as providers:
            made = await providers.images.generate(REQUEST)
            watched = {standing.model for standing in await providers.watch.standings()}

    assert 1 == len(made.pictures)
    assert ("flux-quick" in watched, "flux-schnell" in watched) == (True, False)


async def test_what_speaks_to_providers_must_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "find_spec", lambda _name: None)
    settings = evolve(SETTINGS, images=ImageSettings(providers={"openai": ProviderAccess("a-key")}))

    with pytest.raises(SettingsError, match=r"install `billing-core\[openai\]`"):
        async with running(settings):
            pass
    async with running(settings, Parts(images=PlainImages())):
        pass


async def test_pictures_are_kept_beside_the_books_or_where_the_settings_say(tmp_path: Path) -> None:
    beside = Settings(database_url=f"sqlite:///{tmp_path}/books.db")

    await image_store(beside).put("a/1.png", b"beside")
    await image_store(evolve(beside, image_store=str(tmp_path / "elsewhere"))).put("a/1.png", b"elsewhere")

    assert b"beside" == (tmp_path / "images" / "a" / "1.png").read_bytes()
    assert b"elsewhere" == (tmp_path / "elsewhere" / "a" / "1.png").read_bytes()
