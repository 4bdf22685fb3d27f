"""The engine for PostgreSQL: bounded in connections, and in how long anything may take."""

from typing import Any

from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

POOL = 12  # the lane has one; the others read
POOL_TIMEOUT_S = 2.0
CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 15.0
SESSION = {
    "application_name": "billing-core",
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    "jit": "off",
}


def url_of(url: str) -> URL:
    """The same database by the driver that is used here. `sslmode` is called `ssl` there."""
    made = make_url(url).set(drivername="postgresql+asyncpg")
    mode = made.query.get("sslmode")
    return made if mode is None else made.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})


def open_engine(url: str, *, pool_timeout_s: float = POOL_TIMEOUT_S) -> AsyncEngine:
    """Where no connection comes free in time, whoever asks is told so, rather than left to wait."""
    engine = create_async_engine(
        url_of(url),
        pool_size=POOL,
        max_overflow=0,
        pool_timeout=pool_timeout_s,
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "command_timeout": COMMAND_TIMEOUT_S,
            "server_settings": SESSION,
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
