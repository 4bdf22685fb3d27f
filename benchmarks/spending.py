"""Hold and capture on one hot account, SQLite: the whole path of the product against bare sqlite3.

The reference does what a careful hand-written ledger does: one durable transaction a step, the balance checked and
moved, one row appended. Both keep their files on the same disk with `synchronous=FULL`; the runs take turns, and the
medians are compared.
"""

import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from billing_core import Billing

PAIRS = 1_000
RUNS = 3
TASKS = (1, 8, 16)  # the free plan allows 20 open holds


def reference(folder: Path) -> float:
    """Pairs a second of a hold and a capture, each in a durable transaction of its own."""
    database = sqlite3.connect(folder / "reference.db", isolation_level=None)
    database.executescript(
        "pragma journal_mode=wal; pragma synchronous=full;"
        "create table if not exists balances (account text primary key, available integer, held integer);"
        "create table if not exists entries (id integer primary key, account text, kind text, amount integer);"
        f"insert or replace into balances values ('hot', {PAIRS}, 0);"
    )
    steps = (
        ("hold", "update balances set available = available - 1, held = held + 1 where account = ? and available > 0"),
        ("capture", "update balances set held = held - 1 where account = ? and held > 0"),
    )
    started = time.perf_counter()
    for _ in range(PAIRS):
        for kind, update in steps:
            database.execute("begin immediate")
            if database.execute(update, ("hot",)).rowcount != 1:
                raise RuntimeError("the reference lost count")
            database.execute("insert into entries (account, kind, amount) values ('hot', ?, 1)", (kind,))
            database.execute("commit")
    taken_s = time.perf_counter() - started
    database.close()
    return PAIRS / taken_s


async def product(folder: Path, tasks: int) -> float:
    """Pairs a second through the facade: rules, events, snapshot, one durable commit before each answer."""
    async with Billing.open(f"sqlite:///{folder}/product-{tasks}.db") as billing:
        await billing.grant("hot", PAIRS, reason="benchmark")

        async def spend(times: int) -> None:
            for _ in range(times):
                async with billing.spend("hot", credits=1, reason="benchmark"):
                    pass

        started = time.perf_counter()
        await asyncio.gather(*(spend(PAIRS // tasks) for _ in range(tasks)))
        return PAIRS // tasks * tasks / (time.perf_counter() - started)


def measure() -> dict[str, float]:
    """The median of each path, in pairs a second; the paths take turns so that none has the quiet moments."""
    found: dict[str, list[float]] = {}
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            found.setdefault("reference", []).append(reference(folder))
            for tasks in TASKS:
                rate = asyncio.run(product(folder, tasks))
                found.setdefault(f"{tasks} at once", []).append(rate)
    return {name: statistics.median(rates) for name, rates in found.items()}


def main() -> None:
    """Prints a table, or JSON where asked."""
    medians = measure()
    bare = medians["reference"]
    if "--json" in sys.argv:
        Console().print_json(
            json.dumps({name: {"pairs_per_s": rate, "ratio": rate / bare} for name, rate in medians.items()})
        )
        return
    table = Table("hold + capture, one hot account, SQLite", "pairs a second", "of the reference")
    for name, rate in medians.items():
        table.add_row(name, f"{rate:,.0f}", f"{rate / bare:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
