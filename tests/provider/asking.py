"""OpenAIImages against the local provider, set up as an operator would."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from attrs import define, field

from billing_core.adapters.openai.access import Access
from billing_core.adapters.openai.images import OpenAIImages
from billing_core.adapters.openai.limits import Limits
from billing_core.adapters.openai.opening import openai_images
from billing_core.adapters.openai.quirks import QUIRKS
from billing_core.domain.catalog import Model
from billing_core.ports.images import ImageRequest, Picture
from tests.provider.server import ImageServer

KEY = "sk-sentinel-7d0f6a1b2c3d4e5f"
PATIENT = Limits(answer_s={}, default_s=30, download_s=20)
SIZE = "96x64"


def models_of(*names: str) -> Mapping[str, Model]:
    """For each provider a model that is called like it."""
    parameters = {"hd": {"steps": 40}}
    return {name: Model(name, name, f"studio/{name}-1", parameters) for name in names}


@asynccontextmanager
async def asking(
    server: ImageServer, *names: str, limits: Limits = PATIENT, fallback: Access | None = None
) -> AsyncIterator[OpenAIImages]:
    """While the block lasts, these providers (all, where none is named) are at the server."""
    providers = names or QUIRKS
    async with server.on_loopback() as base:
        accesses = {} if fallback else {name: Access(KEY, base) for name in providers}
        async with openai_images(accesses, models_of(*providers), fallback=fallback, limits=limits) as images:
            yield images


def a_request(
    model: str = "deepinfra",
    *,
    n: int = 1,
    prompt: str = "a lighthouse at dusk",
    quality: str = "standard",
    account_id: str = "acc_1",
) -> ImageRequest:
    return ImageRequest(
        prompt=prompt, model=model, size=SIZE, quality=quality, n=n, watermark=False, account_id=account_id
    )


@define
class Watcher:
    """Remembers the unfinished pictures that it was shown."""

    seen: list[Picture] = field(factory=list)

    async def __call__(self, picture: Picture) -> None:
        self.seen.append(picture)
