"""The catalogs of the seeds are sound, and what they sell can be made at Stripe."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from billing_core.entrypoints.cli import main
from tests.journeys.walk import CATALOGS

FILES = sorted(CATALOGS.glob("*.toml"))


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """An operator who has no key of Stripe's, so that it is simulated."""
    for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_CURRENCY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("BILLING_DATABASE_URL", f"sqlite:///{tmp_path}/billing.db")
    return CliRunner()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_catalog_is_sound(runner: CliRunner, file: Path) -> None:
    told = runner.invoke(main, ["catalog", "check", str(file)])

    assert (0, True) == (told.exit_code, told.output.endswith("no problem found\n")), told.output


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_a_catalog_sells_can_be_made_at_stripe(
    runner: CliRunner, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING_CATALOG", str(file))
    told = runner.invoke(main, ["sync-products"])

    assert 0 == told.exit_code, told.output
    assert "Stripe is simulated: nothing is kept" in told.output
