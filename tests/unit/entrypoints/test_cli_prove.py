"""The command that tries orders: how it is called, and how it tells what came of it."""

import asyncio
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from billing_core.adapters.catalog_file import builtin_text
from billing_core.domain import news
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog
from billing_core.domain.events import Event
from billing_core.domain.payments import Payment
from billing_core.entrypoints.cli import main
from billing_core.testing.orders import Lives
from billing_core.testing.orders.keeping import recorded
from tests.unit.testing.test_orders import BUILT_IN, SINCE

OF_PAYMENT = news.of_payment


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.delenv("STRIPE_SECRET_KEY", raising=False)
    monkeypatch.delenv("BILLING_CATALOG", raising=False)
    monkeypatch.setenv("BILLING_DATABASE_URL", f"sqlite:///{tmp_path}/billing.db")
    return CliRunner()


@pytest.fixture
def history(tmp_path: Path) -> Path:
    async def lived() -> None:
        lives = Lives(BUILT_IN, Random(4))
        await lives.live(events=25, days=60)
        await lives.product.memory.catalogs.keep(builtin_text(), now=SINCE)
        (await recorded(lives.product.use)).save(path)

    path = tmp_path / "history.jsonl"
    asyncio.run(lived())
    return path


def test_orders_of_random_lives_are_tried_and_counted(runner: CliRunner) -> None:
    answer = runner.invoke(main, ["prove", "--orders", "10", "--seed", "7"])

    assert 0 == answer.exit_code
    assert answer.output.startswith("seed 7: every order ended the same\n10 orders (")


def test_a_program_gets_one_document(runner: CliRunner) -> None:
    told = json.loads(runner.invoke(main, ["prove", "--orders", "5", "--json"]).stdout)

    assert (5, True, None) == (told["orders"], told["holds"], told["counterexample"])
    assert isinstance(told["seed"], int)


def test_a_recorded_history_is_told(runner: CliRunner, history: Path) -> None:
    answer = runner.invoke(main, ["prove", "--history", str(history), "--orders", "5", "--seed", "1"])

    assert 0 == answer.exit_code
    assert "1 histories with" in answer.output


def test_lives_are_lived_on_the_catalog_that_is_named(runner: CliRunner, tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(builtin_text().replace("credits_per_month = 200", "credits_per_month = 300"))

    answer = runner.invoke(main, ["prove", "--catalog", str(catalog), "--orders", "5", "--seed", "1"])

    assert 0 == answer.exit_code


def test_what_is_no_recording_is_told_in_a_line(runner: CliRunner, tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("{}")

    answer = runner.invoke(main, ["prove", "--history", str(path)])

    assert 1 == answer.exit_code
    assert f"Error: {path} is no recording of format 1\n" == answer.output


def test_there_is_nothing_to_record_where_stripe_is_simulated(runner: CliRunner, tmp_path: Path) -> None:
    answer = runner.invoke(main, ["prove", "--record", str(tmp_path / "history.jsonl")])

    assert 1 == answer.exit_code
    assert answer.output.startswith("Error: there is no STRIPE_SECRET_KEY")


def test_what_ends_otherwise_is_shown_and_fails(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_newer(account: Account, payment: Payment, now: datetime, catalog: Catalog) -> Iterable[Event]:
        stale = any(payment.paid_at < known.paid_at for known in account.payments)
        return () if stale else OF_PAYMENT(account, payment, now, catalog)

    monkeypatch.setattr(news, "of_payment", only_newer)

    answer = runner.invoke(main, ["prove", "--orders", "2000", "--seed", "8"])

    assert 1 == answer.exit_code
    assert answer.output.startswith("seed 8: an order ended otherwise\n")
    assert "2 webhooks, told at" in answer.output
    assert "    otherwise  " in answer.output
