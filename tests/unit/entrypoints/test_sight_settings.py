"""Which lines are logged, and in which form."""

import pytest

from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.sight_settings import sight_settings


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("", ("info", "json")),
        ("warning", ("warning", "json")),
        ("text", ("info", "text")),
        ("JSON, Debug", ("debug", "json")),
    ],
)
def test_a_level_a_form_or_both_are_set_in_any_order(log: str, told: tuple[str, str]) -> None:
    settings = sight_settings({"BILLING_LOG": log})

    assert told == (settings.level, settings.format)


@pytest.mark.parametrize("log", ["loud", "info,warning", "json,text", "info text"])
def test_what_is_not_understood_is_refused(log: str) -> None:
    with pytest.raises(SettingsError, match="BILLING_LOG must be"):
        sight_settings({"BILLING_LOG": log})
