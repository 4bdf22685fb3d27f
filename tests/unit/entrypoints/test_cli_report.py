"""`billing-core report`."""

import asyncio
import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.unit.entrypoints.test_cli import run, runner, trade

__all__ = ["runner"]


@pytest.fixture
def traded(tmp_path: Path) -> Path:
    asyncio.run(trade(tmp_path))
    return tmp_path


def test_everything_at_a_glance_is_told_in_lines(runner: CliRunner, traded: Path) -> None:
    told = run(runner, "report")

    assert told.exit_code == 0
    assert told.output.splitlines()[0] == "2 accounts, 2 of them new in the last 30 days"
    assert "22 credits are outstanding, 0 are owed" in told.output
    assert "0 open incidents: 0 high, 0 medium, 0 low" in told.output


def test_everything_at_a_glance_is_told_to_programs_too(runner: CliRunner, traded: Path) -> None:
    told = json.loads(run(runner, "report", "--json").output)

    assert (told["accounts"], told["credits_outstanding"], told["credits_spent"], told["left_out"]) == (2, 22, 3, 0)


def test_a_report_is_told_as_a_table_as_csv_and_as_json(runner: CliRunner, traded: Path) -> None:
    as_json = json.loads(run(runner, "report", "credits", "--json").output)
    names, *rows = list(csv.reader(io.StringIO(run(runner, "report", "credits", "--csv").output)))
    table = run(runner, "report", "credits").output

    assert names == as_json["columns"]
    assert [dict(zip(names, row, strict=True))["outstanding"] for row in rows][-1] == "22"
    assert (len(rows), as_json["data"][-1]["spent"]) == (30, 3)
    assert "outstanding" in table
    assert "revoked" not in table  # there is none
    plans = run(runner, "report", "plans").output.split()
    assert plans == ["tier", "status", "accounts", "free", "none", "2"]


def test_the_days_are_those_that_are_asked_for(runner: CliRunner, traded: Path) -> None:
    told = json.loads(run(runner, "report", "credits", "--from", "2020-01-01", "--to", "2020-01-02", "--json").output)

    assert [row["day"] for row in told["data"]] == ["2020-01-01", "2020-01-02"]
    assert run(runner, "report", "credits", "--from", "2999-01-01").output.startswith("Error: from: must not be")


@pytest.mark.parametrize(
    "args",
    [["--csv"], ["--from", "2026-01-01"], ["mrr", "--to", "2026-01-01"], ["mrr", "--csv", "--json"], ["money"]],
    ids=" ".join,
)
def test_what_makes_no_sense_is_a_mistake_of_usage(runner: CliRunner, args: list[str]) -> None:
    assert run(runner, "report", *args).exit_code == 2
