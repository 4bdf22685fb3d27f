"""`billing-core explain`."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from billing_core.facade import Billing
from tests.unit.entrypoints.test_cli import run, runner, trade

__all__ = ["runner"]


@pytest.fixture
def traded(tmp_path: Path) -> Path:
    asyncio.run(trade(tmp_path))
    return tmp_path


def test_a_balance_is_told_in_sentences(runner: CliRunner, traded: Path) -> None:
    told = run(runner, "explain", "ann")

    assert told.exit_code == 0
    assert told.output.splitlines()[0] == "15 can be spent now, and 0 more are set aside."
    assert "an operator (a present): 5 left." in told.output


def test_it_is_told_to_programs_too(runner: CliRunner, traded: Path) -> None:
    told = json.loads(run(runner, "explain", "bob", "--json").output)

    assert (told["available"], [grant["captured"] for grant in told["grants"]]) == (7, [3])


def test_one_credit_and_one_piece_of_work_are_told(runner: CliRunner, traded: Path) -> None:
    [grant] = json.loads(run(runner, "explain", "bob", "--json").output)["grants"]

    credit = run(runner, "explain", "bob", "--credit", grant["id"])
    assert "3 spent (hold_" in credit.output
    hold = credit.output.rpartition("(")[2].split(")")[0]
    assert "for an essay" in run(runner, "explain", "bob", "--generation", hold).output


def test_the_balance_of_a_day_before_the_account_is_what_opening_it_would_give(runner: CliRunner, traded: Path) -> None:
    told = run(runner, "explain", "ann", "--at", "2020-01-01")

    assert told.output.startswith("10 can be spent now")


def test_what_is_not_there_and_too_many_questions_are_refused(runner: CliRunner, traded: Path) -> None:
    assert run(runner, "explain", "ann", "--generation", "gen_x").output == "Error: no hold gen_x\n"
    assert run(runner, "explain", "ann", "--generation", "x", "--credit", "y").exit_code == 2


def test_a_denial_is_told_check_by_check(runner: CliRunner, traded: Path) -> None:
    told = run(runner, "explain", "bob", "--denied", "--n", "50")
    assert told.output.splitlines()[0] == "It is refused: the plan does not include images_per_request."
    assert "suspension: passes, the account is not suspended." in told.output

    then = json.loads(run(runner, "explain", "bob", "--denied", "--at", "2020-01-01", "--json").output)
    assert (then["accepted"], then["tier"], then["checks"][0]["passes"]) == (True, "free", True)


def test_what_was_asked_for_belongs_to_a_denial(runner: CliRunner, traded: Path) -> None:
    assert run(runner, "explain", "ann", "--model", "flux").exit_code == 2
    assert run(runner, "explain", "ann", "--denied", "--credit", "y").exit_code == 2


async def test_who_embeds_the_product_is_told_too() -> None:
    async with Billing.open() as billing:
        await billing.grant("ann", 5, reason="a present")
        told = await billing.explain("ann")

    assert told.held.account.book.available == 15
    assert told.sentences[0] == "15 can be spent now, and 0 more are set aside."
