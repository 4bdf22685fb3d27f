"""The table of quirks, and how a request is cut into calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_core.adapters.openai.quirks import QUIRKS, quirks_of
from billing_core.adapters.openai.requests import shares


@given(st.integers(1, 100), st.integers(1, 12))
def test_the_calls_are_for_as_many_as_were_asked_for(n: int, most: int) -> None:
    calls = shares(n, most)

    assert n == sum(calls)
    assert all(1 <= each <= most for each in calls)
    assert len(calls) == -(-n // most)


@pytest.mark.parametrize("name", QUIRKS)
def test_a_place_that_is_for_all_is_reached_safely(name: str) -> None:
    quirks = QUIRKS[name]

    assert quirks.base_url is None or quirks.base_url.startswith("https://")


@pytest.mark.parametrize("name", QUIRKS)
def test_no_host_that_pictures_may_come_from_is_a_bare_ending(name: str) -> None:
    assert all(host.count(".") >= 1 for host in QUIRKS[name].picture_hosts)


def test_who_is_not_known_is_spoken_to_like_ones_own() -> None:
    assert QUIRKS["self_hosted"] is quirks_of("studio")
