"""The engine for PostgreSQL: bounded in connections, and in how long anything may take."""

from typing import Any

from attrs import frozen
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CONNECTIONS = 12  # the lane has one; the others read


@frozen(kw_only=True)
class Timeouts:
    """How long is waited before whoever waits is told so, in seconds.

    For a connection from the pool, for a new one, for a lock, for a statement, and for its answer: the network may be
    what is slow.
    """

    pool_s: float = 2
    connect_s: float = 5
    lock_s: float = 5
    statement_s: float = 10
    answer_s: float = 15


def url_of(url: str) -> URL:
    """The same database by the driver that is used here. `sslmode` is called `ssl` there."""
    made = make_url(url).set(drivername="postgresql+asyncpg")
    mode = made.query.get("sslmode")
    return made if mode is None else made.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})


def open_engine(url: str, timeouts: Timeouts) -> AsyncEngine:
    """Connects when a connection is first needed."""
    session = {
        "application_name": "billing-core",
        "lock_timeout": f"{timeouts.lock_s * 1000:.0f}",
        "statement_timeout": f"{timeouts.statement_s * 1000:.0f}",
        "idle_in_transaction_session_timeout": f"{timeouts.answer_s * 2000:.0f}",
        "jit": "off",
    }
    engine = create_async_engine(
        url_of(url),
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=timeouts.pool_s,
        connect_args={
            "timeout": timeouts.connect_s,
            "command_timeout": timeouts.answer_s,
            "server_settings": session,
        },
    )
    event.listen(engine.sync_engine, "checkout", _ensure_open)
    return engine


def _ensure_open(connection: Any, _record: Any, _taken: Any) -> None:
    """A server that closed one connection, as when it restarts, closed them all. To see that, nobody has to be asked.

    Raises InvalidatePoolError, at which the pool makes a new one.
    """
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError()
