"""The commands that read everything at Stripe: how they are called, and how they tell what came of it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from billing_core.application.results import Outcome, Result
from billing_core.entrypoints.cli import main
from billing_core.entrypoints.cli.results import Sums, as_line, finish, told

COMMANDS = ("import-stripe", "reconcile", "check-subscriptions")
NEW = Result(kind="invoice", id="in_1", outcome=Outcome.NEW, account_id="ann", detail="not booked")
SAME = Result(kind="invoice", id="in_2", outcome=Outcome.UNCHANGED, account_id="ann")
GONE = Result(kind="subscription", id="sub_1", outcome=Outcome.GONE)


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.delenv("STRIPE_SECRET_KEY", raising=False)
    monkeypatch.setenv("BILLING_DATABASE_URL", f"sqlite:///{tmp_path}/billing.db")
    return CliRunner()


async def some(*results: Result) -> AsyncIterator[Result]:
    for result in results:
        yield result


async def sums_of(*results: Result, as_json: bool = False) -> Sums:
    telling = frozenset({Outcome.NEW, Outcome.GONE})
    return await told(some(*results), doing="looking", as_json=as_json, telling=telling)


@pytest.mark.parametrize("command", COMMANDS)
def test_there_is_nothing_to_be_in_step_with_where_stripe_is_simulated(runner: CliRunner, command: str) -> None:
    answer = runner.invoke(main, [command])

    assert 1 == answer.exit_code
    assert answer.output.startswith("Error: there is no STRIPE_SECRET_KEY")


@pytest.mark.parametrize(
    "words", [("import-stripe", "--account-from", "name"), ("reconcile", "--since", "yesterday")], ids=["from", "since"]
)
def test_what_cannot_be_meant_is_told(runner: CliRunner, words: tuple[str, ...]) -> None:
    answer = runner.invoke(main, words)

    assert 2 == answer.exit_code
    assert words[1] in answer.output


async def test_what_is_news_is_told_to_people_and_all_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    sums = await sums_of(NEW, SAME, GONE)

    said = capsys.readouterr().err
    assert ["ann: invoice in_1 new (not booked)", "subscription sub_1 gone"] == said.splitlines()
    assert {"invoice": {"new": 1, "unchanged": 1}, "subscription": {"gone": 1}} == sums.by_kind


async def test_a_program_reads_a_line_for_each_and_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    sums = await sums_of(NEW, SAME, as_json=True)
    finish(sums, dry_run=False, as_json=True)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [
        {"kind": "invoice", "id": "in_1", "outcome": "new", "account": "ann", "detail": "not booked"},
        {"counts": {"invoice": {"new": 1, "unchanged": 1}}, "troubles": 0, "dry_run": False},
    ] == lines


async def test_what_needs_a_person_makes_the_command_fail() -> None:
    sums = await sums_of(GONE)

    with pytest.raises(SystemExit) as failed:
        finish(sums, dry_run=False, as_json=False)

    assert 1 == failed.value.code


async def test_a_dry_run_says_that_nothing_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    finish(await sums_of(NEW), dry_run=True, as_json=False)

    assert capsys.readouterr().out.endswith("nothing was written: this was a dry run\n")


def test_an_outcome_is_told_in_words() -> None:
    assert "customer cus_1 no account" == as_line(Result(kind="customer", id="cus_1", outcome=Outcome.NO_ACCOUNT))
