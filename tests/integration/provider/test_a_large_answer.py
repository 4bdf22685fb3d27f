"""What a provider sends is read up to a limit, and kept no longer than it is needed."""

import tracemalloc
from collections.abc import AsyncIterator

import httpx2
import pytest

from billing_core.adapters.openai.capping import Cap, TooLarge
from billing_core.adapters.openai.limits import MIB, Limits
from billing_core.ports.errors import OutcomeUnknown
from tests.provider.asking import Watcher, a_request, asking
from tests.provider.server import ImageServer

MOST = 8 * MIB


@pytest.mark.failure("F8")
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


class Untouched(httpx2.AsyncByteStream):
    """A body that must not be read."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        raise AssertionError("somebody reads")
        yield b""


@pytest.mark.parametrize("announced", [str(MOST + 1), "9" * 5_000])
async def test_what_is_announced_as_too_large_is_not_even_begun(announced: str) -> None:
    response = httpx2.Response(200, headers={"content-length": announced}, stream=Untouched())

    with pytest.raises(TooLarge):
        await Cap(MOST)(response)


@pytest.mark.failure("F8")
@pytest.mark.parametrize("announced", ["", "-1", "many", str(MOST)])
async def test_what_is_announced_otherwise_is_counted_while_it_is_read(announced: str) -> None:
    response = httpx2.Response(
        200,
        headers={"content-length": announced},
        stream=Parts(MOST // 2, MOST // 2),
        request=httpx2.Request("GET", "https://studio.example"),
    )
    await Cap(MOST)(response)

    assert MOST == len(await response.aread())


class Parts(httpx2.AsyncByteStream):
    """A body in parts of these sizes."""

    def __init__(self, *sizes: int) -> None:
        self.sizes = sizes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for size in self.sizes:
            yield bytes(size)
