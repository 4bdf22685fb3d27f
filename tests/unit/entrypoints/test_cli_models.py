"""What the doctor says of those who make the pictures, over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import frozen
from click.testing import CliRunner

from billing_core.entrypoints.cli import main
from tests.provider.server import ImageServer

KEY = "sk-of-the-operator"
CATALOG = """
[plans.free]
name = "Free"
rank = 0
credits_per_month = 10
features = ["10 pictures a month"]
models = ["sketch", "photo"]
sizes = ["512x512"]
qualities = ["low"]
default_model = "sketch"
default_size = "512x512"
default_quality = "low"

[models.sketch]
provider = "openai"
name = "gpt-image-2"

[models.photo]
provider = "together"
name = "black-forest-labs/FLUX.1-dev"

[rates.sketch]
low = { 512x512 = 1 }

[rates.photo]
low = { 512x512 = 2 }
"""
IN_A_YEAR = datetime.now(UTC) + timedelta(days=365)
IN_A_WEEK = datetime.now(UTC) + timedelta(days=7)
GPT, FLUX = "gpt-image-2", "black-forest-labs/FLUX.1-dev"


@frozen
class Finding:
    """A line that the doctor printed."""

    level: str
    text: str
    mend: str


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop with two models, at two providers, and no key yet."""
    (tmp_path / "catalog.toml").write_text(CATALOG)
    monkeypatch.setenv("BILLING_CATALOG", str(tmp_path / "catalog.toml"))
    monkeypatch.setenv("BILLING_DATABASE_URL", f"sqlite:///{tmp_path}/billing.db")
    monkeypatch.setenv("BILLING_JWT_SECRET", "x" * 32)
    return tmp_path


@pytest.fixture
async def provider(place: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ImageServer]:
    """Who makes both, at an address of its own."""
    server = ImageServer(models={GPT: None, FLUX: None}, key=KEY)
    async with server.on_loopback() as base:
        monkeypatch.setenv("OPENAI_BASE_URL", base)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield server


async def findings_of(check: str) -> list[Finding]:
    result = await asyncio.to_thread(CliRunner().invoke, main, ["doctor", "--json"])
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert KEY not in result.output
    told = [json.loads(line) for line in result.output.splitlines()]
    return [Finding(each["level"], each["text"], each["mend"]) for each in told if each.get("check") == check]


async def test_without_a_key_pictures_are_drawn_and_said_to_be(place: Path) -> None:
    (drawn,) = await findings_of("models")

    assert ("warning", "pictures are drawn placeholders") == (drawn.level, drawn.text)
    assert "docs/images.md" in drawn.mend


async def test_with_a_live_key_drawn_pictures_are_an_error(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "rk_live_of_the_operator")
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_of_the_operator_of_this_shop")
    monkeypatch.setenv("BILLING_JWT_SECRET", "0123456789abcdef" * 2)

    (drawn,) = await findings_of("models")

    assert "error" == drawn.level
    assert "do not start with a live key" in drawn.text


async def test_models_that_a_provider_knows_are_well(provider: ImageServer) -> None:
    assert [
        Finding("ok", f"sketch is made by openai ({GPT})", ""),
        Finding("ok", f"photo is made by together ({FLUX})", ""),
    ] == (await findings_of("models"))


async def test_a_model_that_is_not_known_is_an_error(provider: ImageServer) -> None:
    del provider.models[GPT]

    sketch, photo = await findings_of("models")

    assert ("error", "ok") == (sketch.level, photo.level)
    assert "does not know it" in sketch.text
    assert "another `name` in the catalog" in sketch.mend


async def test_the_end_of_a_model_is_told(provider: ImageServer) -> None:
    provider.models.update({GPT: f"{IN_A_YEAR:%Y-%m-%d}", FLUX: f"{IN_A_WEEK:%Y-%m-%d}"})

    sketch, photo = await findings_of("models")

    assert ("ok", "warning") == (sketch.level, photo.level)
    assert f"until {IN_A_YEAR:%d %B %Y}" in sketch.text
    assert f"from {IN_A_WEEK:%d %B %Y} on" in photo.text


async def test_a_key_that_is_refused_is_an_error(provider: ImageServer) -> None:
    provider.key = "another"

    assert ["error", "error"] == [finding.level for finding in await findings_of("models")]
    assert all("refuses its key" in finding.text for finding in await findings_of("models"))


async def test_a_provider_that_is_away_is_an_error(provider: ImageServer) -> None:
    provider.models_as = "error_503"

    assert all("nobody answers" in finding.text for finding in await findings_of("models"))


async def test_a_provider_that_is_not_set_up_is_an_error_beside_one_that_is(
    provider: ImageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOGETHER_API_KEY", KEY)
    monkeypatch.setenv("TOGETHER_BASE_URL", provider.base)
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")

    sketch, photo = await findings_of("models")

    assert ("error", "ok") == (sketch.level, photo.level)
    assert ("openai is not set up" in sketch.text, "set the key of openai" in sketch.mend) == (True, True)


async def test_a_key_that_goes_far_unencrypted_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A multicast address takes no connection, and nothing leaves this machine."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://224.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    (told, *_) = await findings_of("models")

    assert ("warning", "the key for 224.0.0.1:9 goes there unencrypted") == (told.level, told.text)


async def test_an_image_store_that_cannot_be_written_is_an_error(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "in-the-way").write_text("a file")
    monkeypatch.setenv("BILLING_IMAGE_STORE", str(place / "in-the-way" / "pictures"))

    (broken,) = await findings_of("images")

    assert "error" == broken.level


async def test_an_image_store_is_left_as_it_was(place: Path) -> None:
    (kept,) = await findings_of("images")

    assert ("ok", "the image store can be written, read, listed and deleted from") == (kept.level, kept.text)
    assert [] == [path for path in (place / "images").rglob("*") if path.is_file()]
