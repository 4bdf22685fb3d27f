"""Bringing a database's tables up to date, with the revisions that ship in the package."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError

from billing_core.adapters.sqlalchemy.engines import path_of, writing_engine
from billing_core.ports.errors import Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do that nobody else locks in the same database.
LOCK = 8_241_337_001
FORBIDDEN = "42501"  # PostgreSQL's word for a user without the right


def upgrade(url: str, revision: str = "head") -> None:
    """Applies what is missing, all in one transaction; where nothing is, nothing happens, nor where a newer version has
    upgraded the database.

    That transaction takes a lock first, so that two processes that start at once do not collide: the write lock on
    SQLite, one of its own on PostgreSQL.
    """
    with connected(url) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({LOCK})")
        config = _config()
        current = _current(connection)
        if current is not None and current not in _known(config):
            return
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def is_behind(url: str) -> bool:
    """Whether revisions are missing. A database that a newer version has upgraded is not behind."""
    with connected(url) as connection:
        current = _current(connection)
    return current is None or not _known(_config()).get(current, True)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _known(config: Config) -> Mapping[str, bool]:
    """The revisions of this version, and whether each is the latest."""
    return {script.revision: script.is_head for script in ScriptDirectory.from_config(config).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """In one transaction. Raises Unavailable, with the database's own words: nobody answers, what is there is no
    database, or it cannot do what it is asked for now (it is locked, full, or only reads), or not for this user."""
    engine = _engine(url)
    try:
        connection = engine.connect()
    except DatabaseError as error:
        raise _unavailable(error) from error
    try:
        with connection, connection.begin():
            yield connection
    except OperationalError as error:
        raise _unavailable(error) from error
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != FORBIDDEN:
            raise
        raise _unavailable(error) from error
    finally:
        engine.dispose()


def _unavailable(error: DatabaseError) -> Unavailable:
    return Unavailable(f"the database ({str(error.orig).splitlines()[0]})")


def _engine(url: str) -> Engine:
    named = make_url(url)
    if named.get_backend_name() == "postgresql":
        return create_engine(named.set(drivername="postgresql+psycopg"))
    path = path_of(url)
    return create_engine(url) if path is None else writing_engine(path)
