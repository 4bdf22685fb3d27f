"""Several processes, many tasks in each, on the same few accounts: nobody is refused, and no credit goes astray."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click
import pytest

from billing_core.adapters.sqlalchemy.postgresql import open_postgresql
from billing_core.adapters.system import SystemClock, SystemIds
from billing_core.application.adjusting import Adjusting
from billing_core.application.auditing import Auditing
from billing_core.entrypoints.container import Described
from tests.hot_accounts import ACCOUNTS, CATALOG

pytestmark = pytest.mark.postgres

ROOT = Path(__file__).parents[2]
PROCESSES = 4


async def told(url: str, seconds: float, seed: int) -> list[Any]:
    """What the callers of each process were told."""
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.hot_accounts", url, str(seconds), f"{seed} {number}"),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        for number in range(PROCESSES)
    ]
    try:
        async with asyncio.timeout(seconds + 60):
            printed = await asyncio.gather(*(process.communicate() for process in processes))
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
    assert [process.returncode for process in processes] == [0] * PROCESSES
    return [json.loads(out) for out, _ in printed]


@pytest.mark.failure("D1")
@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.long)])
async def test_processes_share_hot_accounts(postgres_url: str, seconds: int) -> None:
    async with open_postgresql(postgres_url, Described(CATALOG)) as books:
        adjust = Adjusting(books.accounts, CATALOG, SystemClock(), SystemIds())
        for account_id in ACCOUNTS:
            await adjust(account_id, 10**9, reason="to spend")

        sums = await told(postgres_url, seconds, seed=1)

        captured = sum((Counter(each["captured"]) for each in sums), Counter())
        refused = sum((Counter(each["refused"]) for each in sums), Counter())
        done = sum(each["done"] for each in sums)
        auditing = Auditing(books.register, books.history, [Described(CATALOG)], CATALOG, SystemClock())
        audited = [one async for one in auditing.all()]
        booked = Counter({one: (await books.accounts.get(one)).book.totals.captured for one in ACCOUNTS})
        click.echo(f"{done} pairs in {seconds} s by {PROCESSES} processes, {refused.total()} refused")
    assert refused == Counter()
    assert booked == captured
    assert all(each["done"] for each in sums)
    assert [one for one in audited if one.problems] == []
