"""Books that the first version wrote are brought up to date with all that stands in them, and can be gone on with.

`tests/upgrades/0001.sql` is what that version, at the first revision of the tables, left behind: a subscriber who had
a picture made, one with credits on hold, one who spent and got back. No later version has touched it.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from attrs import frozen

from billing_core.adapters.sqlalchemy.migrate import upgrade
from billing_core.domain.invariants import Invariant
from billing_core.entrypoints.beside import auditing_of
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.settings import Settings
from tests.local_postgres import LocalPostgres

FIRST = Path(__file__).parents[1] / "upgrades" / "0001.sql"
TABLES = (
    "accounts",
    "attempts",
    "catalogs",
    "events",
    "generations",
    "images",
    "inbox",
    "incidents",
    "owners",
    "parked",
)
OF_THE_BOOKS_ALONE = {Invariant.STREAM, Invariant.CONSERVATION, Invariant.COLUMNS}
Rows = dict[str, list[dict[str, Any]]]


@frozen
class Books:
    """Those of the first version, at a URL; `rows` reads all of them."""

    url: str
    rows: Callable[[], Rows]


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Books:
    path = tmp_path / "billing.db"
    with closing(sqlite3.connect(path)) as books:
        books.executescript(FIRST.read_text())
    return Books(f"sqlite:///{path}", lambda: rows_of(path))


@pytest.fixture
def on_postgresql(postgres: LocalPostgres, on_sqlite: Books) -> Books:
    """The same rows, in tables of the same revision."""
    url = postgres.create()
    upgrade(url, "0001")
    with psycopg.connect(url) as books:
        flags = {
            column
            for (column,) in books.execute(
                "select column_name from information_schema.columns where data_type = 'boolean'"
            )
        }
        for table, rows in sorted(on_sqlite.rows().items(), key=lambda each: each[0] in {"attempts", "images"}):
            for row in rows:
                values = [bool(value) if name in flags else value for name, value in row.items()]
                places = ",".join(["%s"] * len(row))
                books.execute(f"insert into {table} ({','.join(row)}) values ({places})".encode(), values)
    return Books(url, lambda: rows_on_postgresql(url))


def rows_of(path: Path) -> Rows:
    with closing(sqlite3.connect(path)) as books:
        books.row_factory = sqlite3.Row
        return {table: [dict(row) for row in books.execute(f"SELECT * FROM {table}")] for table in TABLES}


def rows_on_postgresql(url: str) -> Rows:
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as books:
        return {table: books.execute(f"select * from {table}".encode()).fetchall() for table in TABLES}


def in_order(rows: Rows, columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """Every row of those columns, as text, in any order."""
    return {table: sorted(repr([row[column] for column in columns[table]]) for row in rows[table]) for table in columns}


@pytest.mark.failure("D11")
@pytest.mark.parametrize("books", ["on_sqlite", "on_postgresql"])
async def test_books_of_the_first_version_are_whole_after_all_upgrades(
    books: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    old: Books = request.getfixturevalue(books)
    before = old.rows()
    upgrade(old.url)
    after = old.rows()

    kept = {table: [name for name in rows[0] if name in after[table][0]] for table, rows in before.items() if rows}
    assert {table: len(rows) for table, rows in before.items()} == {table: len(rows) for table, rows in after.items()}
    assert in_order(before, kept) == in_order(after, kept)
    settings = Settings(database_url=old.url, jwt_secret="a secret" * 8, webhook_secrets=("whsec_of_these_tests",))
    async with auditing_of(settings) as auditing:
        found = [breach.text async for each in auditing.all() for breach in each.breaches if is_ours(breach.invariant)]
    assert found == []

    async with running(settings) as use:
        assert (await use.adjusting("ada", 7, reason="a present")).available >= 7
        generation = after["generations"][0]
        made = await use.generations.get("ada", generation["id"])
        assert made is not None
        assert len(made.images) == 1


def is_ours(invariant: Invariant) -> bool:
    """The rest depends on the day of the test."""
    return invariant in OF_THE_BOOKS_ALONE
