"""What a provider sends is read up to a limit, and kept no longer than it is needed."""

import tracemalloc

import pytest

from billing_core.adapters.openai.limits import MIB, Limits
from billing_core.ports.errors import OutcomeUnknown
from tests.provider.asking import Watcher, a_request, asking
from tests.provider.server import ImageServer

MOST = 8 * MIB


@pytest.mark.parametrize("way", ["huge", "endless", "endless_error", "url_large", "url_endless"])
@pytest.mark.parametrize("watched", [True, False], ids=["watched", "unwatched"])
async def test_an_endless_answer_takes_no_more_memory_than_the_limit(way: str, watched: bool) -> None:
    server = ImageServer()
    server.always(way)
    limits = Limits(answer_s={"standard": 30}, answer_bytes=MOST, picture_bytes=MOST)

    async with asking(server, "openai", limits=limits) as images:
        tracemalloc.start()
        try:
            with pytest.raises(OutcomeUnknown):
                await images.generate(a_request("openai"), **({"watch": Watcher()} if watched else {}))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 2 * MOST + 4 * MIB


async def test_the_usual_limit_is_far_below_two_hundred_megabytes() -> None:
    server = ImageServer()
    server.always("huge")

    async with asking(server, "deepinfra", limits=Limits()) as images:
        with pytest.raises(OutcomeUnknown):
            await images.generate(a_request())

    assert Limits().answer_bytes < 100 * MIB
