"""How often one may ask, as the environment says it."""

import pytest

from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.rate_settings import RateSettings, rate_settings


def test_where_nothing_is_set_the_limits_are_those_that_suit_most() -> None:
    assert rate_settings({}) == RateSettings(account=600, key=300, address=1_200, checkout=5)


def test_what_is_set_counts_and_the_rest_is_as_usual() -> None:
    told = {"BILLING_RATES": "account=60, address = 0"}

    assert rate_settings(told) == RateSettings(account=60, key=300, address=0, checkout=5)


@pytest.mark.parametrize(
    "rates", ["60", "account", "account=", "account=-1", "account=1.5", "acount=60", "key=1000001"]
)
def test_what_is_no_limit_is_refused(rates: str) -> None:
    with pytest.raises(SettingsError, match="BILLING_RATES"):
        rate_settings({"BILLING_RATES": rates})


def test_one_limit_is_not_said_twice() -> None:
    with pytest.raises(SettingsError, match="BILLING_RATES"):
        rate_settings({"BILLING_RATES": "key=1, key=2"})
