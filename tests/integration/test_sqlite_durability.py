"""What SQLite adds to the contracts: it is durable, and a database in trouble writes nothing and recovers."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from billing_core.adapters.sqlalchemy.books import SqliteBooks, open_sqlite
from billing_core.adapters.sqlalchemy.sqlite import SqliteDatabase, Writer
from billing_core.domain.account import fold
from billing_core.ports.errors import StaleVersion, Unavailable
from billing_core.ports.records import Job
from billing_core.testing.contracts.books import NOW, a_cause, granting, recording, spending


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a folder" / "books.sqlite"


@pytest.fixture
async def books(path: Path) -> AsyncIterator[SqliteBooks]:
    async with open_sqlite(f"sqlite:///{path}", busy_timeout_s=0.1) as books:
        yield books


def asked(path: Path, query: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def on_writer(books: SqliteBooks, statement: str) -> Any:
    def ask(connection: Connection) -> Any:
        raw = connection.connection.driver_connection
        assert raw is not None
        return raw.execute(statement).fetchone()

    return await writer(books).run(ask)


def writer(books: SqliteBooks) -> Writer:
    database = books.accounts.database
    assert isinstance(database, SqliteDatabase)
    return database.writer


async def test_what_was_answered_is_seen_by_a_second_connection(books: SqliteBooks, path: Path) -> None:
    await books.accounts.change("a", granting(5), cause=a_cause())

    assert asked(path, "SELECT id, version, available FROM accounts") == [("a", 2, 5)]
    ((event_commit,), (inbox_commit,)) = asked(
        path, "SELECT commit_id FROM events UNION ALL SELECT commit_id FROM inbox LIMIT 2 OFFSET 1"
    )
    assert event_commit == inbox_commit


async def test_the_books_are_there_when_they_are_opened_again(path: Path) -> None:
    for expected in (5, 10, 15):
        async with open_sqlite(f"sqlite:///{path}") as books:
            assert await books.accounts.change("a", granting(5)) == expected


async def test_books_without_a_file_are_empty_each_time() -> None:
    for _ in range(2):
        async with open_sqlite("sqlite://") as books:
            assert await books.accounts.change("a", granting(5)) == 5


async def test_closing_answers_those_who_wait(path: Path) -> None:
    async with open_sqlite(f"sqlite:///{path}") as books:
        waiting = [asyncio.create_task(books.accounts.change(f"a{n}", granting(n))) for n in range(1, 201)]
        await asyncio.sleep(0)

    assert await asyncio.gather(*waiting) == list(range(1, 201))
    assert asked(path, "SELECT count(*) FROM accounts") == [(200,)]
    with pytest.raises(Unavailable):
        await books.accounts.change("late", granting(1))


@pytest.mark.failure("D7")
async def test_commits_are_durable_and_keys_are_enforced(books: SqliteBooks) -> None:
    pragmas = {name: await on_writer(books, f"PRAGMA {name}") for name in ("synchronous", "foreign_keys")}

    assert pragmas == {"synchronous": (2,), "foreign_keys": (1,)}
    assert await on_writer(books, "PRAGMA journal_mode") == ("wal",)


@pytest.mark.failure("D3")
async def test_every_transaction_that_writes_takes_the_lock_when_it_begins(books: SqliteBooks) -> None:
    statements: list[str] = []

    def trace(connection: Connection) -> None:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.set_trace_callback(statements.append)

    await writer(books).run(trace)
    await books.accounts.change("a", granting(5))
    await books.accounts.change("a", recording(Job(task="t", args={})))
    await books.catalogs.keep("text", now=NOW)

    begins = [statement for statement in statements if statement.startswith("BEGIN")]
    assert begins == ["BEGIN IMMEDIATE"] * 3
    assert [statement for statement in statements if statement == "COMMIT"] == ["COMMIT"] * 3


async def test_the_reader_cannot_write(books: SqliteBooks) -> None:
    def write(connection: Connection) -> None:
        connection.execute(text("DELETE FROM accounts"))

    with pytest.raises((OperationalError, Unavailable)):
        await books.accounts.database.read(write)


@pytest.mark.failure("D2")
async def test_while_another_process_holds_the_lock_nothing_is_written(books: SqliteBooks, path: Path) -> None:
    await books.accounts.change("a", granting(5))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answers = await asyncio.gather(
            *(books.accounts.change("a", spending(1)) for _ in range(3)), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [Unavailable] * 3
        assert (await books.accounts.get("a")).book.available == 5
        with pytest.raises(Unavailable):
            await books.catalogs.keep("text", now=NOW)
    finally:
        other.execute("ROLLBACK")
        other.close()

    assert await books.accounts.change("a", spending(1)) == 4


async def test_groups_and_other_writing_take_turns(books: SqliteBooks, path: Path) -> None:
    async def change() -> None:
        for _ in range(20):
            await books.accounts.change("a", granting(1))

    async def keep() -> None:
        for n in range(20):
            await books.catalogs.keep(f"text {n}", now=NOW)

    await asyncio.gather(change(), keep())

    assert (await books.accounts.get("a")).book.available == 20
    assert asked(path, "SELECT count(*) FROM catalogs") == [(20,)]


async def test_who_goes_away_while_waiting_for_the_lock_leaves_no_transaction_open(path: Path) -> None:
    async with open_sqlite(f"sqlite:///{path}") as books:
        await books.accounts.change("a", granting(5))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        leaving = asyncio.create_task(writer(books).transact(lambda connection: connection.execute(text("SELECT 1"))))
        await asyncio.sleep(0.05)
        leaving.cancel()
        other.execute("ROLLBACK")
        other.close()

        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert await books.accounts.change("a", spending(1)) == 4


@pytest.mark.failure("D4")
async def test_a_full_disk_writes_nothing_and_recovers(books: SqliteBooks, path: Path) -> None:
    await books.accounts.change("a", granting(5))
    (pages,) = await on_writer(books, "PRAGMA page_count")
    await on_writer(books, f"PRAGMA max_page_count = {pages}")

    large = Job(task="t", args={"text": "x" * 60_000})
    with pytest.raises(Unavailable):
        await books.accounts.change("a", spending(1, large), cause=a_cause())
    assert asked(path, "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM jobs)") == [(0, 0)]

    await on_writer(books, "PRAGMA max_page_count = 100000")
    assert await books.accounts.change("a", spending(1, large), cause=a_cause()) == 4
    assert asked(path, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.failure("D13")
async def test_a_row_of_another_version_than_was_decided_on_is_not_overwritten(books: SqliteBooks, path: Path) -> None:
    await books.accounts.change("a", granting(5))
    await books.accounts.change("b", granting(5))
    await on_writer(books, "UPDATE accounts SET version = 99 WHERE id = 'a'")

    answers = await asyncio.gather(
        *(books.accounts.change(who, spending(1)) for who in ("a", "b")), return_exceptions=True
    )

    assert [type(answer) for answer in answers] == [StaleVersion, int]
    assert asked(path, "SELECT count(*) FROM events WHERE account_id = 'a'") == [(2,)]


CHILD = """
import asyncio, sys
from billing_core.adapters.sqlalchemy.books import open_sqlite
from billing_core.testing.contracts.books import granting

async def main():
    async with open_sqlite(sys.argv[1]) as books:
        async def client(n):
            done = 0
            while True:
                await books.accounts.change(f"a{n}", granting(1))
                done += 1
                print(f"a{n} {done}", flush=True)
        await asyncio.gather(*(client(n) for n in range(16)))

asyncio.run(main())
"""


@pytest.mark.failure("D7")
async def test_a_killed_process_loses_nothing_that_it_answered(path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, f"sqlite:///{path}", stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    answered: dict[str, int] = {}
    for _ in range(400):
        account_id, done = (await child.stdout.readline()).decode().split()
        answered[account_id] = int(done)
    os.kill(child.pid, signal.SIGKILL)
    rest, _ = await child.communicate()
    for line in rest.decode().splitlines(keepends=True):
        if line.endswith("\n"):
            account_id, done = line.split()
            answered[account_id] = int(done)

    async with open_sqlite(f"sqlite:///{path}") as books:
        for account_id, least in answered.items():
            account = await books.accounts.get(account_id)
            assert account.book.available >= least
            assert account == fold(account_id, [stored.event async for stored in books.history.of(account_id)])
    assert asked(path, "PRAGMA integrity_check") == [("ok",)]
