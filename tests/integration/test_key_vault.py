"""Secrets from an Azure Key Vault, by Azure's own client, over TLS, from one on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.pipeline.policies import RetryPolicy

from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.settings import from_environment
from billing_core.entrypoints.sources import everything_told
from billing_core.entrypoints.stripe_settings import Mode
from tests.mail_server import certified
from tests.shops.vault import IDENTITY_HEADER, Vault, vault

HELD = {
    "stripe_secret_key": "sk_test_vault",
    "stripe_webhook_secret": "whsec_vault",
    "stripe_price_id_basic": "price_vault",
    "billing_jwt_secret": "j" * 32,
    "deepinfra_api_key": "deep-vault",
    "path": "/of/another/program",
}


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    """One whose certificate is trusted, on a machine that Azure knows."""
    context, trusted = certified(tmp_path)
    with vault(context, **HELD) as told:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
        monkeypatch.setenv("IDENTITY_ENDPOINT", told.identity_url)
        monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)
        yield told


def told_beside(held: Vault, **more: str) -> dict[str, str]:
    return dict(everything_told({"AZURE_KEY_VAULT_URL": held.url, **more}, Path("nowhere.env")))


def test_settings_are_read_from_a_key_vault(held: Vault) -> None:
    settings = from_environment(told_beside(held))

    assert (Mode.TEST, "sk_test_vault") == (settings.mode, settings.stripe.secret_key)
    assert ("whsec_vault",) == settings.webhook_secrets
    assert {"basic": "price_vault"} == settings.stripe.price_ids
    assert "j" * 32 == settings.jwt_secret
    assert ["deepinfra"] == list(settings.images.providers)


def test_what_may_be_another_programs_is_not_read(held: Vault) -> None:
    assert "PATH" not in told_beside(held)
    assert "path" not in held.read
    assert len(HELD) - 1 == len(held.read)


def test_a_secret_that_was_switched_off_is_not_there(held: Vault) -> None:
    held.disabled = frozenset({"stripe-secret-key"})

    assert "STRIPE_SECRET_KEY" not in told_beside(held)


def test_the_environment_goes_before_the_vault_unless_it_says_nothing(held: Vault) -> None:
    told = told_beside(held, STRIPE_SECRET_KEY="sk_test_environment", STRIPE_WEBHOOK_SECRET="")

    assert ("sk_test_environment", "whsec_vault") == (told["STRIPE_SECRET_KEY"], told["STRIPE_WEBHOOK_SECRET"])


@pytest.mark.failure("F14")
def test_a_vault_that_does_not_know_us_is_told_of_by_name_alone(held: Vault) -> None:
    held.token = "another"

    with pytest.raises(SettingsError, match=r"AZURE_KEY_VAULT_URL was not read: ClientAuthenticationError$"):
        told_beside(held)


def test_a_vault_whose_certificate_nobody_trusts_is_not_asked(held: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.setattr(RetryPolicy, "BACKOFF_MAX", 0)  # else it takes five seconds

    with pytest.raises(SettingsError, match="AZURE_KEY_VAULT_URL was not read"):
        told_beside(held)
    assert [] == held.read


def test_a_vault_is_asked_over_tls_alone() -> None:
    with pytest.raises(SettingsError, match="AZURE_KEY_VAULT_URL must begin with https://"):
        everything_told({"AZURE_KEY_VAULT_URL": "http://127.0.0.1:1"}, Path("nowhere.env"))
