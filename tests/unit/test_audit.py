"""What `make audit` makes of pip-audit's report."""

import runpy
from pathlib import Path
from typing import Any

import pytest

VERDICT = runpy.run_path(str(Path(__file__).parents[2] / ".ci/audit.py"))["verdict"]
SOUND = {"name": "attrs", "version": "25.1", "vulns": []}
HOLED = {"name": "leaky", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
UNKNOWN = {"name": "secret", "skip_reason": "not found"}


@pytest.mark.failure("F25")
@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ([SOUND], 0, "no known holes in 1 versions"),
        ([SOUND, HOLED, UNKNOWN], 1, "known holes:\nleaky 1.0: PYSEC-1"),
        ([UNKNOWN, UNKNOWN], 2, "not audited: the data of pip-audit cannot be reached from here (2 versions)"),
        ([], 2, "not audited: the data of pip-audit cannot be reached from here (0 versions)"),
        ([SOUND, UNKNOWN], 2, "no holes in 1 versions, but 1 others could not be asked about"),
    ],
)
def test_a_version_that_nobody_could_be_asked_about_is_not_called_sound(
    asked: list[dict[str, Any]], status: int, said: str
) -> None:
    assert (status, said) == VERDICT(asked)
