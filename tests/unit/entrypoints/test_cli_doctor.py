"""What the doctor says of the books, beside whoever serves."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tests.unit.entrypoints.test_cli import in_a_thread, runner, tamper, trade

__all__ = ["runner"]
OF_BOOKS = {"events", "inbox", "queue", "accounts"}


async def findings(runner: CliRunner) -> Mapping[str, Any]:
    """Those of the books, by their checks."""
    *told, _ = map(json.loads, (await in_a_thread(runner, "doctor", "--json")).output.splitlines())
    return {finding["check"]: finding for finding in told if finding["check"] in OF_BOOKS}


async def test_before_the_first_start_there_are_no_books_to_look_at(runner: CliRunner) -> None:
    assert await findings(runner) == {}


async def test_books_in_order_are_told_as_such(runner: CliRunner, tmp_path: Path) -> None:
    await trade(tmp_path)

    told = await findings(runner)
    assert {check: finding["level"] for check, finding in told.items()} == dict.fromkeys(OF_BOOKS, "ok")
    assert told["events"]["text"] == "no webhook has come yet, and nobody is subscribed"


async def test_what_does_not_get_on_is_told_with_how_to_mend_it(runner: CliRunner, tmp_path: Path) -> None:
    await trade(tmp_path)
    job = "insert into jobs (task, args, place, not_before, attempt, created_at) values ('draw', '{}', 0, 0, 3, 0)"
    tamper(tmp_path, job)
    tamper(tmp_path, "insert into parked values ('evt_1', 'cus_1', 'invoice.paid', x'7b7d', 0)")

    told = await findings(runner)
    assert told["queue"]["text"] == "jobs that failed and are tried again: 1"
    assert told["inbox"]["text"] == "webhooks about things that nobody owns: 1"
    assert all(told[check]["mend"] for check in ("queue", "inbox"))


async def test_books_that_cannot_be_opened_are_told_once(runner: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "billing.db").write_bytes(b"no database at all" * 100)

    answer = await in_a_thread(runner, "doctor", "--json")
    *told, _ = map(json.loads, answer.output.splitlines())
    assert [finding["check"] for finding in told if finding["level"] == "error"] == ["database"]
    assert OF_BOOKS.isdisjoint({finding["check"] for finding in told})
