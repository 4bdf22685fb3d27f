"""Keeping events on PostgreSQL by hand: up to 64 in one statement, or each in a transaction of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from operator import attrgetter

import asyncpg

from benchmarks.references.group import Group
from benchmarks.references.receiving import Arrival, Keep, answers, firsts

POOL = 8
TABLES = """
create table inbox (
    event_id text primary key, type text not null, body text not null,
    received_at timestamptz not null default now()
);
create table subscription (
    id text primary key, status text not null, period_end bigint not null, version bigint not null,
    updated_at timestamptz not null default now()
) with (fillfactor = 80);
create table domain_event (
    number bigint generated always as identity primary key, subscription_id text not null, type text not null,
    payload jsonb not null, at timestamptz not null default now()
);
create table ledger (
    number bigint generated always as identity primary key, customer_id text not null, amount bigint not null,
    kind text not null, ref text not null, at timestamptz not null default now()
);
"""
COUNTED = """select (select count(*) from inbox), (select sum(version)::bigint from subscription),
    (select count(*) from domain_event), (select count(*) from ledger)"""
SUBSCRIBED = "insert into subscription (id, status, period_end, version) values ($1, 'active', 0, 0)"

# One statement is one transaction. Subscriptions are locked in the order of their ids, so that two workers cannot
# deadlock; several events of one subscription are one update of it.
KEEP_ALL = """
with told as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[])
        as t (event_id, type, body, subscription_id, period_end, customer_id, amount)
), kept as (
    insert into inbox (event_id, type, body) select event_id, type, body from told
    on conflict do nothing returning event_id
), fresh as (
    select told.* from told join kept using (event_id)
), moved as (
    select subscription_id, max(period_end) as period_end, count(*) as steps from fresh group by subscription_id
), locked as (
    select id from subscription where id in (select subscription_id from moved) order by id for update
), updated as (
    update subscription set status = 'active', period_end = moved.period_end, version = version + moved.steps,
        updated_at = now()
    from moved join locked on locked.id = moved.subscription_id where subscription.id = moved.subscription_id
), happened as (
    insert into domain_event (subscription_id, type, payload)
    select subscription_id, type, jsonb_build_object('event', event_id, 'period_end', period_end) from fresh
), booked as (
    insert into ledger (customer_id, amount, kind, ref) select customer_id, amount, 'grant', event_id from fresh
)
select event_id from kept
"""
KEEP = "insert into inbox (event_id, type, body) values ($1, $2, $3) on conflict do nothing returning event_id"
UPDATE = """update subscription set status = 'active', period_end = $2, version = version + 1, updated_at = now()
where id = $1"""
HAPPEN = """insert into domain_event (subscription_id, type, payload)
values ($1, $2, jsonb_build_object('event', $3::text, 'period_end', $4::bigint))"""
BOOK = "insert into ledger (customer_id, amount, kind, ref) values ($1, $2, 'grant', $3)"

columns = attrgetter("event_id", "type", "body", "subscription_id", "period_end", "customer_id", "amount")


async def prepare(url: str, subscriptions: Sequence[str]) -> None:
    """Makes the tables, with these subscriptions in them."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(TABLES)
        await connection.executemany(SUBSCRIBED, [(subscription,) for subscription in subscriptions])
    finally:
        await connection.close()


@asynccontextmanager
async def grouped(url: str) -> AsyncIterator[Keep]:
    """Group commit: the members are answered after the COMMIT of the one statement that they share."""
    connection = await asyncpg.connect(url)
    statement = await connection.prepare(KEEP_ALL)

    async def commit(arrivals: Sequence[Arrival]) -> Sequence[bool]:
        told = zip(*map(columns, firsts(arrivals)), strict=True)
        rows = await statement.fetch(*map(list, told))
        return answers(arrivals, {row[0] for row in rows})

    yield Group(commit).join
    await connection.close()


@asynccontextmanager
async def each(url: str) -> AsyncIterator[Keep]:
    """Four statements in one transaction for each event."""
    async with asyncpg.create_pool(url, min_size=POOL, max_size=POOL) as pool:

        async def keep(arrival: Arrival) -> bool:
            event_id, event_type, body, subscription_id, period_end, customer_id, amount = columns(arrival)
            async with pool.acquire() as connection, connection.transaction():
                if await connection.fetchval(KEEP, event_id, event_type, body) is None:
                    return False
                await connection.execute(UPDATE, subscription_id, period_end)
                await connection.execute(HAPPEN, subscription_id, event_type, event_id, period_end)
                await connection.execute(BOOK, customer_id, amount, event_id)
            return True

        yield keep
