"""A secret that is told fails the test that told it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEAKS = """
import logging
import sys

from billing_core.domain.incidents import IncidentKind
from billing_core.entrypoints.settings import Settings
from billing_core.ports.records import IncidentRaised
from billing_core.testing.builders import day
from litestar import Litestar, get
from litestar.datastructures import State
from litestar.testing import TestClient

SETTINGS = Settings(jwt_secret="planted-" * 5)


def test_printed():
    print(SETTINGS.jwt_secret)


def test_on_standard_error():
    print(f"?key={SETTINGS.jwt_secret}", file=sys.stderr)


def test_logged():
    logging.getLogger("billing_core").warning("signed with %s", SETTINGS.jwt_secret)


def test_written_down():
    IncidentRaised(key="k", kind=IncidentKind.WEBHOOK_FAILED, detail=SETTINGS.jwt_secret, at=day(2026, 1, 1))


def test_answered():
    @get("/", sync_to_thread=False)
    def tell() -> str:
        return SETTINGS.jwt_secret

    with TestClient(Litestar([tell], state=State({"settings": SETTINGS}))) as client:
        client.get("/")


def test_told_nowhere():
    print(SETTINGS)
"""
CONFTEST = """
import pytest
from tests.sentinels import Sentinels

def pytest_configure(config):
    sentinels = Sentinels()
    sentinels.listen(pytest.MonkeyPatch())
    config.pluginmanager.register(sentinels)
"""


@pytest.mark.failure("F14")
def test_each_way_of_telling_a_secret_fails_the_test(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_leaks.py").write_text(LEAKS)

    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rE", tmp_path],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "6 passed, 5 errors" in told.stdout, told.stdout
    assert "ERROR test_leaks.py::test_told_nowhere" not in told.stdout
