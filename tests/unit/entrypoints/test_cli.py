"""The command line."""

import asyncio
import json
import re
import sqlite3
from pathlib import Path

import jwt
import pytest
from click.testing import CliRunner, Result
from rich.progress import Progress

from billing_core.adapters.catalog_file import builtin_text
from billing_core.entrypoints.cli import COMMANDS, main
from billing_core.facade import Billing


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Every command works beside a database of this test's own."""
    for name in ("STRIPE_SECRET_KEY", "BILLING_CATALOG", "BILLING_JWT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BILLING_DATABASE_URL", url(tmp_path))
    return CliRunner()


def url(folder: Path) -> str:
    return f"sqlite:///{folder}/billing.db"


def run(runner: CliRunner, *words: str) -> Result:
    return runner.invoke(main, words)


async def trade(folder: Path) -> None:
    """Two accounts with a little history."""
    async with Billing.open(url(folder)) as billing:
        await billing.grant("ann", 5, reason="a present")
        async with billing.spend("bob", credits=3, reason="an essay"):
            pass


def tamper(folder: Path, statement: str) -> None:
    database = sqlite3.connect(folder / "billing.db")
    with database:
        assert database.execute(statement).rowcount == 1
    database.close()


def test_every_command_is_listed(runner: CliRunner) -> None:
    told = run(runner, "--help")

    assert told.exit_code == 0
    assert [command for command in COMMANDS if command not in told.output] == []
    assert run(runner, "nonsense").exit_code == 2


def test_a_wrong_setting_is_told_in_one_line(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "http")

    told = run(runner, "token", "ann")

    assert (told.exit_code, told.output) == (1, "Error: PORT must be a number from 0 to 65535\n")


# token


@pytest.mark.parametrize(("flags", "roles"), [((), None), (("--admin",), ["admin"])])
def test_a_token_and_nothing_else_is_printed(
    runner: CliRunner, tmp_path: Path, flags: tuple[str, ...], roles: list[str] | None
) -> None:
    told = run(runner, "token", "ann", *flags)

    assert told.exit_code == 0
    secret = json.loads((tmp_path / "secrets.json").read_text())["jwt_secret"]
    claims = jwt.decode(told.output.strip(), secret, algorithms=["HS256"])
    assert (claims["sub"], claims.get("roles")) == ("ann", roles)


@pytest.mark.parametrize("account", ["", "x" * 256, "@nobody"])
def test_there_is_no_token_for_what_is_no_account_and_that_is_told_in_one_line(runner: CliRunner, account: str) -> None:
    told = run(runner, "token", account)

    assert (told.exit_code, told.output) == (1, "Error: account: must be an id of 1 to 255 characters\n")


# catalog


def test_the_built_in_catalog_is_sound(runner: CliRunner) -> None:
    told = run(runner, "catalog", "check")

    assert told.exit_code == 0
    assert re.fullmatch(r"3 plans, 2 packs, \d+ rates: no problem found\n", told.output)


def test_what_is_wrong_with_a_catalog_is_told_by_line_and_key(runner: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    file.write_text(builtin_text().replace('name = "Basic"', 'name = "Basic"\ncolour = "red"'))
    line = 1 + file.read_text().splitlines().index('colour = "red"')

    told = run(runner, "catalog", "check", str(file))

    assert told.exit_code == 1
    assert f"line {line}: plans.basic.colour" in told.output


def test_the_operators_catalog_is_the_one_that_is_checked(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING_CATALOG", str(tmp_path / "nowhere.toml"))

    told = run(runner, "catalog", "check")

    assert told.exit_code == 1
    assert "nowhere.toml" in told.output


def test_a_catalog_is_shown_to_people(runner: CliRunner) -> None:
    told = run(runner, "catalog", "show")

    assert told.exit_code == 0
    assert [word for word in ("premium", "unlimited", "pack_100k", "gpt-image-2") if word not in told.output] == []


def test_a_catalog_is_shown_to_programs(runner: CliRunner) -> None:
    told = json.loads(run(runner, "catalog", "show", "--json").output)

    assert {plan["key"]: plan["allotment"] for plan in told["plans"]} == {
        "free": 10,
        "basic": 200,
        "premium": "unlimited",
    }


# db


def test_the_tables_may_be_brought_up_to_date_any_number_of_times(runner: CliRunner, tmp_path: Path) -> None:
    told = [run(runner, "db", "upgrade") for _ in range(2)]

    assert [(answer.exit_code, answer.output) for answer in told] == [(0, f"{url(tmp_path)} is up to date\n")] * 2


def test_books_in_memory_have_no_tables(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLING_DATABASE_URL", "memory://")

    assert run(runner, "db", "upgrade").exit_code == 0


# audit


async def test_sound_books_pass_the_audit(runner: CliRunner, tmp_path: Path) -> None:
    await trade(tmp_path)

    told = await in_a_thread(runner, "audit")

    assert told.exit_code == 0
    assert "no credit is lost or made" in told.output


async def test_a_row_that_was_tampered_with_fails_the_audit(runner: CliRunner, tmp_path: Path) -> None:
    await trade(tmp_path)
    tamper(
        tmp_path,
        "update accounts set snapshot = cast("
        """replace(cast(snapshot as text), '"remaining":5', '"remaining":5000') as blob) where id = 'ann'""",
    )

    told = await in_a_thread(runner, "audit", "--json")

    assert told.exit_code == 1
    wrong, total = map(json.loads, told.output.splitlines())
    assert (wrong["account_id"], wrong["problems"][0]) == ("ann", "the events do not fold to the row")
    assert wrong["breaches"][0] == {"invariant": "stream", "severity": "high", "about": {}}
    assert (total["accounts"], total["wrong"], total["found"]) == (2, 1, {"stream": 1, "columns": 1})


async def test_an_event_that_is_gone_fails_the_audit(runner: CliRunner, tmp_path: Path) -> None:
    await trade(tmp_path)
    tamper(tmp_path, "delete from events where account_id = 'bob' and number = 3")

    told = await in_a_thread(runner, "audit")

    assert told.exit_code == 1
    assert "bob: event 3 is missing [high]" in told.output
    assert "1 accounts have problems (1 stream)" in told.output


async def test_a_column_that_was_tampered_with_fails_the_audit(runner: CliRunner, tmp_path: Path) -> None:
    await trade(tmp_path)
    tamper(tmp_path, "update accounts set plan = 'premium' where id = 'ann'")

    told = await in_a_thread(runner, "audit")

    assert told.exit_code == 1
    assert "ann: column plan is 'premium', not 'free'" in told.output


async def test_an_audit_goes_on_behind_an_account(runner: CliRunner, tmp_path: Path) -> None:
    await trade(tmp_path)
    tamper(tmp_path, "update accounts set plan = 'premium' where id = 'ann'")

    told = await in_a_thread(runner, "audit", "--after", "ann", "--json")

    assert told.exit_code == 0
    assert json.loads(told.output)["accounts"] == 1


async def test_an_audit_that_is_stopped_tells_how_to_go_on(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await trade(tmp_path)

    def stop(_shown: object, _task: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "advance", stop)
    told = await in_a_thread(runner, "audit", "--json")

    assert told.exit_code == 1
    assert "to go on: billing-core audit --after ann\n" in told.output
    assert '"wrong"' not in told.output


async def test_books_without_accounts_pass_the_audit(runner: CliRunner) -> None:
    told = await in_a_thread(runner, "audit", "--json")

    assert (told.exit_code, json.loads(told.output)) == (0, {"accounts": 0, "events": 0, "wrong": 0, "found": {}})


async def test_what_is_of_low_severity_is_told_and_passes(runner: CliRunner, tmp_path: Path) -> None:
    async with Billing.open(url(tmp_path)) as billing:
        await billing.use_cases.holding("ann", 5, reason="an essay")
    (tmp_path / "clock.json").write_text(json.dumps({"offset_s": 3 * 3600}))

    told = await in_a_thread(runner, "audit")

    assert told.exit_code == 0
    assert " of 5 was over on " in told.output
    assert told.output.rstrip().endswith("1 accounts have problems (1 hold_past_deadline)")


async def test_a_stripe_that_is_simulated_elsewhere_cannot_be_asked_by_the_audit(runner: CliRunner) -> None:
    told = await in_a_thread(runner, "audit", "--gateway")

    assert told.exit_code == 1
    assert "there is no STRIPE_SECRET_KEY" in told.output


# accrue


async def test_what_is_due_is_written_once(runner: CliRunner, tmp_path: Path) -> None:
    await trade(tmp_path)
    (tmp_path / "clock.json").write_text(json.dumps({"offset_s": 40 * 24 * 3600}))

    told = [await in_a_thread(runner, "accrue", *flags) for flags in (("--dry-run",), ("--json",), ())]

    assert [answer.exit_code for answer in told] == [0, 0, 0], told
    assert told[0].output == "2 accounts, 0 of them failed: 4 events are due\n"
    assert json.loads(told[1].output) == {"accounts": 2, "events": 4, "failed": 0}
    assert told[2].output == "0 accounts, 0 of them failed: 0 events were written\n"
    assert (await in_a_thread(runner, "audit")).exit_code == 0


async def test_everyone_can_be_brought_to_now(runner: CliRunner, tmp_path: Path) -> None:
    await trade(tmp_path)

    told = await in_a_thread(runner, "accrue", "--all", "--json")

    assert json.loads(told.output) == {"accounts": 2, "events": 0, "failed": 0}


@pytest.mark.parametrize("flags", [(), ("--json",)])
async def test_an_account_that_cannot_be_brought_to_now_is_told(
    runner: CliRunner, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    await trade(tmp_path)
    tamper(tmp_path, "update accounts set schema = 99 where id = 'ann'")

    told = await in_a_thread(runner, "accrue", "--all", *flags)

    assert told.exit_code == 1
    assert told.output.splitlines() == (
        [
            '{"account_id": "ann", "events": 0, "error": "Account of schema 99 is unavailable"}',
            '{"accounts": 2, "events": 0, "failed": 1}',
        ]
        if flags
        else [
            "ann: Account of schema 99 is unavailable",
            "2 accounts, 1 of them failed: 0 events were written",
        ]
    )


async def test_new_books_have_nothing_due(runner: CliRunner) -> None:
    assert (await in_a_thread(runner, "accrue")).exit_code == 0


async def in_a_thread(runner: CliRunner, *words: str) -> Result:
    """A command has a loop of its own, which it cannot have inside another."""
    return await asyncio.to_thread(run, runner, *words)


# demo


def test_the_demo_tells_a_year_that_adds_up(runner: CliRunner, tmp_path: Path) -> None:
    told = run(runner, "demo")

    assert told.exit_code == 0, told.output
    assert "It adds up" in told.output
    assert "events fold to the account" in told.output
    assert "2026-01-31" in told.output
    assert list(tmp_path.iterdir()) == []
