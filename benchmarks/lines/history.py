"""A hold on an account with a long past against one on an account with a short one, turn by turn in one process."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator, Mapping, Set
from contextlib import closing, contextmanager

import msgspec
import psycopg
import uvloop

from benchmarks.figures import Figures, percentile
from benchmarks.ground import Ground, Round
from benchmarks.product import ProductLedger, grant, product_ledger

LONG, SHORT = "an account with 1,000,000 events", "an account with 10 events"
ACCOUNTS = {LONG: "long", SHORT: "short"}
PAST = 1_000_000
TURNS = 300
READ = "select version, snapshot from accounts where id = 'long'"
PAST_OF_POSTGRESQL = """
insert into events (account_id, number, at, type, schema, payload, cause, commit_id)
select account_id, number + n, at, type, schema, payload, cause, commit_id
from events, generate_series(1, %(past)s) as n where account_id = 'long' and number = %(version)s
"""
PAST_OF_SQLITE = """
with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < :past)
insert into events (account_id, number, at, type, schema, payload, cause, commit_id)
select account_id, number + n, at, type, schema, payload, cause, commit_id
from events, numbers where account_id = 'long' and number = :version
"""


@contextmanager
def on_postgres(ground: Ground, _: Set[str]) -> Iterator[Round]:
    """On PostgreSQL."""
    url = ground.postgres.create()
    asyncio.run(_begin(url))
    with psycopg.connect(url, autocommit=True) as connection:
        version, snapshot = connection.execute(READ).fetchone() or (0, b"")
        connection.execute(PAST_OF_POSTGRESQL, {"past": PAST, "version": version})
        connection.execute(
            "update accounts set version = %s, snapshot = %s where id = 'long'",
            (version + PAST, _aged(snapshot, version)),
        )
        connection.execute("vacuum analyze")
    yield lambda: uvloop.run(_turns(url))
    ground.postgres.drop(url)


@contextmanager
def on_file(ground: Ground, _: Set[str]) -> Iterator[Round]:
    """On SQLite."""
    folder = ground.folder / "history"
    url = f"sqlite:///{folder}/books.db"
    asyncio.run(_begin(url))
    with closing(sqlite3.connect(folder / "books.db")) as connection, connection:
        version, snapshot = connection.execute(READ).fetchone()
        connection.execute(PAST_OF_SQLITE, {"past": PAST, "version": version})
        connection.execute(
            "update accounts set version = ?, snapshot = ? where id = 'long'",
            (version + PAST, _aged(snapshot, version)),
        )
    yield lambda: uvloop.run(_turns(url))


async def _begin(url: str) -> None:
    """Both accounts as the product makes them: opened, funded, and a few holds captured, which is ten events."""
    await grant(url, ACCOUNTS.values(), credits=10**9)
    async with product_ledger(url) as ledger:
        for account in ACCOUNTS.values():
            for _ in range(3):
                await ledger.capture(account, await ledger.hold(account, 1))


def _aged(snapshot: bytes, version: int) -> bytes:
    """The snapshot as it is after the past that was put in: the same, but for the number of its events."""
    told = msgspec.json.decode(snapshot)
    if told["version"] != version:
        raise ValueError("the snapshot is of another version than its row")
    return msgspec.json.encode(told | {"version": version + PAST})


async def _turns(url: str) -> Mapping[str, Figures]:
    latencies_s: dict[str, list[float]] = {LONG: [], SHORT: []}
    async with product_ledger(url) as ledger:
        for turn in range(2 * TURNS):
            name = (LONG, SHORT)[turn % 2]
            latencies_s[name].append(await _held(ledger, ACCOUNTS[name]))
    return {
        name: {"p50_ms": percentile(found, 50) * 1e3, "p99_ms": percentile(found, 99) * 1e3}
        for name, found in latencies_s.items()
    }


async def _held(ledger: ProductLedger, account: str) -> float:
    """How long a hold took; it is captured afterwards."""
    started = time.perf_counter()
    hold_id = await ledger.hold(account, 1)
    taken_s = time.perf_counter() - started
    await ledger.capture(account, hold_id)
    return taken_s
