"""Who makes the pictures, and where they are kept, wired."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import frozen

from billing_core.adapters.drawn import DrawnImages
from billing_core.adapters.obstore import ObstoreImages
from billing_core.adapters.openai.access import Access
from billing_core.adapters.openai.opening import ensure_installed as ensure_openai_installed
from billing_core.adapters.openai.opening import openai_images
from billing_core.adapters.pictures import MarkedImages
from billing_core.adapters.system import SystemClock
from billing_core.application.diagnosing import Finding, WatchingModels
from billing_core.domain.catalog import Catalog, Model
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.image_settings import ProviderAccess
from billing_core.entrypoints.parts.catalogs import catalog_to_sell
from billing_core.entrypoints.settings import MEMORY, Settings
from billing_core.ports.clock import Clock
from billing_core.ports.errors import Misconfigured
from billing_core.ports.images import ImageGenerator, ImageStore
from billing_core.ports.model_watch import ModelStanding, ModelWatch

MARK = "made with a free plan"


def drawn_images(settings: Settings) -> ImageGenerator:
    """Placeholders."""
    return DrawnImages(takes_s=settings.images.drawing_s)


def marked_images(images: ImageGenerator) -> ImageGenerator:
    """The same pictures, with a mark where the plan says so, whoever makes them."""
    return MarkedImages(images, MARK)


class NobodysModels:
    """Placeholders need no provider, and an embedder's own generator is the embedder's to watch."""

    async def standings(self) -> tuple[ModelStanding, ...]:
        return ()


def no_models() -> ModelWatch:
    return NobodysModels()


def image_store(settings: Settings) -> ImageStore:
    """The one that the settings name, else a folder beside the books."""
    if settings.image_store is not None:
        return ObstoreImages(settings.image_store)
    return ObstoreImages("memory://" if settings.database_url == MEMORY else str(settings.folder / "images"))


def ensure_installed(settings: Settings) -> None:
    """Raises SettingsError where providers are set up, and what speaks to them is not installed."""
    if settings.images.are_drawn:
        return
    try:
        ensure_openai_installed()
    except Misconfigured as missing:
        raise SettingsError(str(missing)) from missing


def ensure_providers(settings: Settings) -> None:
    """Nobody pays real money for placeholders. Raises SettingsError where no model has a provider; CatalogError."""
    models = catalog_to_sell(settings).current.models
    if not any(is_set_up(settings, model) for model in models):
        wanted = ", ".join(sorted({model.provider for model in models}))
        raise SettingsError(
            "STRIPE_SECRET_KEY is a live key, but pictures are drawn placeholders: no model of the catalog has a "
            f"provider that is set up. Set one up ({wanted}: docs/images.md), use a test key, or open the product in "
            "your own program with `images=…`"
        )


def is_set_up(settings: Settings, model: Model) -> bool:
    """Whether anybody can be asked for pictures by this model."""
    return model.provider in settings.images.providers or settings.images.elsewhere is not None


async def how_models_stand(settings: Settings) -> tuple[Finding, ...]:
    """What the providers that are set up say of the models. Raises CatalogError."""
    clock = SystemClock()
    async with providers_of(settings, catalog_to_sell(settings), clock) as providers:
        return await WatchingModels(providers.watch, clock)()


@frozen
class Providers:
    """Those that are set up: to make pictures, and to be asked for their models."""

    images: ImageGenerator
    watch: ModelWatch


@asynccontextmanager
async def providers_of(settings: Settings, catalog: Catalog, clock: Clock) -> AsyncIterator[Providers]:
    """The way to them is open while the block lasts. A generation that waits may be for a model of an older catalog;
    only today's are watched. Raises Misconfigured where `ensure_installed` was not asked before."""
    accesses = {name: _access(given) for name, given in settings.images.providers.items()}
    elsewhere = None if settings.images.elsewhere is None else _access(settings.images.elsewhere)
    models = {model.key: model for version in catalog.versions for model in version.models}
    async with openai_images(accesses, models, fallback=elsewhere) as images:
        from billing_core.adapters.openai.models import OpenAIModels  # noqa: PLC0415 - it loads the package

        today = {model.key: model for model in catalog.current.models}
        yield Providers(images, OpenAIModels(providers=images.providers, models=today, clock=clock))


def _access(given: ProviderAccess) -> Access:
    return Access(given.key, given.base_url or None)
