"""Every example in Python of the pages for embedders, as one of them would try it."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("testing.md", "how-to.md")]
CONFIG = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"


def pytest_in(folder: Path) -> subprocess.CompletedProcess[str]:
    """With the installed package alone: neither this repository nor its configuration is in sight."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "BILLING", "STRIPE"))},
        capture_output=True,
        text=True,
        check=False,
    )


def passed(ran: subprocess.CompletedProcess[str]) -> int:
    """How many tests passed, where none did otherwise."""
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (n,) = re.findall(r"^(\d+) passed in ", ran.stdout, re.MULTILINE)
    return int(n)


def test_every_example_of_the_pages_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", "".join(PAGES), re.DOTALL)
    (tmp_path / "pytest.ini").write_text(CONFIG)
    for n, block in enumerate(blocks):
        (tmp_path / f"test_block_{n:02}.py").write_text(block)

    ran = pytest_in(tmp_path)

    assert len(re.findall(r"^(?:async )?def test_", "".join(blocks), re.MULTILINE)) < passed(ran)


def test_every_link_of_the_pages_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", "".join(PAGES))

    assert [] == [link for link in links if not (ROOT / "docs" / link).exists()]
