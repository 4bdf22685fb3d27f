"""The books on PostgreSQL keep the contracts of all their ports."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from billing_core.adapters.sqlalchemy.postgresql import PostgresqlBooks, open_postgresql
from billing_core.testing.contracts.accounts import AccountRepositoryContract
from billing_core.testing.contracts.api_keys import ApiKeysContract
from billing_core.testing.contracts.bookmarks import BookmarksContract
from billing_core.testing.contracts.books import BooksContract, Rows
from billing_core.testing.contracts.catalogs import CatalogsContract
from billing_core.testing.contracts.directory import DirectoryContract
from billing_core.testing.contracts.figures import FiguresContract
from billing_core.testing.contracts.generations import GenerationsContract
from billing_core.testing.contracts.history import HistoryContract
from billing_core.testing.contracts.inbox import InboxContract
from billing_core.testing.contracts.incidents import IncidentsContract
from billing_core.testing.contracts.jobs import JobsContract
from billing_core.testing.contracts.overview import OverviewContract, with_its_name_as_plan
from billing_core.testing.contracts.rates import RatesContract
from billing_core.testing.contracts.register import RegisterContract, due_with_its_holds
from billing_core.testing.contracts.warnings import FraudWarningsContract

COUNTED = {
    "accounts": "accounts WHERE version > 0",  # an account that was only asked for has an empty row, to be locked by
    "jobs": "procrastinate_jobs",
}


class InPostgresql(BooksContract):
    @pytest.fixture
    async def books(self, postgres_url: str) -> AsyncIterator[PostgresqlBooks]:
        async with open_postgresql(postgres_url) as books:
            yield books

    @pytest.fixture
    def rows(self, postgres_url: str) -> Rows:
        def count(table: str) -> int:
            with psycopg.connect(postgres_url) as connection:
                found = connection.execute(f"SELECT count(*) FROM {COUNTED.get(table, table)}".encode()).fetchone()
                return int(found[0]) if found else 0

        return count


@pytest.mark.failure("D1", "D12")
class TestAccounts(InPostgresql, AccountRepositoryContract): ...


class TestDirectory(InPostgresql, DirectoryContract): ...


class TestHistory(InPostgresql, HistoryContract): ...


class TestRegister(InPostgresql, RegisterContract):
    @pytest.fixture
    async def books(self, postgres_url: str) -> AsyncIterator[PostgresqlBooks]:
        async with open_postgresql(postgres_url, due_with_its_holds) as books:
            yield books


class TestGenerations(InPostgresql, GenerationsContract): ...


class TestInbox(InPostgresql, InboxContract): ...


class TestIncidents(InPostgresql, IncidentsContract): ...


class TestJobs(InPostgresql, JobsContract): ...


class TestFigures(InPostgresql, FiguresContract): ...


class TestOverview(InPostgresql, OverviewContract):
    @pytest.fixture
    async def books(self, postgres_url: str) -> AsyncIterator[PostgresqlBooks]:
        async with open_postgresql(postgres_url, with_its_name_as_plan) as books:
            yield books


class TestFraudWarnings(InPostgresql, FraudWarningsContract): ...


class TestCatalogs(InPostgresql, CatalogsContract): ...


class TestBookmarks(InPostgresql, BookmarksContract): ...


class TestApiKeys(InPostgresql, ApiKeysContract): ...


class TestRates(InPostgresql, RatesContract): ...
