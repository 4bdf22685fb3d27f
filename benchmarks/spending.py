"""Holding and capturing credits in process, as fast as so many tasks can: `python -m benchmarks.spending`.

It reads its order from standard input and writes the figures to standard output, both as JSON. The latency is that
of the hold alone; an operation is the pair.
"""

import asyncio
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec
import uvloop
from attrs import frozen

from benchmarks.figures import Figures, figures
from benchmarks.machine import Watch
from benchmarks.product import product_ledger
from benchmarks.references.ledger import for_update

WARM_S = 0.5


@frozen(kw_only=True)
class Order:
    """`accounts` are named `user-0`, `user-1`, …; `parts` names the process trees whose CPU is counted."""

    ledger: str
    url: str
    accounts: int
    tasks: int
    seconds: float
    parts: dict[str, int]


class Ledger(Protocol):
    """Sets credits aside and takes them, each durably before it answers."""

    async def hold(self, account_id: str, amount: int) -> str: ...

    async def capture(self, account_id: str, hold_id: str) -> None: ...


Opening = Callable[[str], AbstractAsyncContextManager[Ledger]]
LEDGERS: dict[str, Opening] = {"product": product_ledger, "for-update": for_update}


async def spend(ledger: Ledger, accounts: Sequence[str], *, tasks: int, seconds: float) -> list[float]:
    """How long each hold took, of the pairs that all tasks together made in that time."""
    until = time.perf_counter() + seconds
    latencies_s: list[float] = []

    async def work(chance: random.Random) -> None:
        while time.perf_counter() < until:
            account_id = chance.choice(accounts)
            started = time.perf_counter()
            hold_id = await ledger.hold(account_id, 1)
            latencies_s.append(time.perf_counter() - started)
            await ledger.capture(account_id, hold_id)

    await asyncio.gather(*(work(random.Random(seed)) for seed in range(tasks)))
    return latencies_s


async def run(order: Order) -> Figures:
    """A short warm-up, then what is measured."""
    accounts = [f"user-{n}" for n in range(order.accounts)]
    watch = Watch({pid: part for part, pid in order.parts.items()} | {os.getpid(): "server"})
    async with LEDGERS[order.ledger](order.url) as ledger:
        warm = await spend(ledger, accounts, tasks=order.tasks, seconds=WARM_S)
        with watch:
            latencies_s = await spend(ledger, accounts, tasks=order.tasks, seconds=order.seconds)
    return figures(len(latencies_s), latencies_s, watch) | {"spent": len(warm) + len(latencies_s)}


def main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run(order))))


if __name__ == "__main__":
    main()
