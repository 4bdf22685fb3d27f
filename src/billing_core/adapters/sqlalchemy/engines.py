"""Engines for SQLite: durable, strict about keys, and never surprised by a lock halfway through a transaction."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

BUSY_TIMEOUT_S = 5.0


def path_of(url: str) -> Path | None:
    """The file that `sqlite:///path` names; None for `sqlite://`, which names none."""
    name = make_url(url).database
    return Path(name) if name and name != ":memory:" else None


def writing_engine(path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Engine:
    """Every transaction takes the write lock when it begins: a read that turns into a write could be refused."""
    engine = _engine(path, busy_timeout_s, ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"])
    event.listen(engine, "begin", _begins("BEGIN IMMEDIATE"))
    return engine


def reading_engine(path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Engine:
    """Every transaction sees one state, and the connection refuses to write."""
    engine = _engine(path, busy_timeout_s, ["query_only=ON"])
    event.listen(engine, "begin", _begins("BEGIN"))
    return engine


def _engine(path: Path, busy_timeout_s: float, pragmas: list[str]) -> Engine:
    # `isolation_level=None` keeps the driver from beginning transactions of its own.
    engine = create_engine(f"sqlite:///{path}", connect_args={"isolation_level": None, "timeout": busy_timeout_s})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    return engine


def _begins(statement: str) -> Any:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin
