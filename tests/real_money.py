"""Tests are not run where a key of theirs could move real money."""

from collections.abc import Mapping

import pytest

LIVE = ("sk_live_", "rk_live_", "pk_live_")


def ensure_no_real_money(told: Mapping[str, str | None]) -> None:
    """Ends the whole run where one of these variables is a live key of Stripe's."""
    for name, value in told.items():
        if (value or "").strip().startswith(LIVE):
            pytest.exit(
                f"{name} is a live key: unset it before running the tests", returncode=pytest.ExitCode.USAGE_ERROR
            )
