"""One set of books has one mode, and nobody pays real money for placeholders."""

import asyncio
from pathlib import Path

import pytest
from attrs import evolve

from billing_core.adapters.books.columns import columns_of
from billing_core.adapters.catalog_file import CatalogError
from billing_core.adapters.drawn import DrawnImages
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.domain.errors import InvalidValue
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.image_settings import ImageSettings, ProviderAccess
from billing_core.entrypoints.lifespan import Parts, running, working
from billing_core.entrypoints.one_mode import GATEWAY, ensure_mode
from billing_core.entrypoints.settings import MEMORY, Settings, with_secrets
from billing_core.entrypoints.starting import ensure_startable
from billing_core.entrypoints.stripe_settings import Mode, StripeSettings
from billing_core.testing.builders import NEW_YEAR

NOWHERE = "http://127.0.0.1:9"
LIVE = StripeSettings(secret_key="sk_live_abc", api_base=NOWHERE)
TEST = StripeSettings(secret_key="sk_test_abc", api_base=NOWHERE)


async def test_the_first_start_sets_the_mode_and_later_ones_must_agree() -> None:
    bookmarks = MemoryBooks(columns_of, now=lambda: NEW_YEAR).bookmarks

    await ensure_mode(bookmarks, Mode.TEST)
    await ensure_mode(bookmarks, Mode.TEST)

    assert "test" == await bookmarks.get(GATEWAY)
    with pytest.raises(SettingsError, match=r"of test mode and the payments of live mode: set a test key .* or name"):
        await ensure_mode(bookmarks, Mode.LIVE)


@pytest.mark.failure("F18")
async def test_books_of_simulated_money_are_not_opened_with_a_key(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/billing.db"
    async with running(with_secrets(Settings(database_url=url))):
        pass

    real = with_secrets(Settings(database_url=url, webhook_secrets=("whsec_x",), stripe=TEST))
    with pytest.raises(SettingsError, match=r"of simulated mode .* unset STRIPE_SECRET_KEY"):
        async with running(real):
            pass


async def test_what_keeps_a_service_from_starting_is_known_before_it_begins(tmp_path: Path) -> None:
    simulated = with_secrets(Settings(database_url=f"sqlite:///{tmp_path}/billing.db"))
    await ensure_startable(simulated)
    async with running(simulated):
        pass

    await ensure_startable(simulated)
    with pytest.raises(SettingsError, match="of simulated mode"):
        await ensure_startable(evolve(simulated, webhook_secrets=("whsec_x",), stripe=TEST))
    with pytest.raises(SettingsError, match="pictures are drawn placeholders"):
        await ensure_startable(evolve(simulated, webhook_secrets=("whsec_x",), stripe=LIVE))
    with pytest.raises(InvalidValue, match="image_store"):
        await ensure_startable(evolve(simulated, image_store="gopher://pictures"))
    with pytest.raises(CatalogError):
        await ensure_startable(evolve(simulated, catalog=str(a_bad_catalog(tmp_path))))


def a_bad_catalog(folder: Path) -> Path:
    path = folder / "catalog.toml"
    path.write_text("plans = 1")
    return path


@pytest.mark.failure("F18")
async def test_a_live_key_refuses_drawn_pictures() -> None:
    settings = with_secrets(Settings(database_url=MEMORY, webhook_secrets=("whsec_x",), stripe=LIVE))

    with pytest.raises(SettingsError, match="pictures are drawn placeholders"):
        async with running(settings):
            pass


async def test_a_worker_refuses_them_too() -> None:
    url = "postgresql://127.0.0.1:9/books"
    settings = Settings(database_url=url, jwt_secret="x" * 32, webhook_secrets=("whsec_x",), stripe=LIVE)

    with pytest.raises(SettingsError, match="pictures are drawn placeholders"):
        await working(settings, stop=asyncio.Event())


async def test_a_live_key_takes_pictures_that_are_brought_along() -> None:
    settings = with_secrets(Settings(database_url=MEMORY, webhook_secrets=("whsec_x",), stripe=LIVE))

    async with running(settings, Parts(images=DrawnImages())) as use_cases:
        assert use_cases.simulation is None


async def test_a_live_key_needs_a_provider_for_one_model_at_least(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/billing.db", webhook_secrets=("whsec_x",), stripe=LIVE)

    for provider in ("openai", "deepinfra"):
        await ensure_startable(evolve(settings, images=ImageSettings(providers={provider: ProviderAccess("a-key")})))
    await ensure_startable(evolve(settings, images=ImageSettings(elsewhere=ProviderAccess("", NOWHERE))))
    with pytest.raises(SettingsError, match=r"no model of the catalog .* Set one up \(deepinfra, openai: docs"):
        await ensure_startable(evolve(settings, images=ImageSettings(providers={"nebius": ProviderAccess("a-key")})))
