"""What is taken out of every line."""

import json
from email.headerregistry import Address

import pytest

from billing_core.entrypoints.image_settings import ImageSettings, ProviderAccess
from billing_core.entrypoints.mail_settings import MailSettings
from billing_core.entrypoints.redacting import REDACTED, redacting, secrets_of
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.sight_settings import SightSettings
from billing_core.entrypoints.stripe_settings import StripeSettings


@pytest.mark.failure("F14")
@pytest.mark.parametrize(
    "secret",
    [
        "sk_test_51Habcdefgh",
        "rk_live_abcdefgh",
        "pk_test_abcdefgh",
        "whsec_0123456789ab",
        "bk_0123456789ab",
        "sk-proj-abc_def-ghi",
        "Bearer abc.def",
        "BEARER abc",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln",
        "ann@shop.example",
        "ann.lee+tag@mail.shop.example",
    ],
)
def test_what_looks_like_a_key_a_token_or_an_address_is_taken_out(secret: str) -> None:
    assert f"before {REDACTED}, after" == redacting()(f"before {secret}, after")


def test_who_connects_to_a_database_is_taken_out() -> None:
    assert f"postgresql://{REDACTED}@db/billing" == redacting()("postgresql://ann:pass@db/billing")


@pytest.mark.parametrize(
    "text", ["task_name", "a risk-free trial", "disk_full", "bearer", "10 @ 5", "GET /api/v1/tiers"]
)
def test_words_stay(text: str) -> None:
    assert text == redacting()(text)


def test_a_secret_that_looks_like_nothing_is_taken_out_as_it_is_as_json_and_in_a_url() -> None:
    secret = 'pass"word/with\\ü'
    redact = redacting([secret])

    assert f"it was {REDACTED}." == redact(f"it was {secret}.")
    assert json.dumps({"said": REDACTED}) == redact(json.dumps({"said": secret}))
    assert f"/path?key={REDACTED}" == redact("/path?key=pass%22word%2Fwith%5C%C3%BC")


def test_a_secret_too_short_to_be_one_takes_no_word_out() -> None:
    assert "the shop is open" == redacting(["shop"])("the shop is open")


@pytest.mark.failure("F14")
def test_every_secret_of_the_settings_is_known() -> None:
    secrets = {
        "jwt": "the-key-of-the-tokens",
        "webhook": "whsec_one",
        "older": "whsec_two",
        "stripe": "sk_test_three",
        "public": "pk_test_four",
        "provider": "the-key-of-a-provider",
        "elsewhere": "the-key-of-another",
        "query": "the-key-in-a-query",
        "mail": "the-password-of-the-mail",
        "database": "the-password-of-the-books",
        "option": "the-password-of-a-key-file",
        "metrics": "the-token-of-the-metrics",
    }
    settings = Settings(
        database_url=f"postgresql://ann:{secrets['database']}@db/billing?sslpassword={secrets['option']}",
        jwt_secret=secrets["jwt"],
        webhook_secrets=(secrets["webhook"], secrets["older"]),
        stripe=StripeSettings(secret_key=secrets["stripe"], publishable_key=secrets["public"]),
        images=ImageSettings(
            providers={"openai": ProviderAccess(secrets["provider"], f"https://a.example?key={secrets['query']}")},
            elsewhere=ProviderAccess(secrets["elsewhere"], "https://b.example"),
        ),
        mail=MailSettings(
            host="mail", port=25, security="none", username="a", password=secrets["mail"], sender=Address()
        ),
        sight=SightSettings(metrics_token=secrets["metrics"]),
    )

    assert set(secrets.values()) == secrets_of(settings)
    assert not [secret for secret in secrets.values() if secret in repr(settings)]


def test_settings_without_secrets_have_none() -> None:
    assert frozenset() == secrets_of(Settings())
