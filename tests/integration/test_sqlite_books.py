"""The books in SQLite keep the contracts of all their ports."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from billing_core.adapters.sqlalchemy.books import SqliteBooks, open_sqlite
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
from billing_core.testing.contracts.jobs import JobQueueContract, JobsContract
from billing_core.testing.contracts.overview import OverviewContract, with_its_name_as_plan
from billing_core.testing.contracts.rates import RatesContract
from billing_core.testing.contracts.register import RegisterContract, due_with_its_holds
from billing_core.testing.contracts.warnings import FraudWarningsContract


class InSqlite(BooksContract):
    @pytest.fixture
    async def books(self, tmp_path: Path) -> AsyncIterator[SqliteBooks]:
        async with open_sqlite(f"sqlite:///{tmp_path}/books.sqlite") as books:
            yield books

    @pytest.fixture
    def rows(self, tmp_path: Path) -> Rows:
        def count(table: str) -> int:
            connection = sqlite3.connect(tmp_path / "books.sqlite")
            try:
                (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
                return int(found)
            finally:
                connection.close()

        return count


@pytest.mark.failure("D1", "D12")
class TestAccounts(InSqlite, AccountRepositoryContract): ...


class TestDirectory(InSqlite, DirectoryContract): ...


class TestHistory(InSqlite, HistoryContract): ...


class TestRegister(InSqlite, RegisterContract):
    @pytest.fixture
    async def books(self, tmp_path: Path) -> AsyncIterator[SqliteBooks]:
        async with open_sqlite(f"sqlite:///{tmp_path}/books.sqlite", due_with_its_holds) as books:
            yield books


class TestGenerations(InSqlite, GenerationsContract): ...


class TestInbox(InSqlite, InboxContract): ...


class TestIncidents(InSqlite, IncidentsContract): ...


class TestFigures(InSqlite, FiguresContract): ...


class TestOverview(InSqlite, OverviewContract):
    @pytest.fixture
    async def books(self, tmp_path: Path) -> AsyncIterator[SqliteBooks]:
        async with open_sqlite(f"sqlite:///{tmp_path}/books.sqlite", with_its_name_as_plan) as books:
            yield books


class TestFraudWarnings(InSqlite, FraudWarningsContract): ...


class TestJobs(InSqlite, JobsContract): ...


class TestJobQueue(InSqlite, JobQueueContract): ...


class TestCatalogs(InSqlite, CatalogsContract): ...


class TestBookmarks(InSqlite, BookmarksContract): ...


class TestApiKeys(InSqlite, ApiKeysContract): ...


class TestRates(InSqlite, RatesContract): ...
