"""`billing-core grant`, `suspend` and `reinstate`: what operators do from a shell, with who and why."""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.unit.entrypoints.test_cli import run, runner, trade

__all__ = ["runner"]

WHY = ("--reason", "a scraper", "--by", "olga")


@pytest.fixture
def traded(tmp_path: Path) -> Path:
    asyncio.run(trade(tmp_path))
    return tmp_path


def acts(folder: Path) -> list[Any]:
    """What operators did to ann, behind the product's back."""
    database = sqlite3.connect(folder / "billing.db")
    rows = database.execute(
        "SELECT payload FROM events WHERE account_id = 'ann' AND type = 'OperatorActed' ORDER BY number"
    ).fetchall()
    database.close()
    told = [json.loads(payload) for (payload,) in rows]
    return [(each["act"], each["by"], each["code"], each["note"]) for each in told]


def test_credits_are_given_and_taken(runner: CliRunner, traded: Path) -> None:
    given = run(runner, "grant", "ann", "20", "--reason", "sorry", "--code", "goodwill", "--by", "olga")
    taken = run(runner, "grant", "ann", "-30", "--reason", "a mistake", "--by", "olga")
    all_of_it = run(runner, "grant", "ann", "-30", "--reason", "a mistake", "--by", "olga")

    assert ["20 given, 35 are available.\n", "30 taken, 5 are available.\n", "5 taken, 0 are available.\n"] == [
        given.output,
        taken.output,
        all_of_it.output,
    ]
    assert [
        ("adjusted", "program", "other", "a present"),
        ("adjusted", "olga", "goodwill", "sorry"),
        ("adjusted", "olga", "other", "a mistake"),
        ("adjusted", "olga", "other", "a mistake"),
    ] == acts(traded)


def test_credits_may_end(runner: CliRunner, traded: Path) -> None:
    over = run(runner, "grant", "ann", "20", "--reason", "sorry", "--expires", "2020-01-01")
    assert (1, True) == (over.exit_code, "must lie ahead" in over.output)

    assert 0 == run(runner, "grant", "ann", "20", "--reason", "sorry", "--expires", "2100-01-01").exit_code
    assert "to use by 1 Jan 2100" in run(runner, "explain", "ann").output


def test_an_account_is_suspended_and_reinstated(runner: CliRunner, traded: Path) -> None:
    told = [
        run(runner, "suspend", "ann", *WHY, "--code", "terms").output,
        run(runner, "reinstate", "ann", *WHY, "--suspension", "dispute:du_1").output,
        run(runner, "reinstate", "ann", *WHY).output,
        run(runner, "reinstate", "ann", *WHY).output,
    ]

    assert [
        "ann is suspended for operator.\n",
        "Error: suspension: is none of operator\n",
        "ann is not suspended.\n",
        "ann is not suspended.\n",
    ] == told
    assert [("suspended", "olga", "terms", "a scraper"), ("reinstated", "olga", "other", "a scraper")] == acts(traded)[
        1:
    ]


def test_suspended_twice_is_suspended_once(runner: CliRunner, traded: Path) -> None:
    run(runner, "suspend", "ann", *WHY)

    again = run(runner, "suspend", "ann", *WHY)

    assert ("ann is suspended for operator.\n", 2) == (again.output, len(acts(traded)))


@pytest.mark.parametrize("command", ["suspend", "reinstate"])
def test_who_is_not_known_is_told_so(runner: CliRunner, traded: Path, command: str) -> None:
    told = run(runner, command, "annn", *WHY)

    assert (1, "Error: no account annn\n") == (told.exit_code, told.output)


@pytest.mark.parametrize("words", [("grant", "ann", "5"), ("suspend", "ann"), ("reinstate", "ann")])
def test_nobody_does_it_without_saying_why(runner: CliRunner, traded: Path, words: tuple[str, ...]) -> None:
    assert 2 == run(runner, *words).exit_code
    assert 1 == run(runner, *words, "--reason", " ").exit_code
    assert 1 == len(acts(traded))


@pytest.mark.parametrize(
    "words",
    [
        ("grant", "ann", "20", *WHY),
        ("suspend", "ann", *WHY),
        ("explain", "ann"),
        ("audit",),
        ("accrue",),
        ("report",),
        ("incidents", "list"),
        ("webhooks", "list"),
    ],
)
def test_nothing_is_done_to_books_in_the_memory_of_another_process(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("BILLING_DATABASE_URL", "memory://")

    told = run(runner, *words)

    assert told.exit_code == 1
    assert told.output.startswith("Error: books in memory are their own process's")


@pytest.mark.parametrize("nobody", ["@nobody", "", "x" * 256])
@pytest.mark.parametrize("act", ["grant", "suspend", "reinstate"])
def test_what_is_no_customers_id_is_refused(runner: CliRunner, traded: Path, act: str, nobody: str) -> None:
    amount = ("20",) if act == "grant" else ()

    told = run(runner, act, nobody, *amount, *WHY)

    assert (2, True) == (told.exit_code, "is no id" in told.output)
    assert [("adjusted", "program", "other", "a present")] == acts(traded)
