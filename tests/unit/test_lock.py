"""Every dependency is the one that was locked: a version and its hashes, from wherever it comes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIREMENTS = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text())
PINNED = re.compile(r"[\w.-]+(\[[\w,-]+\])?==\S+( ; [^\\]+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+")

pytestmark = pytest.mark.failure("F25")


def test_each_is_one_version_with_its_hashes() -> None:
    requirements = [told for told in REQUIREMENTS if not told.startswith("#")]

    assert [] == [told.partition("\n")[0] for told in requirements if not PINNED.match(f"{told}\n")]
    assert len(requirements) > 50


def test_none_comes_from_a_place_of_its_own() -> None:
    assert [] == re.findall(r".*(?:://|--index|--find-links|--trusted-host).*", "\n".join(REQUIREMENTS))


def test_the_hashes_are_checked_wherever_it_is_installed() -> None:
    for name in ("Makefile", "Dockerfile"):
        assert "--require-hashes" in (ROOT / name).read_text()
