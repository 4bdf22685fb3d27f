"""Providers drop, garble, refuse and delay, and what is paid for is what is in the store, to the image."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import psycopg
import pytest

from billing_core.adapters.system import FixedClock
from billing_core.entrypoints.image_settings import ImageSettings
from billing_core.entrypoints.settings import Settings
from tests.pictures.chaos import CATALOG, WEIGHTS, Campaign, Plan, a_campaign, findings, report

SHORT, LONG = Plan(generations=120, seed=1), Plan(generations=1_000, seed=2)
PLANS = pytest.mark.parametrize("plan", [SHORT, pytest.param(LONG, marks=pytest.mark.long)], ids=["short", "long"])
LONGER_THAN_ANY_REST = timedelta(hours=2)


def settings_of(url: str, folder: Path) -> Settings:
    return Settings(
        database_url=url,
        catalog=str(CATALOG),
        jwt_secret="the secret of the pictures" * 2,
        webhook_secrets=("whsec_of_the_pictures",),
        image_store=str(folder),
        images=ImageSettings(concurrency=16),
    )


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Of what failed on purpose nobody needs a trace."""
    caplog.set_level(logging.CRITICAL, logger="billing_core")


async def prove(campaign: Campaign) -> None:
    await campaign.run()

    click.echo(await report(campaign))
    assert await findings(campaign) == []
    assert any(campaign.files())
    if campaign.plan is LONG:
        assert set(WEIGHTS) == set(campaign.server.made)


@PLANS
async def test_what_was_captured_is_what_is_stored_on_sqlite(plan: Plan, tmp_path: Path) -> None:
    settings, clock = (
        settings_of(f"sqlite:///{tmp_path}/books.db", tmp_path / "pictures"),
        FixedClock(datetime.now(UTC)),
    )

    async def rests_over() -> None:
        clock.advance(LONGER_THAN_ANY_REST)

    async with a_campaign(plan, settings, tmp_path / "pictures", clock=clock, rests_over=rests_over) as campaign:
        await prove(campaign)


@PLANS
@pytest.mark.postgres
async def test_what_was_captured_is_what_is_stored_on_postgresql(plan: Plan, postgres_url: str, tmp_path: Path) -> None:
    settings = settings_of(postgres_url, tmp_path / "pictures")

    async def rests_over() -> None:
        async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as connection:
            await connection.execute("update procrastinate_jobs set scheduled_at = null where status = 'todo'")

    async with a_campaign(plan, settings, tmp_path / "pictures", rests_over=rests_over) as campaign:
        await prove(campaign)
