"""`billing-core incidents`."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from billing_core.domain.incidents import IncidentKind
from billing_core.entrypoints.beside import resolving_of
from billing_core.entrypoints.settings import from_environment, with_secrets
from billing_core.ports.incidents import Incident
from billing_core.testing.builders import NEW_YEAR
from tests.unit.entrypoints.test_cli import run, runner, trade

__all__ = ["runner"]

ORPHAN = Incident(
    key="orphan-payment:evt_1",
    account_id=None,
    kind=IncidentKind.ORPHAN_PAYMENT,
    detail="a paid checkout of cus_1 belongs to no account",
    at=NEW_YEAR,
    about={"event": "evt_1", "customer": "cus_1"},
)


@pytest.fixture
def orphaned(runner: CliRunner, tmp_path: Path) -> Path:
    async def report() -> None:
        await trade(tmp_path)
        async with resolving_of(with_secrets(from_environment())) as resolving:
            await resolving.incidents.report(ORPHAN)

    asyncio.run(report())
    return tmp_path


def listed(runner: CliRunner, *more: str) -> list[dict[str, Any]]:
    told = run(runner, "incidents", "list", "--json", *more)
    assert told.exit_code == 0, told.output
    return [json.loads(line) for line in told.output.splitlines()]


def test_what_is_open_is_listed_for_people_and_programs(runner: CliRunner, orphaned: Path) -> None:
    assert "inc_" in run(runner, "incidents", "list").output

    (shown,) = listed(runner, "--kind", "orphan_payment")
    assert (ORPHAN.id, "open", ["assign", "dismiss"]) == (shown["id"], shown["status"], shown["actions"])
    assert [] == listed(runner, "--account", "bob")


def test_one_is_told_with_what_you_may_do(runner: CliRunner, orphaned: Path) -> None:
    told = run(runner, "incidents", "show", ORPHAN.id).output

    assert "A payment belongs to nobody (orphan_payment, high, open)" in told
    assert "Account: none; event evt_1, customer cus_1" in told
    assert "Actions: assign, dismiss" in told
    assert "Error: no incident inc_0\n" == run(runner, "incidents", "show", "inc_0").output


def test_it_is_assigned_twice_and_who_and_why_are_told(runner: CliRunner, orphaned: Path) -> None:
    words = ("incidents", "resolve", ORPHAN.id, "assign", "--account", "ann", "--note", "she wrote", "--by", "olga")
    for _ in range(2):
        told = run(runner, *words)
        assert told.exit_code == 0, told.output
        assert "Resolved by olga" in told.output
        assert "(assign): she wrote" in told.output

    assert ([], ["resolved"]) == (listed(runner), [shown["status"] for shown in listed(runner, "--status", "all")])


def test_what_cannot_be_done_here_is_refused_and_leaves_it_open(runner: CliRunner, orphaned: Path) -> None:
    unknown = run(runner, "incidents", "resolve", ORPHAN.id, "assign", "--account", "annn", "--note", "x")
    assert (1, "Error: no account annn\n") == (unknown.exit_code, unknown.output)
    elsewhere = run(runner, "incidents", "resolve", ORPHAN.id, "fetch_again", "--note", "x")
    assert (1, True) == (elsewhere.exit_code, "simulated Stripe lives in the server" in elsewhere.output)

    assert ["open"] == [shown["status"] for shown in listed(runner)]
