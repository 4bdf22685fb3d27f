"""No decision reads or writes two accounts: not in what it knows, not in what it wants, not in the rows it leaves."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import attrs
import psycopg
import pytest
from litestar.testing import AsyncTestClient

from billing_core.adapters.books.columns import columns_of
from billing_core.adapters.books.plan import plan
from billing_core.adapters.books.recent import RecentAccounts
from billing_core.adapters.books.writes import Call, Raised
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.sqlalchemy.books import open_sqlite
from billing_core.adapters.sqlalchemy.postgresql import open_postgresql
from billing_core.adapters.sqlalchemy.tables import metadata
from billing_core.domain.account import Account
from billing_core.domain.attempts import AttemptOutcome
from billing_core.domain.errors import InvalidValue
from billing_core.domain.generation import GenerationStatus
from billing_core.domain.incidents import IncidentKind
from billing_core.entrypoints import lifespan
from billing_core.entrypoints.container import standing_clock
from billing_core.entrypoints.demo import START, Year
from billing_core.entrypoints.lifespan import Parts, running
from billing_core.entrypoints.parts.books import open_books
from billing_core.entrypoints.settings import MEMORY, Settings, with_secrets
from billing_core.ports.books import Books
from billing_core.ports.commit import Commit, Decide
from billing_core.ports.records import (
    KINDS,
    AttemptMade,
    CauseFailed,
    GenerationMoved,
    GenerationOpened,
    ImageAdded,
    ImageChanged,
    IncidentRaised,
    Job,
    OwnerClaimed,
    PartialMade,
    Record,
    WarningNoted,
)
from billing_core.testing.contracts.books import (
    NOW,
    a_cause,
    a_generation,
    a_partial,
    an_image,
    granting,
    recording,
    spending,
)
from billing_core.testing.contracts.warnings import KEPT as A_WARNING
from tests.one_account import WatchedAccounts, accounts_in, watching
from tests.shops.http import Shop, usual_app

# Keys

WITHOUT_ACCOUNT = {
    "bookmarks": "how far work on all accounts has come is said once",
    "daily_figures": "a day's figures are of all accounts, and no decision reads or writes them",
    "catalogs": "what is sold is the same for all accounts",
    "jobs": "a queue is read across accounts, in the order of its ids",
    "owners": "this is where the account of a gateway's id is looked up, before it is known",
    "parked": "these events wait until it is known whose they are",
}


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_the_key_of_a_table_begins_with_the_account(table: Any) -> None:
    first, *_ = table.primary_key.columns
    names_the_account = first.name == "account_id" or (table.name, first.name) == ("accounts", "id")

    assert names_the_account or table.name in WITHOUT_ACCOUNT


def test_every_table_without_an_account_in_its_key_is_one_of_these() -> None:
    assert {table.name for table in metadata.sorted_tables} > WITHOUT_ACCOUNT.keys()


# Records


def records_of(account_id: str) -> tuple[Record, ...]:
    """One of each kind, with ids that other accounts have too."""
    return (
        GenerationOpened(a_generation("gen_2", account_id=account_id)),
        GenerationMoved(generation_id="gen_1", status=GenerationStatus.FAILED, charged=1),
        AttemptMade(generation_id="gen_1", number=1, at=NOW, outcome=AttemptOutcome.SUCCEEDED),
        PartialMade(a_partial(2)),
        ImageAdded(an_image("img_2", account_id=account_id)),
        ImageChanged(image_id="img_1", private=True, deleted=True),
        Job(task="t", args={"account_id": account_id}, key="job"),
        IncidentRaised(key="odd", kind=IncidentKind.OTHER, detail=account_id, at=NOW),
        OwnerClaimed("cus_1"),
        A_WARNING,
        WarningNoted(id="issfr_1", by="olga", at=NOW, notes=account_id),
        CauseFailed(key="k", fingerprint="f", kind="k", body=b"", error=account_id, at=NOW),
    )


def test_there_is_one_of_each_kind() -> None:
    assert [type(record) for record in records_of("a")] == list(KINDS)


@pytest.mark.parametrize("record", records_of("b"), ids=lambda record: type(record).__name__)
def test_a_record_either_names_no_account_or_is_refused_for_another(record: Record) -> None:
    """One that names none is written with the account that was decided on."""
    writes = plan(
        [Call("a", recording(record))], {}, {}, commit_id="c", at=NOW, describe=columns_of, recent=RecentAccounts()
    )

    (outcome,) = writes.outcomes
    if list(accounts_in(record)):
        assert isinstance(outcome, Raised)
        assert isinstance(outcome.error, InvalidValue)
    else:
        kept = [write.account_id for kind in writes.records.values() for write in kind]
        assert {"a"} == {*kept, *(cause.account_id for cause in writes.causes)}


# Rows

Rows = dict[str, set[tuple[Any, ...]]]
NEVER_REWRITTEN = {"api_keys", "owners", "standings"}
"""An owner stays; API keys, and the reckoning of where an account stands, are apart from decisions."""
OF_ACCOUNTS = [table for table in metadata.sorted_tables if "account_id" in table.c or table.name == "accounts"]


async def filled(books: Books, account_id: str) -> None:
    """An account with a row in each table, and with the ids that the others have."""
    first = (GenerationOpened(a_generation(account_id=account_id)), ImageAdded(an_image(account_id=account_id)))
    started = AttemptMade(generation_id="gen_1", number=1, at=NOW)
    await books.accounts.change(account_id, granting(5), cause=a_cause())
    await books.accounts.change(account_id, recording(*first))
    claimed = OwnerClaimed(f"cus_{account_id}")
    await books.accounts.change(account_id, recording(started, PartialMade(a_partial()), claimed))


async def only_its_own_rows(books: Books, rows: Callable[[], Rows]) -> None:
    """Decisions on one account change none of another's rows, though they share every id."""
    for account_id in ("a", "b"):
        await filled(books, account_id)
    await books.accounts.change("b", recording(*records_of("b")[-6:]))  # what can happen to b once is left to a
    every: tuple[Decide[Any], ...] = (
        granting(5),
        recording(*records_of("a")),
        spending(3, OwnerClaimed("cus_b")),
        lambda _: Commit(None, renews=True),
    )
    before = rows()
    for decide in every:
        await books.accounts.change("a", decide)
    await books.accounts.change("a", granting(1), cause=a_cause("k"))
    after = rows()

    written = {name: before[name] ^ after[name] for name in before}
    assert {name for name, changed in written.items() if changed} == {t.name for t in OF_ACCOUNTS} - NEVER_REWRITTEN
    assert {row[0] for changed in written.values() for row in changed} == {"a"}


def owned(name: str) -> str:
    """A table's rows, each with its account first."""
    return f"SELECT {'id' if name == 'accounts' else 'account_id'}, {name}.* FROM {name}"


async def test_decisions_change_only_rows_of_their_account_on_sqlite(tmp_path: Path) -> None:
    def rows() -> Rows:
        connection = sqlite3.connect(tmp_path / "books.sqlite")
        try:
            return {table.name: set(connection.execute(owned(table.name))) for table in OF_ACCOUNTS}
        finally:
            connection.close()

    async with open_sqlite(f"sqlite:///{tmp_path}/books.sqlite", now=lambda: NOW) as books:
        await only_its_own_rows(books, rows)


async def test_decisions_change_only_rows_of_their_account_on_postgresql(postgres_url: str) -> None:
    def rows() -> Rows:
        with psycopg.connect(postgres_url) as connection:
            return {table.name: set(connection.execute(owned(table.name).encode())) for table in OF_ACCOUNTS}

    async with open_postgresql(postgres_url, now=lambda: NOW) as books:
        await only_its_own_rows(books, rows)


# Decisions


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[WatchedAccounts]:
    """The accounts of all books that the product opens, watched."""
    seen: list[WatchedAccounts] = []
    monkeypatch.setattr(lifespan, "open_books", watching(open_books, seen))
    return seen


async def test_the_year_of_the_demo_decides_on_one_account_at_a_time(seen: list[WatchedAccounts]) -> None:
    settings = with_secrets(Settings(database_url=MEMORY))
    async with running(settings, Parts(clock=standing_clock(START))) as use_cases:
        assert use_cases.simulation is not None
        assert [chapter async for chapter in Year(use_cases, use_cases.simulation).tell()]

    (watched,) = seen
    assert watched.changes["ada"] > 50
    assert watched.strangers == []


@pytest.fixture
async def shop(seen: list[WatchedAccounts]) -> AsyncIterator[Shop]:
    async with AsyncTestClient(usual_app()) as client:
        assert len(seen) == 1
        yield Shop(client)


async def test_customers_over_http_are_decided_on_one_at_a_time(shop: Shop, seen: list[WatchedAccounts]) -> None:
    for account in ("ann", "bob"):
        await shop.subscribe(account)
        await shop.grant(account, 50)
        made = await shop.generate(account)
        image = made["images"][0]["id"]
        hold = await shop.ask("POST", "/credits/holds", account, json={"amount": 5, "reason": "an essay"})
        await shop.ask("POST", f"/credits/holds/{hold.json()['id']}/capture", account, json={"amount": 3})
        changed = await shop.ask("POST", "/subscriptions/change", account, json={"tier": "premium", "when": "now"})
        canceled = await shop.ask("DELETE", "/subscriptions?at_period_end=true", account)
        await shop.get("/credits", account)
        hidden = await shop.ask("DELETE", f"/images/{image}", account)
        answers = (hold, changed, canceled, hidden)
        assert [answer.is_success for answer in answers] == [True] * 4, [answer.text for answer in answers]

    (watched,) = seen
    assert min(watched.changes["ann"], watched.changes["bob"]) > 10
    assert watched.strangers == []


# And what is watched for is seen


async def test_a_decision_that_knows_another_account_is_seen() -> None:
    watched = WatchedAccounts(MemoryBooks().accounts)
    other = await watched.get("bob")

    await watched.change("ann", lambda account: Commit(account.version + other.version))

    assert watched.strangers == ["a decision on ann knows bob"]


async def test_a_decision_that_writes_or_answers_of_another_account_is_seen() -> None:
    watched = WatchedAccounts(MemoryBooks().accounts)

    with pytest.raises(InvalidValue):
        await watched.change("ann", lambda _: Commit(None, (), (Job(task="t", args={"account_id": "bob"}),)))
    await watched.change("ann", lambda _: Commit([Account(id="bob")]))

    assert watched.strangers == ["a decision on ann writes bob", "a decision on ann answers bob"]


async def test_a_decision_that_asks_for_another_account_is_seen() -> None:
    watched = WatchedAccounts(MemoryBooks().accounts)
    asked: list[Awaitable[Account] | Awaitable[None]] = []

    def ask(_account: Account) -> Commit[None]:
        asked.append(watched.get("bob"))
        asked.append(watched.change("cy", recording()))
        return Commit(None)

    await watched.change("ann", ask)
    for asking in asked:
        await asking

    assert watched.strangers == ["a decision on ann reads bob", "a decision on ann changes cy"]


def test_an_account_is_found_wherever_it_is() -> None:
    generation = a_generation(account_id="ann")
    nested = attrs.evolve(generation, images=(an_image(account_id="bob"),))

    assert sorted(set(accounts_in({"a": [GenerationOpened(nested)]}))) == ["ann", "bob"]
