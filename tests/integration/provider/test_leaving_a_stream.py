"""However a stream is left, all that it was read with is closed by then, in order: nothing is left to the collector,
which comes in any thread, also while the loop is closing what it finds."""

import asyncio
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from attrs import evolve

from billing_core.adapters.openai.limits import Limits
from billing_core.domain.errors import PortFailure
from billing_core.ports.images import Picture, Watch
from tests.provider.asking import PATIENT, Watcher, a_request, asking
from tests.provider.server import ImageServer

FORGOTTEN_BY_HTTPX2 = {"PoolByteStream.__aiter__"}  # nothing else refers to it, so that the loop closes it at once


@contextmanager
def noting_forgotten() -> Iterator[list[str]]:
    """The asynchronous generators that are begun while the block lasts, and forgotten before they were closed."""
    usual, forgotten = sys.get_asyncgen_hooks(), list[str]()

    def note(generator: Any) -> None:
        forgotten.append(generator.__qualname__)
        if usual.finalizer is not None:
            usual.finalizer(generator)

    sys.set_asyncgen_hooks(finalizer=note)
    try:
        yield forgotten
        gc.collect()
    finally:
        sys.set_asyncgen_hooks(*usual)


async def never_ready(picture: Picture) -> None:
    await asyncio.Event().wait()


async def broken(picture: Picture) -> None:
    raise ZeroDivisionError


SMALL, HURRIED = evolve(PATIENT, answer_bytes=1000), evolve(PATIENT, default_s=0.3)


@pytest.mark.parametrize(
    ("way", "watch", "limits"),
    [
        pytest.param("stream", Watcher(), PATIENT, id="finished"),
        pytest.param("stream_refused", Watcher(), PATIENT, id="refused"),
        pytest.param("stream_broken", Watcher(), PATIENT, id="of no JSON"),
        pytest.param("stream_unfinished", Watcher(), PATIENT, id="unfinished"),
        pytest.param("stream_cut", Watcher(), PATIENT, id="cut off"),
        pytest.param("stream", Watcher(), SMALL, id="too large"),
        pytest.param("stream", never_ready, HURRIED, id="taking too long"),
        pytest.param("stream", broken, PATIENT, id="shown in vain"),
    ],
)
async def test_a_stream_that_is_left_is_closed(way: str, watch: Watch, limits: Limits) -> None:
    server = ImageServer()
    server.always(way)

    with noting_forgotten() as forgotten:
        async with asking(server, "openai", limits=limits) as images:
            with suppress(PortFailure, ZeroDivisionError):
                await images.generate(a_request("openai"), watch=watch)

    assert set(forgotten) <= FORGOTTEN_BY_HTTPX2
