"""What the law lets a customer ask for: all that is kept of them, and to be forgotten while the ledger stays."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from attrs import evolve
from click.testing import CliRunner

from billing_core import Billing
from billing_core.adapters.sqlalchemy.migrate import upgrade
from billing_core.application.errors import AccountNotFound
from billing_core.domain.acts import Act, Grounds, ReasonCode
from billing_core.domain.errors import InvalidValue
from billing_core.domain.events import Event, OperatorActed, ProfileNoted
from billing_core.domain.generation import GenerationStatus
from billing_core.entrypoints.beside import auditing_of
from billing_core.entrypoints.cli import main
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.privacy import erased, exported
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.use_cases import UseCases
from billing_core.testing.contracts.api_keys import KEY

E_MAIL, PROMPT, BOT = "ada.lovelace@example.com", "my grandmother at dawn", "bot of Ada L"
GROUNDS = Grounds(by="olga", note="asked for by letter", code=ReasonCode.REQUESTED_BY_CUSTOMER)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """New books. What a machine keeps in files is this test's own."""
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/billing.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    return Settings(
        database_url=url,
        image_store=str(tmp_path / "pictures"),
        jwt_secret="a secret" * 8,
        webhook_secrets=("whsec_of_these_tests",),
    )


async def lived(use: UseCases) -> str:
    """Ada buys, has a key and a picture made; the id of her generation. Bob has a picture made too."""
    billing = Billing(use)
    checkout = await billing.checkout("ada", tier="basic", email=E_MAIL, name="Ada Lovelace")
    await billing.simulation.pay(checkout.session_id, "4242 4242 4242 4242")
    await use.keying.api_keys.add(evolve(KEY, account_id="ada", name=BOT), most=1)
    made = await billing.generate("ada", PROMPT)
    await billing.generate("bob", "a dog")
    await billing.simulation.settle()
    generation = await billing.generation("ada", made.id)
    assert generation is not None
    assert generation.status is GenerationStatus.SUCCEEDED
    return made.id


async def left(use: UseCases) -> str:
    """Ada has lived, and has cancelled."""
    generation_id = await lived(use)
    await use.canceling("ada", at_period_end=False)
    await Billing(use).simulation.settle()
    return generation_id


def everything(settings: Settings) -> str:
    """The whole database as text, whatever is in it."""
    if settings.is_on_postgresql:
        with psycopg.connect(settings.database_url) as books:
            names = books.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
            tables = [books.execute(f'select * from "{name}"'.encode()).fetchall() for (name,) in names]
    else:
        with closing(sqlite3.connect(settings.database_url.removeprefix("sqlite:///"))) as file:
            found = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            tables = [file.execute(f"SELECT * FROM {name}").fetchall() for (name,) in found]
    return repr(tables)


async def stream(settings: Settings) -> list[Event]:
    async with auditing_of(settings) as auditing:
        return [stored.event async for stored in auditing.history.of("ada")]


@pytest.mark.failure("F24")
async def test_whoever_is_erased_is_in_no_table_and_no_folder_any_more(settings: Settings, tmp_path: Path) -> None:
    async with running(settings) as use:
        generation_id = await left(use)
    assert E_MAIL in everything(settings)
    assert PROMPT in everything(settings)
    assert BOT in everything(settings)
    before = {path.parent.name for path in (tmp_path / "pictures").rglob("*") if path.is_file()}

    pictures = await erased(settings, "ada", GROUNDS)

    told = everything(settings)
    after = {path.parent.name for path in (tmp_path / "pictures").rglob("*") if path.is_file()}
    assert [word for word in (E_MAIL, "Lovelace", PROMPT, BOT, KEY.digest) if word in told] == []
    assert pictures >= 1
    assert before - after == {generation_id}
    assert "a dog" in told


@pytest.mark.failure("F24")
async def test_the_ledger_of_whoever_is_erased_stays_whole(settings: Settings) -> None:
    async with running(settings) as use:
        await left(use)
        credits = await Billing(use).credits("ada")
    before = [event for event in await stream(settings) if not isinstance(event, ProfileNoted)]

    await erased(settings, "ada", GROUNDS)

    after = [event for event in await stream(settings) if not isinstance(event, ProfileNoted)]
    *same, last = after
    assert same == before
    assert isinstance(last, OperatorActed)
    assert (last.act, last.by, last.note) == (Act.ERASED, "olga", "asked for by letter")
    async with auditing_of(settings) as auditing:
        assert [each.problems async for each in auditing.all() if each.problems] == []
    async with running(settings) as use:
        assert (await Billing(use).credits("ada")).available == credits.available


async def test_to_erase_twice_is_to_erase_once(settings: Settings) -> None:
    async with running(settings) as use:
        await left(use)

    await erased(settings, "ada", GROUNDS)
    assert await erased(settings, "ada", GROUNDS) == 0
    async with auditing_of(settings) as auditing:
        assert [each.problems async for each in auditing.all() if each.problems] == []


@pytest.mark.failure("F24")
async def test_nobody_is_erased_who_is_subscribed_or_whose_credits_are_on_hold(settings: Settings) -> None:
    async with running(settings) as use:
        await lived(use)
        await use.holding("bob", 2, reason="an essay")
    before = [exported(settings, each) for each in ("ada", "bob")]

    with pytest.raises(InvalidValue, match="live subscription"):
        await erased(settings, "ada", GROUNDS)
    with pytest.raises(InvalidValue, match="on hold"):
        await erased(settings, "bob", GROUNDS)
    with pytest.raises(AccountNotFound):
        await erased(settings, "nobody", GROUNDS)
    assert [exported(settings, each) for each in ("ada", "bob")] == before


async def test_whoever_is_erased_beside_a_running_service_stays_erased(settings: Settings) -> None:
    async with running(settings) as use:
        await left(use)
        await erased(settings, "ada", GROUNDS)
        await use.adjusting("ada", 1, reason="a present")

    assert E_MAIL not in everything(settings)
    async with auditing_of(settings) as auditing:
        assert [each.problems async for each in auditing.all() if each.problems] == []


async def test_an_export_has_all_that_is_kept_and_nothing_of_anybody_else(settings: Settings) -> None:
    async with running(settings) as use:
        generation_id = await lived(use)

    told = json.loads(json.dumps(exported(settings, "ada")))

    kept = told["kept"]
    assert told["account_id"] == "ada"
    assert kept["accounts"][0]["email"] == E_MAIL
    assert kept["accounts"][0]["snapshot"]["name"] == "Ada Lovelace"
    assert [(row["id"], row["prompt"]) for row in kept["generations"]] == [(generation_id, PROMPT)]
    assert [row["number"] for row in kept["events"]] == list(range(1, len(kept["events"]) + 1))
    assert [(row["name"], row["scopes"]) for row in kept["api_keys"]] == [(BOT, "generate read")]
    assert KEY.digest not in str(told)
    assert {"images", "inbox", "owners", "attempts"} <= set(kept)
    assert {row.get("account_id", row.get("id")) for rows in kept.values() for row in rows} == {"ada"}
    with pytest.raises(AccountNotFound):
        exported(settings, "nobody")


def test_books_in_memory_are_nobody_elses_to_export() -> None:
    with pytest.raises(SettingsError, match="in memory"):
        exported(Settings(database_url="memory://"), "ada")


async def test_the_commands_export_and_erase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/billing.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BILLING_DATABASE_URL", url)
    async with running(Settings(database_url=url, jwt_secret="a secret" * 8, webhook_secrets=("whsec_x",))) as use:
        await left(use)
    call = CliRunner().invoke

    export = await asyncio.to_thread(call, main, ["account", "export", "ada"])
    asked = await asyncio.to_thread(call, main, ["account", "erase", "ada", "--reason", "a letter"], input="n\n")
    erase = await asyncio.to_thread(call, main, ["account", "erase", "ada", "--reason", "a letter", "--yes"])
    again = await asyncio.to_thread(call, main, ["account", "export", "ada"])

    assert json.loads(export.output)["kept"]["accounts"][0]["email"] == E_MAIL
    assert asked.exit_code == 1
    assert erase.exit_code == 0, erase.output
    assert "ada is erased" in erase.output
    assert E_MAIL not in again.output


def test_a_database_that_is_locked_for_long_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BILLING_DATABASE_URL", f"sqlite:///{tmp_path}/billing.db")
    upgrade(f"sqlite:///{tmp_path}/billing.db")
    with closing(sqlite3.connect(tmp_path / "billing.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        erase = CliRunner().invoke(main, ["account", "erase", "ada", "--reason", "a letter", "--yes"])

    assert erase.exit_code == 1
    assert erase.output == "Error: the database (database is locked) is unavailable\n"
