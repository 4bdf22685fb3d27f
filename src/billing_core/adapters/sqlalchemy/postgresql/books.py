"""All ports of the books on one PostgreSQL database, opened and closed together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import frozen

from billing_core.adapters.books.columns import Describe, columns_of
from billing_core.adapters.books.lane import Lane
from billing_core.adapters.books.moment import Now, utc_now
from billing_core.adapters.sqlalchemy.accounts import SqlAccounts
from billing_core.adapters.sqlalchemy.api_keys import SqlApiKeys
from billing_core.adapters.sqlalchemy.bookmarks import SqlBookmarks
from billing_core.adapters.sqlalchemy.catalogs import SqlCatalogs
from billing_core.adapters.sqlalchemy.directory import SqlDirectory
from billing_core.adapters.sqlalchemy.figures import SqlFigures
from billing_core.adapters.sqlalchemy.generations import SqlGenerations
from billing_core.adapters.sqlalchemy.history import SqlHistory
from billing_core.adapters.sqlalchemy.inbox import SqlInbox
from billing_core.adapters.sqlalchemy.incidents import SqlIncidents
from billing_core.adapters.sqlalchemy.overview import SqlOverview
from billing_core.adapters.sqlalchemy.postgresql.committing import Committing
from billing_core.adapters.sqlalchemy.postgresql.connection import DriverConnection
from billing_core.adapters.sqlalchemy.postgresql.database import PostgresqlDatabase
from billing_core.adapters.sqlalchemy.postgresql.engine import Timeouts, open_engine
from billing_core.adapters.sqlalchemy.postgresql.owners import Owners
from billing_core.adapters.sqlalchemy.postgresql.rates import PostgresqlRates
from billing_core.adapters.sqlalchemy.procrastinate_jobs import ProcrastinateJobs
from billing_core.adapters.sqlalchemy.register import SqlRegister
from billing_core.adapters.sqlalchemy.warnings import SqlWarnings
from billing_core.ports.groups import Groups

PATIENT = Timeouts()


@frozen(kw_only=True)
class PostgresqlBooks:
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
    jobs: ProcrastinateJobs
    catalogs: SqlCatalogs
    bookmarks: SqlBookmarks
    api_keys: SqlApiKeys
    rates: PostgresqlRates
    groups: Groups


@asynccontextmanager
async def open_postgresql(
    url: str,
    describe: Describe = columns_of,
    *,
    now: Now = utc_now,
    timeouts: Timeouts = PATIENT,
) -> AsyncIterator[PostgresqlBooks]:
    """Opens `postgresql://…`, whose tables must be up to date. Leaving answers those who wait, then closes everything.

    Nothing is connected to before it is needed.
    """
    engine = open_engine(url, timeouts)
    database = PostgresqlDatabase(engine)
    asking, writing, counting = DriverConnection(engine), DriverConnection(engine), DriverConnection(engine)
    lane = Lane(Committing(writing, describe, now))
    try:
        yield PostgresqlBooks(
            accounts=SqlAccounts(database, lane),
            directory=SqlDirectory(database, Owners(asking)),
            history=SqlHistory(database),
            register=SqlRegister(database),
            generations=SqlGenerations(database),
            inbox=SqlInbox(database),
            incidents=SqlIncidents(database),
            warnings=SqlWarnings(database),
            figures=SqlFigures(database),
            overview=SqlOverview(database),
            jobs=ProcrastinateJobs(database),
            catalogs=SqlCatalogs(database),
            bookmarks=SqlBookmarks(database),
            api_keys=SqlApiKeys(database),
            rates=PostgresqlRates(counting),
            groups=lane.groups,
        )
    finally:
        await lane.close()
        await writing.drop()
        await asking.drop()
        await counting.drop()
        await engine.dispose()
