"""The revisions that ship make exactly the tables that the code declares, and none that it does not."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from billing_core.adapters.sqlalchemy.books import open_sqlite
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


@pytest.mark.failure("D11")
def test_upgrading_again_changes_nothing(migrated: Path) -> None:
    before = schema_of(migrated)
    upgrade(f"sqlite:///{migrated}")

    assert schema_of(migrated) == before


@pytest.mark.failure("D11")
async def test_the_version_before_goes_on_with_what_a_newer_one_has_upgraded(migrated: Path) -> None:
    with sqlite3.connect(migrated) as newer:
        newer.execute("UPDATE alembic_version SET version_num = 'of a newer version'")
    newer.close()
    before = schema_of(migrated)

    async with open_sqlite(f"sqlite:///{migrated}") as books:
        await books.bookmarks.set("gateway", "simulated")

    assert schema_of(migrated) == before


@pytest.mark.failure("D14")
def test_every_table_is_strict(migrated: Path) -> None:
    connection = sqlite3.connect(migrated)
    try:
        loose = connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND NOT strict").fetchall()
    finally:
        connection.close()

    assert {name for (name,) in loose} - {"sqlite_schema", "sqlite_sequence", "alembic_version"} == set()


def test_the_keys_of_an_accounts_tables_begin_with_the_account() -> None:
    global_tables = {"owners", "parked", "catalogs", "jobs", "bookmarks", "daily_figures"}
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


A_GENERATION = ("a", "g", "p", "m", "s", "q", 1, 4, 0, 0, 0, 5, 9, "running", 6, None, 0, None, None)


def test_an_upgrade_keeps_attempts_and_knows_which_of_them_had_ended(tmp_path: Path) -> None:
    path = tmp_path / "older.sqlite"
    upgrade(f"sqlite:///{path}", "0004")
    with sqlite3.connect(path) as older:
        older.execute(f"INSERT INTO generations VALUES ({','.join('?' * len(A_GENERATION))})", A_GENERATION)
        attempts = [("a", "g", 1, "unavailable", 7), ("a", "g", 2, "started", 8)]
        older.executemany("INSERT INTO attempts VALUES (?, ?, ?, ?, ?)", attempts)
    older.close()
    upgrade(f"sqlite:///{path}")

    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA foreign_keys = ON")
        generations = newer.execute("SELECT * FROM generations").fetchall()
        kept = newer.execute("SELECT * FROM attempts ORDER BY number").fetchall()
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            newer.execute(
                "INSERT INTO attempts (account_id, generation_id, number, outcome, started_at)"
                " VALUES ('b', 'g', 1, 'started', 0)"
            )
    newer.close()
    assert [A_GENERATION] == generations
    assert kept == [
        ("a", "g", 1, "unavailable", 7, 7, None, None, None, None),
        ("a", "g", 2, "started", 8, None, None, None, None, None),
    ]


def test_an_upgrade_keeps_jobs_in_their_line(tmp_path: Path) -> None:
    """The older one comes first, but for the head start of the one with a priority; who has one keeps it."""
    path = tmp_path / "older.sqlite"
    minute = 60_000_000
    upgrade(f"sqlite:///{path}", "0004")
    jobs = [
        (3, "free", "{}", 0, 0, "k", 0, None, None, 10 * minute),
        (4, "premium", "{}", 20, 0, "l", 2, 99, "boom", 19 * minute),
        (5, "late", "{}", 20, 7, None, 0, None, None, 21 * minute),
    ]
    with sqlite3.connect(path) as older:
        older.executemany("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", jobs)
    older.close()
    upgrade(f"sqlite:///{path}")

    with sqlite3.connect(path) as newer:
        line = newer.execute("SELECT * FROM jobs ORDER BY place").fetchall()
    newer.close()
    assert line == [
        (4, "premium", "{}", 9 * minute, 0, "l", 2, 99, "boom", 19 * minute),
        (3, "free", "{}", 10 * minute, 0, "k", 0, None, None, 10 * minute),
        (5, "late", "{}", 11 * minute, 7, None, 0, None, None, 21 * minute),
    ]


@pytest.mark.parametrize("left", [0, 1])
def test_no_id_of_a_job_comes_again_after_an_upgrade(tmp_path: Path, left: int) -> None:
    """An old claim of it could finish another job."""
    path = tmp_path / "older.sqlite"
    upgrade(f"sqlite:///{path}", "0004")
    add = "INSERT INTO jobs (task, args, {}, not_before, attempt, created_at) VALUES ('t', '{{}}', 0, 0, 0, 0)"
    with sqlite3.connect(path) as older:
        for _ in range(5):
            older.execute(add.format("priority"))
        older.execute("DELETE FROM jobs WHERE id > ?", [left])
    older.close()
    upgrade(f"sqlite:///{path}")

    with sqlite3.connect(path) as newer:
        new_id = newer.execute(add.format("place")).lastrowid
    newer.close()
    assert new_id == 6
