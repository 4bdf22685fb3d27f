"""Each import contract of pyproject.toml holds, and is seen to fail when it is broken."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

# Enough of the layout for every plant to grow on, wherever the package does not have it yet.
PLANNED = (
    "billing_core",
    "billing_core.domain",
    "billing_core.ports",
    "billing_core.application",
    "billing_core.adapters",
    "billing_core.adapters.books",
    "billing_core.adapters.memory",
    "billing_core.adapters.simulated",
    "billing_core.adapters.sqlalchemy",
    "billing_core.entrypoints",
    "billing_core.entrypoints.container",
    "billing_core.entrypoints.http",
    "billing_core.entrypoints.cli",
    "billing_core.facade",
    "billing_core.testing",
)


class Plant(NamedTuple):
    """An import that one module must not make, and the contracts that forbid it."""

    module: str
    line: str
    broken: frozenset[str]


def plant(module: str, line: str, *broken: str) -> Plant:
    return Plant(module, line, frozenset(broken))


PLANTS = (
    plant("billing_core.domain", "import billing_core.ports", "layers"),
    plant("billing_core.ports", "import billing_core.application", "layers"),
    plant("billing_core.application", "import billing_core.entrypoints", "layers"),
    plant("billing_core.application", "import billing_core.adapters.memory", "layers", "container"),
    plant("billing_core.adapters.memory", "import billing_core.application", "layers"),
    plant("billing_core.entrypoints.http", "import billing_core.facade", "layers"),
    plant("billing_core.facade", "import billing_core.testing", "layers"),
    plant("billing_core.facade", "import billing_core.blocking", "layers"),
    plant("billing_core.elsewhere", "", "layers"),
    plant("billing_core.adapters.memory", "import billing_core.adapters.sqlalchemy", "adapters"),
    plant("billing_core.adapters.books", "import billing_core.adapters.memory", "adapters"),
    plant("billing_core.adapters.elsewhere", "", "adapters"),
    plant("billing_core.entrypoints.http", "import billing_core.adapters.memory", "container"),
    plant("billing_core.entrypoints.cli", "import billing_core.adapters.sqlalchemy", "container"),
    plant("billing_core.facade", "import billing_core.adapters.simulated", "container"),
    plant("billing_core.domain", "import msgspec", "domain"),
    plant("billing_core.domain", "from time import time", "domain"),
    plant("billing_core.domain", "from uuid import uuid4", "domain"),
    plant("billing_core.ports", "import sqlalchemy", "ports"),
    plant("billing_core.ports", "import some_package_of_tomorrow", "ports"),
    plant("billing_core.application", "from stripe import StripeClient", "application"),
    plant("billing_core.application", "from litestar.exceptions import NotFoundException", "application"),
    plant("billing_core.adapters.memory", "import hypothesis", "testing"),
    plant("billing_core.entrypoints.cli", "import pytest", "testing"),
)


def contracts() -> dict[str, str]:
    """Names of the contracts by id."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract["name"] for contract in config["tool"]["importlinter"]["contracts"]}


def file_of(module: str, source: Path) -> Path:
    """The module's file: a package's, where there is one, else the plain module's."""
    path = source.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def grow(module: str, source: Path, line: str = "") -> None:
    """Add a line to a module, which is made if it is missing."""
    file = file_of(module, source)
    if not file.exists() and any(name.startswith(f"{module}.") for name in PLANNED):
        file = file.with_suffix("") / "__init__.py" if file.name != "__init__.py" else file
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as text:
        text.write(f"\n{line}\n")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project that may be broken; what is planned and not there yet is empty."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "billing_core", tmp_path / "src" / "billing_core", ignore=ignored)
    for module in PLANNED:
        grow(module, tmp_path / "src")
    return tmp_path


def lint_imports(project: Path) -> tuple[int, frozenset[str]]:
    """Exit code of the check, and the ids of the contracts that it found broken."""
    outcome = subprocess.run(
        [LINT_IMPORTS, "--no-logo", "--no-cache"],
        cwd=project,
        env={"PYTHONPATH": str(project / "src"), "COLUMNS": "200", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    report = " ".join(outcome.stdout.split())
    broken = frozenset(key for key, name in contracts().items() if f"{name} BROKEN" in report)
    kept = frozenset(key for key, name in contracts().items() if f"{name} KEPT" in report)
    assert contracts().keys() == broken | kept, outcome.stdout + outcome.stderr
    return outcome.returncode, broken


def test_every_contract_is_kept(copy: Path) -> None:
    assert lint_imports(copy) == (0, frozenset())


@pytest.mark.parametrize("planted", PLANTS, ids=lambda planted: f"{planted.module}: {planted.line or 'new'}")
def test_a_contract_fails_when_it_is_broken(planted: Plant, copy: Path) -> None:
    grow(planted.module, copy / "src", planted.line)

    assert lint_imports(copy) == (1, planted.broken)


def test_every_contract_has_been_seen_to_fail() -> None:
    assert frozenset(contracts()) == frozenset[str]().union(*(planted.broken for planted in PLANTS))
