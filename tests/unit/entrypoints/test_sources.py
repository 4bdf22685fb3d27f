"""Where settings are read from, and which goes before which."""

import sys
from pathlib import Path

import pytest

from billing_core.entrypoints import sources
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.settings import from_environment
from billing_core.entrypoints.sources import everything_told

ROOT = Path(__file__).parents[3]


@pytest.fixture
def dotenv(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_a_file_says_what_the_environment_does_not(dotenv: Path) -> None:
    dotenv.write_text("# of this shop\nPORT=8080\nHOST='0.0.0.0'\nexport STRIPE_CURRENCY=eur\nNOTHING\n")

    told = everything_told({"PORT": "80", "HOST": ""}, dotenv)

    assert {"PORT": "80", "HOST": "0.0.0.0", "STRIPE_CURRENCY": "eur"} == dict(told)


def test_a_password_with_a_dollar_stays_what_it_is(dotenv: Path) -> None:
    dotenv.write_text('BILLING_SMTP_URL="smtps://me:pa${HOME}ss@mail.example"\n')

    assert "smtps://me:pa${HOME}ss@mail.example" == everything_told({"HOME": "x"}, dotenv)["BILLING_SMTP_URL"]


def test_without_a_file_there_is_the_environment(dotenv: Path) -> None:
    assert {"PORT": "80"} == dict(everything_told({"PORT": "80"}, dotenv))


def test_a_file_that_cannot_be_read_is_refused(dotenv: Path) -> None:
    dotenv.write_bytes(b"PORT=\xff\n")

    with pytest.raises(SettingsError, match=r"\.env cannot be read: UnicodeDecodeError"):
        everything_told({}, dotenv)


def test_the_settings_of_a_process_are_read_from_all_of_them(dotenv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dotenv.write_text("PORT=8081\n")
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.chdir(dotenv.parent)

    assert 8081 == from_environment().port


def test_a_vault_without_its_packages_says_what_to_install(dotenv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "billing_core.entrypoints.key_vault", None)

    with pytest.raises(SettingsError, match=r'pip install "billing-core\[azure\]"'):
        everything_told({sources.VAULT: "https://shop.vault.azure.net"}, dotenv)


def test_the_documents_tell_of_each_source() -> None:
    told = (ROOT / "docs" / "secrets.md").read_text()

    assert [] == [word for word in (sources.VAULT, str(sources.DOTENV)) if f"`{word}`" not in told]
