"""
What every test shares: how hard Hypothesis tries, that no secret is told, and that no real money moves.

`default` is for work at hand, `ci` tries the same examples each time, so that a red build is red again,
`brief` only reaches each branch, for the run that measures coverage, `mutate` only wants to know whether a test fails
(`make mutate`), and `prove` looks much further (`make prove`).
No profile has a deadline: a slow machine is not a bug.
"""

import os

import pytest
from dotenv import dotenv_values
from hypothesis import HealthCheck, Phase, settings

from tests.real_money import ensure_no_real_money
from tests.sentinels import Sentinels

settings.register_profile("default", max_examples=100, deadline=None)
settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True, database=None)
settings.register_profile("brief", max_examples=15, deadline=None, derandomize=True, database=None)
settings.register_profile(
    "mutate",
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),  # a smaller example of a mutant's death takes minutes to find
)
settings.register_profile(
    "prove",
    max_examples=5_000,
    stateful_step_count=100,
    deadline=None,
    # A long search is meant to be slow.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_configure(config: pytest.Config) -> None:
    ensure_no_real_money({**dotenv_values(), **os.environ})
    sentinels = Sentinels()
    sentinels.listen(pytest.MonkeyPatch())
    config.pluginmanager.register(sentinels)
