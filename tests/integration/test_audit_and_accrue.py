"""The audit and the accrual on real databases, from the past to now."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from billing_core.application.accruing import Accrued, Accruing
from billing_core.application.auditing import Audited
from billing_core.domain.invariants import Invariant
from billing_core.entrypoints.beside import accruing_of, auditing_of
from billing_core.entrypoints.container import standing_clock
from billing_core.entrypoints.lifespan import Parts, running
from billing_core.entrypoints.settings import Settings
from billing_core.testing.builders import day

LONG_AGO = day(2026, 1, 31)
ACCOUNTS = [f"ann-{n:03}" for n in range(150)]
Tamper = Callable[[str], None]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of new books. What a machine keeps in files is this test's own."""
    monkeypatch.chdir(tmp_path)
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/billing.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def settings(database: str) -> Settings:
    return Settings(database_url=database, jwt_secret="a secret" * 8, webhook_secrets=("whsec_of_these_tests",))


@pytest.fixture
def tamper(database: str, tmp_path: Path) -> Tamper:
    """Changes one row behind the product's back."""

    def on_sqlite(statement: str) -> None:
        connection = sqlite3.connect(tmp_path / "billing.db")
        with connection:
            assert connection.execute(statement).rowcount == 1
        connection.close()

    def on_postgresql(statement: str) -> None:
        with psycopg.connect(database) as connection:
            assert connection.execute(statement.encode()).rowcount == 1

    return on_sqlite if database.startswith("sqlite") else on_postgresql


async def lived(settings: Settings) -> None:
    """All accounts hold credits, and one has a long life."""
    async with running(settings, Parts(clock=standing_clock(LONG_AGO))) as use:
        await asyncio.gather(*(use.adjusting(account_id, 5, reason="a present") for account_id in ACCOUNTS))
        await asyncio.gather(*(use.holding(account_id, 3, reason="an essay") for account_id in ACCOUNTS))
        for _ in range(5):
            await asyncio.gather(*(use.adjusting(ACCOUNTS[7], sign, reason="to and fro") for sign in (1, -1) * 64))


async def brought(accruing: Accruing) -> list[Accrued]:
    return [accrued async for accrued in accruing()]


async def wrong(settings: Settings) -> dict[str, tuple[str, ...]]:
    async with auditing_of(settings) as auditing:
        results = [result async for result in auditing.all()]
    assert [result.account_id for result in results] == ACCOUNTS
    return {result.account_id: texts for result in results if (texts := _serious(result))}


def _serious(result: Audited) -> tuple[str, ...]:
    """What is wrong beside holds that nobody has let lapse yet."""
    return tuple([each.text for each in result.breaches if each.invariant is not Invariant.HOLD_PAST_DEADLINE])


async def test_what_is_due_is_written_once_by_whoever_comes_first(settings: Settings) -> None:
    await lived(settings)
    assert await wrong(settings) == {}

    async with accruing_of(settings) as one, accruing_of(settings) as other:
        assert await one.count() == len(ACCOUNTS)
        both = await asyncio.gather(brought(one), brought(other))
        written = [done for some in both for done in some if done.events]
        assert sorted(done.account_id for done in written) == ACCOUNTS
        assert [done.error for done in written if done.error] == []
        assert await one.count() == 0
        assert await brought(one) == []

    assert await wrong(settings) == {}


@pytest.mark.failure("D13")
async def test_whatever_was_tampered_with_is_found(settings: Settings, tamper: Tamper) -> None:
    await lived(settings)
    tamper(f"UPDATE accounts SET available = available + 1 WHERE id = '{ACCOUNTS[0]}'")
    tamper(f"UPDATE accounts SET next_due_at = NULL WHERE id = '{ACCOUNTS[1]}'")
    tamper(f"DELETE FROM events WHERE account_id = '{ACCOUNTS[7]}' AND number = 600")
    tamper(f"UPDATE events SET type = 'Unheard' WHERE account_id = '{ACCOUNTS[149]}' AND number = 2")

    found = await wrong(settings)

    assert list(found) == [ACCOUNTS[0], ACCOUNTS[1], ACCOUNTS[7], ACCOUNTS[149]]
    assert found[ACCOUNTS[0]] == ("column available is 13, not 12",)
    assert len(found[ACCOUNTS[1]]) == 2  # the column is wrong, and its hold would stay open
    assert found[ACCOUNTS[7]] == ("event 600 is missing",)
    assert found[ACCOUNTS[149]] == ("event 2 cannot be read: events of type Unheard is unavailable",)
