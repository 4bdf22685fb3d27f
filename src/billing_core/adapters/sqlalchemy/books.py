"""All ports of the books on one SQLite file, opened and closed together."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from attrs import frozen

from billing_core.adapters.books.bell import Bell
from billing_core.adapters.books.columns import Describe, columns_of
from billing_core.adapters.books.lane import Lane
from billing_core.adapters.books.moment import Now, utc_now
from billing_core.adapters.books.rates import ProcessRates
from billing_core.adapters.sqlalchemy.accounts import SqlAccounts
from billing_core.adapters.sqlalchemy.api_keys import SqlApiKeys
from billing_core.adapters.sqlalchemy.bookmarks import SqlBookmarks
from billing_core.adapters.sqlalchemy.catalogs import SqlCatalogs
from billing_core.adapters.sqlalchemy.directory import SqlDirectory
from billing_core.adapters.sqlalchemy.engines import BUSY_TIMEOUT_S, path_of, reading_engine, writing_engine
from billing_core.adapters.sqlalchemy.figures import SqlFigures
from billing_core.adapters.sqlalchemy.generations import SqlGenerations
from billing_core.adapters.sqlalchemy.history import SqlHistory
from billing_core.adapters.sqlalchemy.inbox import SqlInbox
from billing_core.adapters.sqlalchemy.incidents import SqlIncidents
from billing_core.adapters.sqlalchemy.jobs import SqlJobs
from billing_core.adapters.sqlalchemy.migrate import upgrade
from billing_core.adapters.sqlalchemy.overview import SqlOverview
from billing_core.adapters.sqlalchemy.register import SqlRegister
from billing_core.adapters.sqlalchemy.sqlite import TURNS, SqliteCommitting, SqliteDatabase, Writer
from billing_core.adapters.sqlalchemy.thread import ConnectionThread
from billing_core.adapters.sqlalchemy.warnings import SqlWarnings
from billing_core.ports.groups import Groups


@frozen(kw_only=True)
class SqliteBooks:
    """What is open, under the names of the ports."""

    accounts: SqlAccounts
    directory: SqlDirectory
    history: SqlHistory
    register: SqlRegister
    generations: SqlGenerations
    inbox: SqlInbox
    incidents: SqlIncidents
    warnings: SqlWarnings
    figures: SqlFigures
    overview: SqlOverview
    jobs: SqlJobs
    catalogs: SqlCatalogs
    bookmarks: SqlBookmarks
    api_keys: SqlApiKeys
    rates: ProcessRates
    groups: Groups


@asynccontextmanager
async def open_sqlite(
    url: str,
    describe: Describe = columns_of,
    *,
    now: Now = utc_now,
    migrate: bool = True,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
) -> AsyncIterator[SqliteBooks]:
    """Opens `sqlite:///path`, its folder made where there is none; `sqlite://` is a file that goes when it closes.

    `migrate` brings the tables up to date first. Leaving answers those who wait, then closes everything.
    """
    with ExitStack() as stack:
        path = path_of(url) or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "books.sqlite"
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        if migrate:
            await asyncio.to_thread(upgrade, f"sqlite:///{path}")
        database = SqliteDatabase(
            writer=Writer(ConnectionThread(writing_engine(path, busy_timeout_s=busy_timeout_s), "books-writer")),
            reader=ConnectionThread(reading_engine(path, busy_timeout_s=busy_timeout_s), "books-reader"),
        )
        bell = Bell()
        lane = Lane(SqliteCommitting(database.writer, describe, now, bell), turns=TURNS)
        try:
            yield SqliteBooks(
                accounts=SqlAccounts(database, lane),
                directory=SqlDirectory(database, database.owners_of),
                history=SqlHistory(database),
                register=SqlRegister(database),
                generations=SqlGenerations(database),
                inbox=SqlInbox(database),
                incidents=SqlIncidents(database),
                warnings=SqlWarnings(database),
                figures=SqlFigures(database),
                overview=SqlOverview(database),
                jobs=SqlJobs(database, bell),
                catalogs=SqlCatalogs(database),
                bookmarks=SqlBookmarks(database),
                api_keys=SqlApiKeys(database),
                rates=ProcessRates(),
                groups=lane.groups,
            )
        finally:
            await lane.close()
            await database.close()
