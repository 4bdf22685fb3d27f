"""The way in for who puts the parts together. The `openai` package is loaded when the first provider is opened."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from billing_core.adapters.openai.access import Access
from billing_core.adapters.openai.limits import Limits
from billing_core.domain.catalog import Model
from billing_core.ports.errors import Misconfigured

if TYPE_CHECKING:
    from billing_core.adapters.openai.images import OpenAIImages


@asynccontextmanager
async def openai_images(
    accesses: Mapping[str, Access],
    models: Mapping[str, Model],
    *,
    fallback: Access | None = None,
    limits: Limits | None = None,
) -> AsyncIterator["OpenAIImages"]:
    """An ImageGenerator that asks the providers, by name, with these accesses, for the catalog's models, by key.

    `fallback` serves the models whose provider has no access of its own; it needs a base URL. The clients are open
    while the block lasts; `OpenAIModels(providers=images.providers, …)` shares them.
    Raises Misconfigured where the package is not installed.
    """
    ensure_installed()
    # Only here: a default installation has the package, and nobody should load it who draws placeholders.
    from billing_core.adapters.openai.capping import capped_client, certificates  # noqa: PLC0415
    from billing_core.adapters.openai.fetching import Fetch, download_timeout  # noqa: PLC0415
    from billing_core.adapters.openai.images import OpenAIImages  # noqa: PLC0415
    from billing_core.adapters.openai.providers import open_providers  # noqa: PLC0415

    limits, trusted = limits or Limits(), certificates()
    downloads = capped_client(limits.picture_bytes, timeout=download_timeout(limits), trusted=trusted, trust_env=False)
    providing = open_providers(accesses, fallback=fallback, limits=limits, trusted=trusted)
    async with providing as providers, downloads as client:
        yield OpenAIImages(providers=providers, models=models, fetch=Fetch(client=client, limits=limits), limits=limits)


def ensure_installed() -> None:
    """Raises Misconfigured where the `openai` package is missing."""
    if find_spec("openai") is None:
        raise Misconfigured("openai", "the package is not installed: install `billing-core[openai]`")
