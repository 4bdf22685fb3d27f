"""Workers are killed while they make pictures, and each generation still ends once, with what it cost."""

from pathlib import Path

import click
import pytest

from billing_core.adapters.books.columns import columns_of
from billing_core.adapters.system import SystemClock
from billing_core.entrypoints.parts.books import open_books
from billing_core.entrypoints.settings import Settings
from tests.local_postgres import free_port
from tests.studio.campaign import Campaign, Plan
from tests.studio.findings import Findings
from tests.studio.workers import CATALOG, Studio

SHORT = Plan(kills=3, seed=1, under_way=5)
LONG = Plan(kills=50, seed=2)


@pytest.mark.parametrize("plan", [SHORT, pytest.param(LONG, marks=pytest.mark.long)], ids=["short", "long"])
@pytest.mark.postgres
async def test_kills_of_workers_with_pictures_in_hand(
    plan: Plan, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(
        database_url=postgres_url,
        port=free_port(),
        catalog=str(CATALOG),
        jwt_secret="the-secret-of-the-pictures-" * 3,
        webhook_secrets=("whsec_pictures",),
        image_store=str(tmp_path / "images"),
    )
    campaign = Campaign(plan, Studio(settings, tmp_path))
    await campaign.run()
    audited = await campaign.studio.run("audit")
    async with open_books(settings, columns_of, SystemClock()) as books:
        found = Findings(books, tmp_path / "images")
        await found.look(plan.accounts)
    click.echo(f"{dict(campaign.counts)}, {dict(found.counts)}\naudit: {audited.strip()}")
    assert found.wrong == [], f"seed {plan.seed}, {len(found.wrong)} findings, such as\n" + "\n".join(found.wrong[:20])
    assert found.counts["succeeded"] + found.counts["failed"] == campaign.counts["asked"]
    assert found.counts["attempts"] > campaign.counts["asked"]
