"""What PostgreSQL refuses, delays or gives up on: each caller gets a typed answer in time, nothing is half written."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from billing_core.adapters.sqlalchemy.postgresql import PostgresqlBooks, Timeouts, open_postgresql
from billing_core.ports.errors import Unavailable
from billing_core.testing.contracts.books import granting
from tests.local_postgres import LocalPostgres

SHORT = Timeouts(pool_s=0.3, lock_s=0.3, statement_s=0.6)
LOCK = b"SELECT 1 FROM accounts WHERE id = %s FOR UPDATE"


@pytest.fixture
async def books(postgres_url: str) -> AsyncIterator[PostgresqlBooks]:
    async with open_postgresql(postgres_url, timeouts=SHORT) as books:
        for account_id in ("a", "b"):
            await books.accounts.change(account_id, granting(1))
        yield books


@pytest.mark.failure("D9")
async def test_who_waits_too_long_for_a_lock_is_told_so_and_nothing_is_written(
    books: PostgresqlBooks, postgres_url: str
) -> None:
    async with await psycopg.AsyncConnection.connect(postgres_url) as other:
        await other.execute(LOCK, ["a"])
        with pytest.raises(Unavailable):
            await books.accounts.change("a", granting(10))
    assert await books.accounts.change("a", granting(10)) == 11


@pytest.mark.failure("D6")
async def test_the_victim_of_a_deadlock_tries_again_and_nobody_notices(postgres_url: str) -> None:
    """The other session locks against the order of the keys, which ours never does."""
    async with (
        open_postgresql(postgres_url) as books,
        await psycopg.AsyncConnection.connect(postgres_url) as other,
    ):
        for account_id in ("a", "b"):
            await books.accounts.change(account_id, granting(1))
        await other.execute(LOCK, ["b"])
        both = [asyncio.create_task(books.accounts.change(key, granting(10))) for key in ("a", "b")]
        await asyncio.sleep(0.3)  # the group has "a" now, and waits for "b"
        await other.execute(LOCK, ["a"])  # returns once PostgreSQL has given up on the group, which waited first
        await other.commit()

        assert await asyncio.gather(*both) == [11, 11]


@pytest.mark.failure("D9")
async def test_where_no_connection_comes_free_the_reader_is_told_so(books: PostgresqlBooks, postgres_url: str) -> None:
    """An open lock on the table makes every reader keep its connection; those beyond the pool are not left to hang."""
    async with await psycopg.AsyncConnection.connect(postgres_url) as other:
        await other.execute(b"LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE")
        asked = [books.accounts.get("a") for _ in range(40)]
        async with asyncio.timeout(5):
            answers = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(answer) for answer in answers} == {Unavailable}
    assert (await books.accounts.get("a")).book.available == 1


@pytest.mark.failure("D7")
async def test_a_server_that_is_away_is_unavailable_and_is_found_again(
    books: PostgresqlBooks, postgres: LocalPostgres
) -> None:
    postgres.stop(crash=True)
    try:
        with pytest.raises(Unavailable):
            await books.accounts.change("a", granting(10))
        with pytest.raises(Unavailable):
            await books.accounts.get("a")
    finally:
        postgres.start()

    assert await books.accounts.change("a", granting(10)) == 11
    assert (await books.accounts.get("a")).book.available == 11


@pytest.mark.failure("D7")
async def test_a_connection_that_was_cut_while_nobody_used_it_is_replaced(
    books: PostgresqlBooks, postgres_url: str
) -> None:
    await books.accounts.get("a")
    async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as other:
        await other.execute(
            b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            b" WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    assert await books.accounts.change("a", granting(10)) == 11
    assert (await books.accounts.get("a")).book.available == 11
