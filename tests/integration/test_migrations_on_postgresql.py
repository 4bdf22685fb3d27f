"""The revisions that ship, on PostgreSQL: the declared tables and Procrastinate's, whoever starts first."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Table, create_engine

from billing_core.adapters.sqlalchemy.migrate import is_behind, upgrade
from billing_core.adapters.sqlalchemy.tables import accounts, events, inbox, metadata
from billing_core.ports.errors import Unavailable
from tests.local_postgres import LocalPostgres


@pytest.fixture
def empty(postgres: LocalPostgres) -> Iterator[str]:
    """A database without a table."""
    url = postgres.create()
    yield url
    postgres.drop(url)


def tables_of(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    return {name for (name,) in found}


def is_ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
    """Not Procrastinate's; of the declared tables, not the one in whose place Procrastinate's stand; nor what only
    PostgreSQL has."""
    return not (
        kind == "table" and name is not None and (name.startswith("procrastinate_") or name in {"jobs", "rates"})
    )


def test_alembic_finds_nothing_left_to_do(postgres_url: str) -> None:
    engine = create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"include_object": is_ours})
            assert compare_metadata(context, metadata) == []
    finally:
        engine.dispose()


def test_jobs_wait_in_procrastinates_table_alone(postgres_url: str) -> None:
    tables = tables_of(postgres_url)

    assert "procrastinate_jobs" in tables
    assert "jobs" not in tables


def test_bodies_of_webhooks_are_not_compressed(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute("select relname, reloptions from pg_class where reloptions is not null").fetchall()

    options: dict[str, list[str]] = dict(found)
    assert options["inbox"] == ["toast_tuple_target=8160"]


@pytest.mark.parametrize(
    ("name", "table", "more"),
    [("account", accounts, [("before", "bigint")]), ("event", events, []), ("cause", inbox, [])],
)
def test_the_types_of_rows_have_the_columns_of_their_tables(
    postgres_url: str, name: str, table: Table, more: list[tuple[str, str]]
) -> None:
    attributes = """
        select attname, format_type(atttypid, atttypmod) from pg_attribute
        where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum
    """
    with psycopg.connect(postgres_url) as connection:
        typed, declared = (connection.execute(attributes, [of]).fetchall() for of in (f"{name}_row", table.name))

    assert typed == [*declared, *more]
    assert [column for column, _ in declared] == [column.name for column in table.c]


@pytest.mark.failure("D11")
def test_several_that_start_at_once_do_not_collide(empty: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(upgrade, [empty] * 4)) == [None] * 4
    upgrade(empty)

    assert not is_behind(empty)


@pytest.mark.failure("D11")
def test_a_database_is_behind_until_it_is_upgraded_and_never_when_it_is_ahead(empty: str) -> None:
    assert is_behind(empty)
    upgrade(empty, "0001")
    assert is_behind(empty)
    upgrade(empty)
    assert not is_behind(empty)

    with psycopg.connect(empty) as connection:
        connection.execute("update alembic_version set version_num = 'of a newer version'")
    assert not is_behind(empty)


@pytest.mark.failure("D11")
def test_an_upgrade_that_fails_leaves_nothing_behind(empty: str) -> None:
    with psycopg.connect(empty) as connection:
        connection.execute("create table procrastinate_events (in_the_way int)")
    with pytest.raises(Exception, match="already exists"):
        upgrade(empty)

    assert tables_of(empty) == {"procrastinate_events"}


def test_a_user_without_rights_is_told_in_the_words_of_the_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create role stranger login")
        try:
            for ask in (is_behind, upgrade):
                with pytest.raises(Unavailable, match="permission denied"):
                    ask(postgres_url.replace("postgres@", "stranger@"))
        finally:
            connection.execute("drop role stranger")


def test_a_database_that_nobody_answers_for_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="refused") as refused:
        upgrade("postgresql://me:s3cret@127.0.0.1:1/books")

    assert "s3cret" not in str(refused.value)


def test_an_upgrade_keeps_what_was_there_before_there_were_bookmarks(empty: str) -> None:
    upgrade(empty, "0002")
    with psycopg.connect(empty) as connection:
        connection.execute("insert into owners (provider_id, account_id, claimed_at) values ('cus_1', 'a', 0)")
    upgrade(empty)

    assert "bookmarks" in tables_of(empty)
    with psycopg.connect(empty) as connection:
        assert connection.execute("select provider_id, account_id from owners").fetchall() == [("cus_1", "a")]


def test_an_upgrade_keeps_attempts_and_the_line_of_jobs(empty: str) -> None:
    upgrade(empty, "0004")
    row = ("a", "g", "p", "m", "s", "q", 1, 4, 0, False, False, 5, 9, "running", 6, None, 0, None, None)
    with psycopg.connect(empty) as older:
        older.execute(f"insert into generations values ({','.join(['%s'] * len(row))})".encode(), row)
        older.execute("insert into attempts values ('a', 'g', 1, 'unavailable', 7), ('a', 'g', 2, 'started', 8)")
        older.execute(
            "insert into procrastinate_jobs (queue_name, task_name, priority, args)"
            " values ('t', 'free', 0, '{}'), ('t', 'premium', 20, '{}')"
        )
    upgrade(empty)

    with psycopg.connect(empty) as newer:
        attempts = newer.execute("select number, outcome, started_at, ended_at from attempts order by 1").fetchall()
        ahead = "round((priority + extract(epoch from now() - '2020-01-01 00:00Z')) / 30)::int"
        jobs = newer.execute(f"select task_name, {ahead} from procrastinate_jobs order by id".encode()).fetchall()
    assert attempts == [(1, "unavailable", 7, 7), (2, "started", 8, None)]
    assert jobs == [("free", 0), ("premium", 20)]
