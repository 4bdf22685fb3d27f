"""The books: which store keeps them, and whether it can be opened.

SQL is imported where it is needed: who keeps the books in memory, as a test does, does not wait for it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path

from billing_core.adapters.books.columns import Describe, columns_of
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.system import SystemClock
from billing_core.domain.account import Account
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.one_mode import GATEWAY
from billing_core.entrypoints.settings import MEMORY, SQLITE, Settings
from billing_core.ports.books import Books
from billing_core.ports.clock import Clock


def open_books(settings: Settings, describe: Describe, clock: Clock) -> AbstractAsyncContextManager[Books]:
    """The store that the settings name, to be opened."""
    if settings.database_url == MEMORY:
        return nullcontext(MemoryBooks(describe, now=clock.now))
    if settings.is_on_postgresql:
        return _open_postgresql(settings, describe, clock)
    from billing_core.adapters.sqlalchemy.books import open_sqlite  # noqa: PLC0415 - see above

    _ensure_not_emptied(settings)
    return open_sqlite(settings.database_url, describe, now=clock.now)


@asynccontextmanager
async def _open_postgresql(settings: Settings, describe: Describe, clock: Clock) -> AsyncIterator[Books]:
    await asyncio.to_thread(ensure_openable, settings)
    from billing_core.adapters.sqlalchemy.postgresql import open_postgresql  # noqa: PLC0415 - its drivers are an extra

    async with open_postgresql(settings.database_url, describe, now=clock.now) as books:
        yield books


def ensure_openable(settings: Settings) -> None:
    """Many processes share books on PostgreSQL: when their tables change is the operator's word.

    Raises SettingsError; Unavailable where nobody answers.
    """
    from billing_core.adapters.sqlalchemy.migrate import is_behind  # noqa: PLC0415 - see above

    _ensure_postgresql(settings)
    _ensure_not_emptied(settings)
    if settings.is_on_postgresql and is_behind(settings.database_url):
        raise SettingsError("the database's tables are older than this version: run `billing-core db upgrade` first")


def _ensure_postgresql(settings: Settings) -> None:
    missing = [name for name in ("asyncpg", "procrastinate", "psycopg") if find_spec(name) is None]
    if settings.is_on_postgresql and missing:
        raise SettingsError(f"{', '.join(missing)} is not installed: PostgreSQL needs `billing-core[postgres]`")


def _ensure_not_emptied(settings: Settings) -> None:
    """SQLite would make new books of a file that lost all that it had. Raises SettingsError."""
    file = Path(settings.database_url.removeprefix(SQLITE))
    if settings.database_url.startswith(SQLITE) and file.is_file() and not file.stat().st_size:
        raise SettingsError(f"{file} is empty: restore the books from a backup, or remove it to begin with new ones")


def upgrade_books(settings: Settings) -> None:
    """Brings the database's tables up to date."""
    from billing_core.adapters.sqlalchemy.migrate import upgrade  # noqa: PLC0415 - see above

    _ensure_postgresql(settings)
    _ensure_not_emptied(settings)
    if settings.database_url != MEMORY:
        if not settings.is_on_postgresql:
            settings.folder.mkdir(parents=True, exist_ok=True)
        upgrade(settings.database_url)


def export_rows(settings: Settings, account_id: str) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """Every row of the account, by table. Raises SettingsError, Unavailable."""
    from billing_core.adapters.sqlalchemy.personal import export  # noqa: PLC0415 - see above

    _ensure_kept(settings)
    return export(settings.database_url, account_id)


def erase_rows(
    settings: Settings, account_id: str, ensure: Callable[[Account], None], *, nobody: str
) -> tuple[str, ...]:
    """Forgets who the account is; answers the folders of its pictures. Raises what `ensure` raises, SettingsError,
    Unavailable."""
    from billing_core.adapters.sqlalchemy.personal import erase  # noqa: PLC0415 - see above

    _ensure_kept(settings)
    return erase(settings.database_url, account_id, ensure, nobody=nobody)


def ensure_shared(settings: Settings) -> None:
    """Who comes beside those that serve finds their books. Raises SettingsError."""
    if settings.database_url == MEMORY:
        raise SettingsError("books in memory are their own process's: BILLING_DATABASE_URL must name a database")


def _ensure_kept(settings: Settings) -> None:
    ensure_shared(settings)
    ensure_openable(settings)
    if not settings.is_on_postgresql:
        upgrade_books(settings)


def tables_are_behind(settings: Settings) -> bool | None:
    """Whether the tables are older than this version; None where there are none yet. Raises Unavailable."""
    from billing_core.adapters.sqlalchemy.migrate import is_behind  # noqa: PLC0415 - see above

    _ensure_postgresql(settings)
    file = None if settings.is_on_postgresql else Path(settings.database_url.removeprefix(SQLITE))
    return is_behind(settings.database_url) if file is None or file.exists() else None


def open_to_read(settings: Settings, clock: Clock) -> AbstractAsyncContextManager[Books]:
    """The books for who only looks at them, beside who serves or works. Raises what opening them does."""
    return open_books(settings, columns_of, clock)


async def books_mode(settings: Settings) -> str | None:
    """The mode that the books have; None where nothing was ever started on them."""
    async with open_to_read(settings, SystemClock()) as books:
        return await books.bookmarks.get(GATEWAY)
