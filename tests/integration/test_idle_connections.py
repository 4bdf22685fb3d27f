"""Connections that say nothing, and senders that take their time, keep nobody else waiting."""

import asyncio
import resource
import time
from collections.abc import Iterator

import pytest

from billing_core.testing.images import PlainImages
from tests.shops.served import Served, served

pytestmark = pytest.mark.failure("E12")
IDLE, SLOW = 800, 200


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Both ends of each connection are this process's."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def connected(server: Served, sent: bytes) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection(server.client.base_url.host, server.client.base_url.port)
    writer.write(sent)
    await writer.drain()
    return writer


async def test_a_thousand_connections_that_never_finish_a_request_keep_nobody_waiting() -> None:
    began = b"POST /api/v1/generations HTTP/1.1\r\nHost: shop.example\r\n"
    halves = {b"": IDLE, began: SLOW // 2, began + b"Content-Length: 1000\r\n\r\n{": SLOW // 2}
    async with served(images=PlainImages()) as server:
        assert 200 == (await server.client.get("/health")).status_code
        waiting = [connected(server, sent) for sent, count in halves.items() for _ in range(count)]
        writers = await asyncio.gather(*waiting)
        start = time.perf_counter()
        answers = [await server.ask("GET", "/account") for _ in range(10)]
        took_s = time.perf_counter() - start
        for writer in writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)

    assert [200] * 10 == [answer.status_code for answer in answers]
    assert took_s < 5
