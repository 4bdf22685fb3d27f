"""Which lines are logged, in which form, and who may read the metrics."""

import pytest

from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.settings import from_environment
from billing_core.entrypoints.sight_settings import SightSettings, sight_settings

TOKEN = "a-token-for-metrics"


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


def test_the_token_of_the_metrics_is_read_and_not_shown() -> None:
    settings = from_environment({"BILLING_METRICS_TOKEN": TOKEN})

    assert SightSettings(metrics_token=TOKEN) == settings.sight
    assert TOKEN not in repr(settings)


def test_a_worker_tells_metrics_only_where_it_has_a_port() -> None:
    assert None is sight_settings({}).metrics_port
    assert 9100 == sight_settings({"BILLING_METRICS_PORT": "9100"}).metrics_port


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "٣"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(SettingsError, match="BILLING_METRICS_PORT must be"):
        sight_settings({"BILLING_METRICS_PORT": port})


@pytest.mark.parametrize("token", ["short", "with a space in it, though", "ünïcödé-is-not-a-header"])
def test_a_token_that_is_weak_or_cannot_be_sent_is_refused_unseen(token: str) -> None:
    with pytest.raises(SettingsError, match="BILLING_METRICS_TOKEN must have at least") as told:
        sight_settings({"BILLING_METRICS_TOKEN": token})

    assert token not in str(told.value)
