"""The server is killed at random moments under load, and nothing that anybody was told is lost or doubled."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from billing_core.adapters.books.columns import columns_of
from billing_core.adapters.system import SystemClock
from billing_core.entrypoints.parts.books import open_books
from billing_core.entrypoints.settings import Settings
from tests.crash.campaign import Campaign, Plan
from tests.crash.findings import findings
from tests.crash.ledger import Ledger
from tests.crash.server import Place
from tests.local_postgres import LocalPostgres, free_port

SHORT = Plan(kills=6, callers=8, customers=4, seed=1, crashes_every=3)
LONG = Plan(kills=100, callers=16, customers=20, seed=2, longest_s=1.5, crashes_every=10)
PLANS = pytest.mark.parametrize("plan", [SHORT, pytest.param(LONG, marks=pytest.mark.long)], ids=["short", "long"])


async def prove(plan: Plan, url: str, folder: Path, postgres: LocalPostgres | None = None) -> None:
    """Kills as planned, lets every deadline pass, audits, and compares the books with what the callers were told."""
    settings = Settings(
        database_url=url,
        port=free_port(),
        jwt_secret="the-secret-of-the-crashes-" * 3,
        webhook_secrets=("whsec_crash",),
    )
    place, ledger = Place(settings, folder), Ledger()
    await Campaign(plan, place, ledger, postgres).run()
    accrued, audited = await place.run("accrue"), await place.run("audit")
    async with open_books(settings, columns_of, SystemClock()) as books:
        found = await findings(ledger, books, datetime.now(UTC) + timedelta(days=1))
    click.echo(f"{plan.kills} kills, {dict(ledger.counts)}\naccrue: {accrued.strip()}\naudit: {audited.strip()}")
    assert found == [], f"seed {plan.seed}, {len(found)} findings, such as\n" + "\n".join(found[:20])


@pytest.mark.failure("D7")
@PLANS
async def test_kills_on_sqlite(plan: Plan, tmp_path: Path) -> None:
    await prove(plan, f"sqlite:///{tmp_path}/books.sqlite", tmp_path)


@pytest.mark.failure("D7", "D8")
@PLANS
@pytest.mark.postgres
async def test_kills_and_crashes_on_postgresql(
    plan: Plan, postgres: LocalPostgres, postgres_url: str, tmp_path: Path
) -> None:
    """The database is crashed too, under the server, which says so and gets on by itself."""
    await prove(plan, postgres_url, tmp_path, postgres)
