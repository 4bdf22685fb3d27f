"""Buckets on PostgreSQL that several processes share, and what becomes of requests while it does not answer."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import psycopg
import pytest

from billing_core.adapters.sqlalchemy.postgresql import open_postgresql
from billing_core.adapters.sqlalchemy.postgresql.rates import TAKINGS_BEFORE_TIDYING
from billing_core.ports.errors import Unavailable
from billing_core.ports.rates import Rates


@pytest.fixture
async def two(postgres_url: str) -> AsyncIterator[tuple[Rates, Rates]]:
    """As two processes have them."""
    async with AsyncExitStack() as stack:
        books = [await stack.enter_async_context(open_postgresql(postgres_url)) for _ in range(2)]
        yield books[0].rates, books[1].rates


async def test_two_processes_together_take_what_one_may(two: tuple[Rates, Rates]) -> None:
    began_s = time.monotonic()
    waits = await asyncio.gather(*(two[n % 2].take("ann", per_minute=60) for n in range(200)))

    assert 60 <= waits.count(0) <= 61 + time.monotonic() - began_s  # which fills up by one a second


@pytest.mark.failure("E9")
async def test_what_was_taken_ahead_needs_no_answer_and_after_that_requests_wait_once_and_briefly(
    two: tuple[Rates, Rates], postgres_url: str
) -> None:
    rates, _ = two
    await rates.take("ann", per_minute=600)
    with psycopg.connect(postgres_url) as connection:
        connection.execute("select 1 from rates for update")  # nobody can take of it now
        assert [await rates.take("ann", per_minute=600) for _ in range(29)] == [0] * 29
        began_s = time.monotonic()
        for _ in range(20):
            with pytest.raises(Unavailable):
                await rates.take("ann", per_minute=600)

    assert time.monotonic() - began_s < 10


async def test_buckets_that_are_full_again_are_forgotten(two: tuple[Rates, Rates], postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("insert into rates (name, full_at, granted) values ('long ago', 1, 1)")
    for n in range(TAKINGS_BEFORE_TIDYING):
        await two[0].take(f"ann {n}", per_minute=1)
    with psycopg.connect(postgres_url) as connection:
        left = connection.execute("select count(*) from rates where name = 'long ago'").fetchone()

    assert left == (0,)
