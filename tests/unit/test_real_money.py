"""Tests are not run where a key of theirs could move real money."""

import pytest

from tests.real_money import ensure_no_real_money


@pytest.mark.failure("F18")
@pytest.mark.parametrize("key", ["sk_live_abc", " rk_live_abc", "pk_live_abc"])
def test_with_a_live_key_no_test_is_run_and_it_is_not_shown(key: str) -> None:
    with pytest.raises(pytest.exit.Exception, match="STRIPE_SECRET_KEY is a live key") as ended:
        ensure_no_real_money({"STRIPE_SECRET_KEY": key})
    assert key.strip() not in str(ended.value)


def test_with_a_test_key_or_none_they_are() -> None:
    ensure_no_real_money({"STRIPE_SECRET_KEY": "sk_test_abc", "STRIPE_PUBLISHABLE_KEY": None})
