"""The restore drill: a backup that is made while the service writes is whole, passes the audit and can be gone on with.

Backups are made as docs/operations.md tells: by SQLite's own online backup, by pg_dump.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from billing_core.entrypoints.beside import auditing_of
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.use_cases import UseCases
from tests.local_postgres import LocalPostgres

Backup = Callable[[], str]
ACCOUNTS = [f"ann-{n}" for n in range(20)]


def settings_of(url: str) -> Settings:
    return Settings(database_url=url, jwt_secret="a secret" * 8, webhook_secrets=("whsec_of_these_tests",))


@pytest.fixture
def on_sqlite(tmp_path: Path) -> tuple[str, Backup]:
    """The URL of new books, and what backs them up and restores them: it answers the URL of the copy."""

    def backup() -> str:
        restored = tmp_path / "restored" / "billing.db"
        restored.parent.mkdir()
        with closing(sqlite3.connect(tmp_path / "billing.db")) as live, closing(sqlite3.connect(restored)) as copy:
            live.backup(copy)
        return f"sqlite:///{restored}"

    return f"sqlite:///{tmp_path}/billing.db", backup


@pytest.fixture
def on_postgresql(postgres: LocalPostgres, postgres_url: str, tmp_path: Path) -> Iterator[tuple[str, Backup]]:
    made: list[str] = []

    def backup() -> str:
        postgres.dump(postgres_url, tmp_path / "billing.dump")
        made.append(postgres.restore(tmp_path / "billing.dump"))
        return made[0]

    yield postgres_url, backup
    for url in made:
        postgres.drop(url)


async def writing(use: UseCases, account_id: str, answered: dict[str, int]) -> None:
    """One decision after the other; `answered` counts those whose answer has come."""
    while True:
        await use.adjusting(account_id, 1, reason="a present")
        answered[account_id] += 1


async def presents(url: str) -> dict[str, int]:
    """How many presents each account has in those books, beside its ten free credits and one that it gets there.

    All of them pass the audit.
    """
    async with auditing_of(settings_of(url)) as auditing:
        audited = [each async for each in auditing.all()]
    assert [each.problems for each in audited if each.problems] == []
    async with running(settings_of(url)) as use:
        return {each: (await use.adjusting(each, 1, reason="one more")).available - 11 for each in ACCOUNTS}


@pytest.mark.failure("D15")
@pytest.mark.parametrize("books", ["on_sqlite", "on_postgresql"])
async def test_a_backup_of_books_that_are_written_to_is_whole(
    books: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url, backup = request.getfixturevalue(books)
    answered = dict.fromkeys(ACCOUNTS, 0)

    async with running(settings_of(url)) as use:
        tasks = [asyncio.create_task(writing(use, account_id, answered)) for account_id in ACCOUNTS]
        await asyncio.sleep(0.5)
        before = dict(answered)
        restored = await asyncio.to_thread(backup)
        after = dict(answered)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    kept = await presents(restored)
    assert after != before  # it was written to meanwhile
    assert [each for each in ACCOUNTS if not before[each] <= kept[each] <= after[each] + 1] == []
