"""What the operator sets, and what is refused before anything starts."""

import json
import resource
import stat
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from attrs import evolve

from billing_core.domain.fraud import FraudPolicies, FraudPolicy
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.image_settings import ImageSettings
from billing_core.entrypoints.settings import (
    MEMORY,
    Settings,
    from_environment,
    named,
    origin,
    with_secrets,
)
from billing_core.entrypoints.strength import SHORTEST_SECRET

LONG = "x" * SHORTEST_SECRET
ROOT = Path(__file__).parents[3]


def test_with_nothing_set_it_runs_on_sqlite_on_this_machine() -> None:
    settings = from_environment({})

    assert settings == Settings(images=ImageSettings(drawing_s=1))
    assert (settings.database_url, settings.base_url) == ("sqlite:///var/billing.db", "http://127.0.0.1:8000")
    assert (settings.folder, settings.return_url) == (Path("var"), settings.base_url)


def test_everything_that_is_set_is_read() -> None:
    settings = from_environment(
        {
            "BILLING_DATABASE_URL": "sqlite:////data/books.db",
            "BILLING_CATALOG": "catalog.toml",
            "HOST": "0.0.0.0",
            "PORT": "80",
            "BILLING_JWT_SECRET": LONG,
            "BILLING_JWT_AUDIENCE": "us",
            "BILLING_JWT_ISSUER": "them",
            "BILLING_JWKS_URL": "https://them.example/keys",
            "BILLING_IMAGE_STORE": "s3://pictures",
            "BILLING_ADMIN_EMAILS": "a@b.c, d@e.f ,",
            "BILLING_ALLOWED_REDIRECTS": "https://Shop.Example/path?x=1, http://localhost:3000",
            "BILLING_CORS_ORIGINS": "https://App.Example, http://localhost:3000/",
            "FRONTEND_URL": "https://shop.example/",
            "STRIPE_CURRENCY": "EUR",
            "STRIPE_ENABLED": "false",
            "BILLING_OLD_URLS": "true",
            "STRIPE_WEBHOOK_SECRET": "whsec_new,whsec_old",
        }
    )

    assert settings == Settings(
        database_url="sqlite:////data/books.db",
        catalog="catalog.toml",
        host="0.0.0.0",
        port=80,
        jwt_secret=LONG,
        jwt_audience="us",
        jwt_issuer="them",
        jwks_url="https://them.example/keys",
        image_store="s3://pictures",
        admin_emails=frozenset({"a@b.c", "d@e.f"}),
        allowed_redirects=frozenset({"https://shop.example", "http://localhost:3000"}),
        cors_origins=frozenset({"https://app.example", "http://localhost:3000"}),
        frontend_url="https://shop.example",
        currency="eur",
        payments_enabled=False,
        old_urls=True,
        webhook_secrets=("whsec_new", "whsec_old"),
        images=ImageSettings(drawing_s=1),
    )
    assert settings.return_url == "https://shop.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BILLING_DATABASE_URL", "postgresql+asyncpg://localhost/billing"),
        ("BILLING_DATABASE_URL", "mysql://localhost/billing"),
        ("BILLING_DATABASE_URL", "billing.db"),
        ("BILLING_DATABASE_URL", "sqlite:///"),
        ("BILLING_DATABASE_URL", "sqlite:///:memory:"),
        ("BILLING_DATABASE_URL", "postgresql://db.example:port/books"),
        ("BILLING_DATABASE_URL", "postgresql://[::1/books"),
        ("PORT", "http"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "80.5"),
        ("STRIPE_ENABLED", "perhaps"),
        ("BILLING_JWT_SECRET", "x" * (SHORTEST_SECRET - 1)),
        ("BILLING_ALLOWED_REDIRECTS", "shop.example"),
        ("BILLING_ALLOWED_REDIRECTS", "javascript:alert(1)"),
        ("BILLING_ALLOWED_REDIRECTS", "https://good@evil.example"),
        ("BILLING_ALLOWED_REDIRECTS", "https://"),
        ("BILLING_ALLOWED_REDIRECTS", "https://[good"),
        ("BILLING_CORS_ORIGINS", "*"),
        ("BILLING_CORS_ORIGINS", "null"),
        ("BILLING_CORS_ORIGINS", "https://*.shop.example"),
        ("BILLING_CORS_ORIGINS", "https://shop.example,shop.example"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        from_environment({name: value})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/keys", "http://localhost/keys", "http://[::1]/keys"])
def test_keys_are_read_unencrypted_from_this_machine_alone(url: str) -> None:
    assert from_environment({"BILLING_JWKS_URL": url, "BILLING_JWT_ISSUER": "them"}).jwks_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://them.example/keys",
        "http://127.0.0.1.them.example/keys",
        "file:///etc/keys",
        "https://",
        "https://user:password@them.example/keys",
        "https://them.example:port/keys",
        "https://[/keys",
        "them.example/keys",
    ],
)
def test_no_keys_are_read_where_anybody_could_put_others(url: str) -> None:
    with pytest.raises(SettingsError, match="BILLING_JWKS_URL") as refused:
        from_environment({"BILLING_JWKS_URL": url, "BILLING_JWT_ISSUER": "them"})
    assert "password" not in str(refused.value)


def test_published_keys_are_of_an_issuer() -> None:
    with pytest.raises(SettingsError, match="BILLING_JWT_ISSUER"):
        from_environment({"BILLING_JWKS_URL": "https://them.example/keys"})


@pytest.mark.failure("F14")
def test_a_secret_is_never_told() -> None:
    secrets = Settings(jwt_secret="the jwt secret", webhook_secrets=("the webhook secret",))

    assert "secret'" not in repr(secrets)
    assert "the jwt secret" not in repr(secrets)
    with pytest.raises(SettingsError) as refused:
        from_environment({"BILLING_JWT_SECRET": "short-and-secret"})
    assert "short-and-secret" not in str(refused.value)


@pytest.mark.failure("F14")
@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_books_on_postgresql_are_named_without_their_secrets(scheme: str) -> None:
    url = f"{scheme}://billing:s3cret@db.example:5432/books?sslmode=require&password=s3cret"
    settings = from_environment({"BILLING_DATABASE_URL": url})

    assert settings.is_on_postgresql
    assert settings.database_url.startswith("postgresql://billing:s3cret@db.example")
    assert settings.folder == Path("var")
    assert named(settings.database_url) == "postgresql://db.example:5432/books"
    assert "s3cret" not in repr(settings)


@pytest.mark.failure("F14")
@pytest.mark.parametrize("password", ["s3/cret", "s3#cret", "s3?cret", "s3@cret", "s3[cret", "3/5", "3#5", "3?5"])
def test_a_password_that_would_be_taken_for_a_part_of_the_address_is_refused_and_not_shown(password: str) -> None:
    with pytest.raises(SettingsError, match="BILLING_DATABASE_URL") as refused:
        Settings(database_url=f"postgresql://billing:{password}@db.example:5432/books")

    assert "cret" not in str(refused.value)
    encoded = Settings(database_url=f"postgresql://billing:{quote(password, safe='')}@db.example:5432/books")
    assert named(encoded.database_url) == "postgresql://db.example:5432/books"


def test_other_books_are_named_as_they_are() -> None:
    assert [named(url) for url in ("sqlite:////data/books.db", MEMORY)] == ["sqlite:////data/books.db", MEMORY]


@pytest.mark.failure("F4")
def test_on_postgresql_no_secret_is_made_up_that_every_process_must_share() -> None:
    settings = Settings(database_url="postgresql://db.example/books", webhook_secrets=("whsec_mine",))

    with pytest.raises(SettingsError, match="BILLING_JWT_SECRET"):
        with_secrets(settings)
    assert with_secrets(evolve(settings, jwt_secret=LONG)).jwt_secret == LONG


@pytest.mark.parametrize("value", ["true", "TRUE", "1", ""])
def test_payments_are_on_unless_switched_off(value: str) -> None:
    assert from_environment({"STRIPE_ENABLED": value}).payments_enabled


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin("HTTPS://Shop.Example:8443/a/b?c#d") == "https://shop.example:8443"


@pytest.mark.failure("F4")
def test_secrets_are_made_once_and_kept_for_their_owner_alone(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/made/billing.db")

    first = with_secrets(settings)
    second = with_secrets(settings)

    assert first == second
    assert len(first.jwt_secret) >= SHORTEST_SECRET
    kept = tmp_path / "made" / "secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text()) == {
        "jwt_secret": first.jwt_secret,
        "webhook_secret": first.webhook_secrets[0],
    }


@pytest.mark.failure("D4")
def test_secrets_that_a_full_disk_does_not_take_are_made_when_it_has_room(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/billing.db")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, usual[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            with_secrets(settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    assert with_secrets(settings) == with_secrets(settings)


def test_secrets_that_are_set_are_used(tmp_path: Path) -> None:
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/billing.db", jwt_secret=LONG, webhook_secrets=("whsec_mine",)
    )

    assert with_secrets(settings) == settings
    assert list(tmp_path.iterdir()) == []


def test_a_secret_that_is_set_stands_beside_one_that_was_made(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/billing.db", jwt_secret=LONG)

    made = with_secrets(settings)

    assert made.jwt_secret == LONG
    assert made.webhook_secrets == with_secrets(evolve(settings, jwt_secret="")).webhook_secrets


def test_books_in_memory_keep_no_secrets() -> None:
    settings = Settings(database_url=MEMORY)

    assert with_secrets(settings).jwt_secret != with_secrets(settings).jwt_secret


def test_what_is_signed_here_is_not_signed_with_the_key_of_the_tokens() -> None:
    settings = Settings(jwt_secret=LONG)

    assert settings.signing_key != LONG.encode()
    assert settings.signing_key == Settings(jwt_secret=LONG, port=1).signing_key
    assert settings.signing_key != Settings(jwt_secret=LONG + "y").signing_key


def test_every_variable_that_is_read_is_told_in_the_documents() -> None:
    asked: set[str] = set()

    class Asking(dict[str, str]):
        def get(self, name: str, default: object = None) -> Any:
            asked.add(name)
            return super().get(name, default)

    from_environment(Asking())

    pages = ("README.md", *(f"docs/{name}.md" for name in ("doors", "images", "notices", "sight", "stripe")))
    told = "".join((ROOT / name).read_text() for name in pages)
    assert [] == sorted(name for name in asked if f"`{name}`" not in told)
    assert len(asked) > 20


def test_a_fraud_warning_suspends_at_the_highest_risk_unless_told_otherwise() -> None:
    assert FraudPolicies() == from_environment({}).fraud
    assert FraudPolicies(highest=FraudPolicy.OBSERVE) == from_environment({"BILLING_FRAUD_POLICY": "observe"}).fraud
    told = from_environment({"BILLING_FRAUD_POLICY": "highest=refund,elevated=suspend"}).fraud
    assert FraudPolicies(highest=FraudPolicy.REFUND, elevated=FraudPolicy.SUSPEND) == told


def test_a_fraud_policy_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="BILLING_FRAUD_POLICY: 'watch' is none of observe, suspend, refund"):
        from_environment({"BILLING_FRAUD_POLICY": "watch"})
