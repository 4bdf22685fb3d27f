"""One of several processes that spend from the same few accounts at once; it prints what its callers were told."""

import asyncio
import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from attrs import define, field

from billing_core.adapters.catalog_file import decode
from billing_core.adapters.sqlalchemy.postgresql import open_postgresql
from billing_core.adapters.system import SystemClock, SystemIds
from billing_core.application.spending import Capturing, Holding, Releasing
from billing_core.domain.catalog import Catalog
from billing_core.entrypoints.container import Described

ACCOUNTS = tuple(f"hot-{number}" for number in range(20))
TASKS = 16
CATALOG = Catalog(
    [
        decode(
            (Path(__file__).parent / "crash" / "catalog.toml").read_text(),
            number=1,
            since=datetime(2026, 1, 1, tzinfo=UTC),
        )
    ]
)


@define
class Sums:
    """What the callers of one process were told."""

    done: int = 0
    captured: Counter[str] = field(factory=Counter)
    refused: Counter[str] = field(factory=Counter)


async def spent(url: str, seconds: float, seed: str) -> Sums:
    """Holds on accounts of its choice, most of them captured in part or whole, for so long."""
    sums, until = Sums(), time.monotonic() + seconds
    async with open_postgresql(url, Described(CATALOG)) as books:
        clock = SystemClock()
        hold = Holding(books.accounts, CATALOG, clock, SystemIds())
        capture, release = Capturing(books.accounts, CATALOG, clock), Releasing(books.accounts, CATALOG, clock)

        async def caller(dice: Random) -> None:
            while time.monotonic() < until:
                account_id, amount = dice.choice(ACCOUNTS), dice.randint(1, 9)
                try:
                    placed = await hold(account_id, amount, reason="work")
                    if dice.random() < 0.2:
                        await release(account_id, placed.id)
                    else:
                        told = await capture(account_id, placed.id, amount=dice.randint(0, amount))
                        sums.captured[account_id] += told.amount
                    sums.done += 1
                except Exception as error:  # noqa: BLE001 - told to the parent, which wants none
                    sums.refused[f"{type(error).__name__}: {error}"] += 1

        async with asyncio.TaskGroup() as group:
            for number in range(TASKS):
                group.create_task(caller(Random(f"{seed} {number}")))
    return sums


def main() -> None:
    """Arguments: the database's URL, how many seconds, a seed."""
    url, seconds, seed = sys.argv[1:]
    sums = asyncio.run(spent(url, float(seconds), seed))
    json.dump({"done": sums.done, "captured": sums.captured, "refused": sums.refused}, sys.stdout)


if __name__ == "__main__":
    main()
