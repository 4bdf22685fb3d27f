"""A ledger by hand on asyncpg: the account's row is locked, looked at, and moved, with a transaction for each step.

It is right, also where two capture the same hold: a hold is captured by whoever finds it held.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
from attrs import frozen

POOL = 16
TABLES = """
create table account (
    id text primary key, available bigint not null, held bigint not null, check (available >= 0 and held >= 0)
) with (fillfactor = 80);
create table hold (
    id text primary key, account_id text not null, amount bigint not null, state text not null,
    placed_at timestamptz not null default now()
) with (fillfactor = 90);
create table ledger (
    number bigint generated always as identity primary key, account_id text not null, amount bigint not null,
    kind text not null, ref text not null, at timestamptz not null default now()
);
create table domain_event (
    number bigint generated always as identity primary key, account_id text not null, type text not null,
    payload jsonb not null, at timestamptz not null default now()
);
"""
OPEN = "insert into account (id, available, held) values ($1, $2, 0)"
LOCK = "select available from account where id = $1 for update"
MOVE = "update account set available = available - $2, held = held + $3 where id = $1"
PLACE = "insert into hold (id, account_id, amount, state) values ($1, $2, $3, 'held')"
SETTLE = "update hold set state = 'captured' where id = $1 and account_id = $2 and state = 'held' returning amount"
BOOK = "insert into ledger (account_id, amount, kind, ref) values ($1, $2, 'capture', $3)"
HAPPEN = """insert into domain_event (account_id, type, payload)
values ($1, $2, jsonb_build_object('hold', $3::text, 'amount', $4::bigint))"""


class Refused(Exception):
    """There is not enough, or nothing is held under that id any more."""


@frozen
class ForUpdate:
    """`select … for update`, then three statements for a hold and four for a capture."""

    pool: "asyncpg.Pool[asyncpg.Record]"

    async def hold(self, account_id: str, amount: int) -> str:
        """The id of the hold. Raises Refused."""
        hold_id = uuid4().hex
        async with self.pool.acquire() as connection, connection.transaction():
            available = await connection.fetchval(LOCK, account_id)
            if available is None or available < amount:
                raise Refused(account_id)
            await connection.execute(MOVE, account_id, amount, amount)
            await connection.execute(PLACE, hold_id, account_id, amount)
            await connection.execute(HAPPEN, account_id, "held", hold_id, amount)
        return hold_id

    async def capture(self, account_id: str, hold_id: str) -> None:
        """Raises Refused."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.fetchval(LOCK, account_id)
            amount = await connection.fetchval(SETTLE, hold_id, account_id)
            if amount is None:
                raise Refused(hold_id)
            await connection.execute(MOVE, account_id, 0, -amount)
            await connection.execute(BOOK, account_id, -amount, hold_id)
            await connection.execute(HAPPEN, account_id, "captured", hold_id, amount)


async def prepare(url: str, accounts: Sequence[str], *, credits: int) -> None:
    """Makes the tables, with these accounts in them."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(TABLES)
        await connection.executemany(OPEN, [(account, credits) for account in accounts])
    finally:
        await connection.close()


@asynccontextmanager
async def for_update(url: str) -> AsyncIterator[ForUpdate]:
    """The ledger with a pool of 16 connections."""
    async with asyncpg.create_pool(url, min_size=POOL, max_size=POOL) as pool:
        yield ForUpdate(pool)
