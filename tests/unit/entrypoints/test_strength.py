"""Secrets that keep a service from starting."""

import pytest

from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.settings import from_environment

GOOD = "4f1c9a7be02d58364f1c9a7be02d5836"
SIGNING = "whsec_0123456789abcdef01234567"
LIVE = {"STRIPE_SECRET_KEY": "sk_live_abc", "STRIPE_WEBHOOK_SECRET": SIGNING, "BILLING_JWT_SECRET": GOOD}


@pytest.mark.failure("F4")
@pytest.mark.parametrize("weak", ["short", "7" * 31, "é" * 15])
def test_a_secret_too_short_to_sign_with_is_refused(weak: str) -> None:
    with pytest.raises(SettingsError, match="BILLING_JWT_SECRET must have at least 32 bytes") as refused:
        from_environment({"BILLING_JWT_SECRET": weak})
    assert weak not in str(refused.value)


@pytest.mark.failure("F4")
@pytest.mark.parametrize("other", ["STRIPE_WEBHOOK_SECRET", "BILLING_METRICS_TOKEN"])
def test_a_secret_that_opens_two_doors_is_refused(other: str) -> None:
    with pytest.raises(SettingsError, match="BILLING_JWT_SECRET is the same as another secret"):
        from_environment({"BILLING_JWT_SECRET": GOOD, other: GOOD})


def test_strong_secrets_are_taken_where_real_money_moves() -> None:
    assert GOOD == from_environment(LIVE).jwt_secret


@pytest.mark.failure("F4")
@pytest.mark.parametrize(
    "guessed", ["x" * 40, "change-me-please-0123456789-abcdef", "my-Secret-of-0123456789-abcdefgh"]
)
def test_a_secret_that_can_be_guessed_is_refused_where_real_money_moves(guessed: str) -> None:
    with pytest.raises(SettingsError, match="BILLING_JWT_SECRET can be guessed") as refused:
        from_environment(LIVE | {"BILLING_JWT_SECRET": guessed})
    assert guessed not in str(refused.value)
    assert guessed == from_environment({"BILLING_JWT_SECRET": guessed}).jwt_secret


@pytest.mark.failure("F4")
def test_a_signing_secret_that_is_not_stripes_is_refused_where_real_money_moves() -> None:
    with pytest.raises(SettingsError, match="STRIPE_WEBHOOK_SECRET is too short"):
        from_environment(LIVE | {"STRIPE_WEBHOOK_SECRET": f"{SIGNING},whsec_test"})


@pytest.mark.failure("E2")
@pytest.mark.parametrize("empty", ["whsec_", "abc"])
def test_a_signing_secret_that_signs_nothing_is_refused_wherever_stripe_is_asked(empty: str) -> None:
    with pytest.raises(SettingsError, match="STRIPE_WEBHOOK_SECRET must be the signing secret"):
        from_environment({"STRIPE_SECRET_KEY": "sk_test_abc", "STRIPE_WEBHOOK_SECRET": empty})
