"""Keeping events on SQLite by hand: up to 64 in one durable transaction, on a thread that does nothing else."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing

from benchmarks.references.group import Group
from benchmarks.references.receiving import Arrival, Keep, answers

TABLES = """
pragma journal_mode = wal;
create table inbox (event_id text primary key, type text not null, body text not null,
    received_at integer not null default (unixepoch()));
create table subscription (id text primary key, status text not null, period_end integer not null,
    version integer not null, updated_at integer not null default (unixepoch()));
create table domain_event (number integer primary key, subscription_id text not null, type text not null,
    payload text not null, at integer not null default (unixepoch()));
create table ledger (number integer primary key, customer_id text not null, amount integer not null,
    kind text not null, ref text not null, at integer not null default (unixepoch()));
"""
COUNTED = """select (select count(*) from inbox), (select sum(version) from subscription),
    (select count(*) from domain_event), (select count(*) from ledger)"""
SUBSCRIBED = "insert into subscription (id, status, period_end, version) values (?, 'active', 0, 0)"
KEEP = "insert or ignore into inbox (event_id, type, body) values (?, ?, ?)"
UPDATE = """update subscription set status = 'active', period_end = ?, version = version + 1, updated_at = unixepoch()
where id = ?"""
HAPPEN = "insert into domain_event (subscription_id, type, payload) values (?, ?, json_object('event', ?))"
BOOK = "insert into ledger (customer_id, amount, kind, ref) values (?, ?, 'grant', ?)"


def prepare(path: str, subscriptions: Sequence[str]) -> None:
    """Makes the tables, with these subscriptions in them."""
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(TABLES)
        database.executemany(SUBSCRIBED, [(subscription,) for subscription in subscriptions])


@asynccontextmanager
async def grouped(path: str) -> AsyncIterator[Keep]:
    """Group commit: the members are answered after the COMMIT of the transaction that they share."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as writer:
        database = await loop.run_in_executor(writer, _open, path)

        async def commit(arrivals: Sequence[Arrival]) -> Sequence[bool]:
            return await loop.run_in_executor(writer, _keep_all, database, arrivals)

        yield Group(commit).join
        await loop.run_in_executor(writer, database.close)


def _open(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("pragma synchronous = full")
    return database


def _keep_all(database: sqlite3.Connection, arrivals: Sequence[Arrival]) -> Sequence[bool]:
    database.execute("begin immediate")
    try:
        fresh = [a for a in arrivals if database.execute(KEEP, (a.event_id, a.type, a.body)).rowcount == 1]
        database.executemany(UPDATE, [(a.period_end, a.subscription_id) for a in fresh])
        database.executemany(HAPPEN, [(a.subscription_id, a.type, a.event_id) for a in fresh])
        database.executemany(BOOK, [(a.customer_id, a.amount, a.event_id) for a in fresh])
    except BaseException:
        database.execute("rollback")
        raise
    database.execute("commit")
    return answers(arrivals, {a.event_id for a in fresh})
