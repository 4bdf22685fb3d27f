"""The ImageGenerator contract on OpenAIImages, spoken to as each provider wants it, answered in each of their ways."""

from collections.abc import AsyncIterator

import pytest

from billing_core.adapters.openai.access import Access
from billing_core.adapters.openai.images import OpenAIImages
from billing_core.adapters.openai.opening import openai_images
from billing_core.adapters.openai.quirks import QUIRKS
from billing_core.domain.catalog import Model
from billing_core.ports.images import ImageRequest
from billing_core.testing.contracts.images import ImageGeneratorContract
from tests.provider.asking import KEY, PATIENT, SIZE
from tests.provider.server import ImageServer

MODEL = "flux-schnell"
# Each as it wants to be asked and answers today; then with URLs, and with the other formats.
WAYS = [(provider, way) for provider in QUIRKS for way in ("well", "url")]
WAYS += [("openai", "plain"), ("deepinfra", "jpeg"), ("together", "webp")]


class EveryWay(ImageGeneratorContract):
    """Whatever the provider, and however it answers."""

    @pytest.fixture
    def request_of(self) -> ImageRequest:
        return ImageRequest(
            prompt="a lighthouse at dusk",
            model=MODEL,
            size=SIZE,
            quality="high",
            n=1,
            watermark=False,
            account_id="acc_1",
        )


@pytest.mark.parametrize(("provider", "way"), WAYS)
class TestEveryProvider(EveryWay):
    """With its own key, at its own address."""

    @pytest.fixture
    async def images(self, provider: str, way: str) -> AsyncIterator[OpenAIImages]:
        server = ImageServer(key=KEY)
        server.always(way)
        models = {MODEL: Model(MODEL, provider, "studio/flux-1-schnell")}
        async with server.on_loopback() as base, openai_images({provider: Access(KEY, base)}, models) as images:
            yield images


@pytest.mark.parametrize("provider", ["openai", "together"])
class TestWhoeverStandsIn(EveryWay):
    """A proxy, say, that serves the models of providers without an access of their own."""

    @pytest.fixture
    async def images(self, provider: str) -> AsyncIterator[OpenAIImages]:
        server = ImageServer(key=KEY)
        models = {MODEL: Model(MODEL, provider, "studio/flux-1-schnell")}
        async with (
            server.on_loopback() as base,
            openai_images({}, models, fallback=Access(KEY, base), limits=PATIENT) as images,
        ):
            yield images
