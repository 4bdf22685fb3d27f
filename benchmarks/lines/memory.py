"""The memory of a server that takes webhooks, early and late in its life."""

import asyncio
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager

from benchmarks.events import Shop
from benchmarks.figures import Figures
from benchmarks.ground import Ground, Round
from benchmarks.lines.webhooks import SECRET, send
from benchmarks.machine import resident_bytes
from benchmarks.serving import served
from benchmarks.shop import found

LATE, EARLY = "after 200,000 webhooks", "after 20,000 webhooks"
FEW, MANY = 20_000, 200_000
SHOP = Shop(subscribers=2_000, newcomers=2_000)


@contextmanager
def of_a_worker(ground: Ground, _: Set[str]) -> Iterator[Round]:
    """One server takes them all."""
    url = ground.postgres.create()
    asyncio.run(found(url, SHOP, clock_file=ground.clock_file, secret=SECRET))
    ground.tidy(url)

    def a_round() -> Mapping[str, Figures]:
        with served("benchmarks.product_server", url, SECRET, str(ground.clock_file)) as server:
            early = send(ground, server, SHOP, 0, FEW) | {"mib": resident_bytes(server.pid) / 2**20}
            late = send(ground, server, SHOP, FEW, MANY) | {"mib": resident_bytes(server.pid) / 2**20}
        return {EARLY: early, LATE: late}

    yield a_round
    ground.postgres.drop(url)
