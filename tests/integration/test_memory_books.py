"""The books in memory keep the contracts of all their ports."""

import pytest

from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.memory.notifier import MemoryNotifier
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
from billing_core.testing.contracts.notifier import Arrived, NotifierContract, Sent
from billing_core.testing.contracts.overview import OverviewContract, with_its_name_as_plan
from billing_core.testing.contracts.rates import RatesContract
from billing_core.testing.contracts.register import RegisterContract, due_with_its_holds
from billing_core.testing.contracts.warnings import FraudWarningsContract


class InMemory(BooksContract):
    @pytest.fixture
    def books(self) -> MemoryBooks:
        return MemoryBooks()

    @pytest.fixture
    def rows(self, books: MemoryBooks) -> Rows:
        def count(table: str) -> int:
            state = books.state
            if table == "events":
                return sum(len(stream) for stream in state.events.values())
            return len(getattr(state, {"inbox": "causes"}.get(table, table)))

        return count


@pytest.mark.failure("D1", "D12")
class TestAccounts(InMemory, AccountRepositoryContract): ...


class TestDirectory(InMemory, DirectoryContract): ...


class TestHistory(InMemory, HistoryContract): ...


class TestRegister(InMemory, RegisterContract):
    @pytest.fixture
    def books(self) -> MemoryBooks:
        return MemoryBooks(due_with_its_holds)


class TestGenerations(InMemory, GenerationsContract): ...


class TestInbox(InMemory, InboxContract): ...


class TestIncidents(InMemory, IncidentsContract): ...


class TestFigures(InMemory, FiguresContract): ...


class TestOverview(InMemory, OverviewContract):
    @pytest.fixture
    def books(self) -> MemoryBooks:
        return MemoryBooks(with_its_name_as_plan)


class TestFraudWarnings(InMemory, FraudWarningsContract): ...


class TestJobs(InMemory, JobsContract): ...


class TestJobQueue(InMemory, JobQueueContract): ...


class TestCatalogs(InMemory, CatalogsContract): ...


class TestBookmarks(InMemory, BookmarksContract): ...


class TestApiKeys(InMemory, ApiKeysContract): ...


class TestRates(InMemory, RatesContract): ...


class TestNotifier(NotifierContract):
    @pytest.fixture
    def notifier(self) -> MemoryNotifier:
        return MemoryNotifier()

    @pytest.fixture
    def sent(self, notifier: MemoryNotifier) -> Sent:
        return lambda: [Arrived(notice.topic, notice.to, f"{notice.key} {notice.to}") for notice in notifier.sent]
