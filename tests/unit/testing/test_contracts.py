"""Every port has its contract, found by the port's name, and the contract says how it is used."""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Protocol

import pytest

from billing_core import ports
from billing_core.testing import contracts


def port_names() -> Iterator[str]:
    """The protocols of `ports`."""
    for module in iter_modules(ports.__path__):
        full = f"{ports.__name__}.{module.name}"
        for name, found in getmembers(import_module(full), isclass):
            if Protocol in found.__bases__ and found.__module__ == full:
                yield name


def contract_names() -> dict[str, str]:
    return {port: f"{port}Contract" for port in port_names()}


def promises_of(contract: type) -> set[str]:
    return {name for name, _ in getmembers(contract) if name.startswith("test_")}


def test_every_port_has_a_contract_and_every_contract_a_port() -> None:
    assert set(contract_names().values()) == set(contracts.__all__)


@pytest.mark.parametrize("name", contracts.__all__)
def test_a_contract_can_be_subclassed_from_its_docstring(name: str) -> None:
    contract: Any = getattr(contracts, name)
    fixtures = {attribute for base in contract.__mro__ for attribute, value in vars(base).items() if is_fixture(value)}

    assert contract.__doc__
    assert fixtures
    assert promises_of(contract) or name == "BooksContract", "only the one that the others stand on has no tests"


def is_fixture(value: object) -> bool:
    return type(value).__name__ == "FixtureFunctionDefinition"


def test_a_contract_that_is_not_filled_fails_and_says_what_it_wants(tmp_path: Path) -> None:
    mine = "from billing_core.testing.contracts import ClockContract\n\nclass TestMine(ClockContract):\n    ...\n"
    (tmp_path / "test_mine.py").write_text(mine)

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"{len(promises_of(contracts.ClockContract))} errors" in ran.stdout, ran.stdout + ran.stderr
    assert "give the clock that is to be tried" in ran.stdout
