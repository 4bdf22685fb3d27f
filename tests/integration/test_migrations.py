"""The revisions that ship make exactly the tables that the code declares, and none that it does not."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from billing_core.adapters.sqlalchemy.migrate import upgrade
from billing_core.adapters.sqlalchemy.tables import metadata


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    path = tmp_path / "migrated.sqlite"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    path = tmp_path / "declared.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    return path


def schema_of(path: Path) -> dict[str, list[str]]:
    """What SQLite remembers of each table and index: its statement, the lines of a table in any order."""
    connection = sqlite3.connect(path)
    try:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    finally:
        connection.close()
    statements = {name: sql for name, sql in found if name != "alembic_version"}
    return {
        name: sorted(" ".join(line.split()).rstrip(", ") for line in sql.splitlines())
        for name, sql in statements.items()
    }


def test_migrated_and_declared_tables_are_the_same(migrated: Path, declared: Path) -> None:
    assert schema_of(migrated) == schema_of(declared)


def test_alembic_finds_nothing_left_to_do(migrated: Path) -> None:
    engine = create_engine(f"sqlite:///{migrated}")
    try:
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    finally:
        engine.dispose()


def test_upgrading_again_changes_nothing(migrated: Path) -> None:
    before = schema_of(migrated)
    upgrade(f"sqlite:///{migrated}")

    assert schema_of(migrated) == before


def test_every_table_is_strict(migrated: Path) -> None:
    connection = sqlite3.connect(migrated)
    try:
        loose = connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND NOT strict").fetchall()
    finally:
        connection.close()

    assert {name for (name,) in loose} - {"sqlite_schema", "sqlite_sequence", "alembic_version"} == set()


def test_the_keys_of_an_accounts_tables_begin_with_the_account() -> None:
    global_tables = {"owners", "parked", "catalogs", "jobs", "bookmarks"}
    firsts = {
        table.name: next(iter(table.primary_key)).name
        for table in metadata.tables.values()
        if table.name not in global_tables
    }

    assert firsts.pop("accounts") == "id"
    assert set(firsts.values()) == {"account_id"}


def test_an_upgrade_keeps_what_was_there_before_there_were_bookmarks(tmp_path: Path) -> None:
    path = tmp_path / "older.sqlite"
    upgrade(f"sqlite:///{path}", "0002")
    with sqlite3.connect(path) as older:
        older.execute("INSERT INTO owners (provider_id, account_id, claimed_at) VALUES ('cus_1', 'a', 0)")
    older.close()
    upgrade(f"sqlite:///{path}")

    with sqlite3.connect(path) as newer:
        kept = newer.execute("SELECT provider_id, account_id FROM owners").fetchall()
        bookmarks = newer.execute("SELECT count(*) FROM bookmarks").fetchone()
    newer.close()
    assert [("cus_1", "a")] == kept
    assert (0,) == bookmarks


def test_an_upgrade_keeps_the_causes_from_before_one_could_be_dead(tmp_path: Path) -> None:
    path = tmp_path / "older.sqlite"
    upgrade(f"sqlite:///{path}", "0003")
    cause = ("a", "webhook:evt_1", "invoice.paid", "failed", "f", b"", b"{}", "KeyError", 3, 7, "c")
    with sqlite3.connect(path) as older:
        older.execute("INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", cause)
    older.close()
    upgrade(f"sqlite:///{path}")

    with sqlite3.connect(path) as newer:
        kept = newer.execute("SELECT * FROM inbox").fetchall()
        newer.execute("UPDATE inbox SET status = 'dead'")
    newer.close()
    assert [cause] == kept


@pytest.mark.parametrize(("accounts", "bookmarks"), [(0, []), (1, [("gateway", "simulated")])])
def test_books_from_before_there_was_another_mode_are_simulated(
    tmp_path: Path, accounts: int, bookmarks: list[tuple[str, str]]
) -> None:
    path = tmp_path / "older.sqlite"
    upgrade(f"sqlite:///{path}", "0002")
    row = ("a", 1, 1, b"{}", "", "", None, "free", "none", 0, 0, 0, 0, None, None)
    with sqlite3.connect(path) as older:
        older.executemany(f"INSERT INTO accounts VALUES ({','.join('?' * len(row))})", [row] * accounts)
    older.close()
    upgrade(f"sqlite:///{path}")

    with sqlite3.connect(path) as newer:
        kept = newer.execute("SELECT name, value FROM bookmarks").fetchall()
    newer.close()
    assert bookmarks == kept
