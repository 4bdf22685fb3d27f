"""The one table of errors."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from billing_core.application import endings
from billing_core.application import errors as application_errors
from billing_core.domain import errors
from billing_core.domain.generation import Failure
from billing_core.entrypoints.http import problems, refusals
from billing_core.ports import errors as port_errors

ERRORS_PAGE = Path(__file__).parents[3] / "docs" / "errors.md"
ROOTS = {
    errors.BillingError,
    errors.RuleViolation,
    errors.NotFound,
    errors.Conflict,
    errors.PortFailure,
    refusals.Refusal,
}


def errors_of(module: ModuleType) -> Iterator[type[Exception]]:
    """What the module defines, without the roots that are never raised."""
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, errors.BillingError | refusals.Refusal):
            is_its_own = value.__module__ == module.__name__
            if is_its_own and value not in ROOTS:
                yield value


@pytest.mark.parametrize(
    "error",
    [error for module in (application_errors, errors, port_errors, refusals) for error in errors_of(module)],
)
def test_every_error_has_its_own_row(error: type[Exception]) -> None:
    assert error in problems.PROBLEMS


def test_a_code_has_one_status_and_one_title() -> None:
    kinds = list(problems.kinds())

    assert len({kind.code for kind in kinds}) == len(kinds)
    assert {kind.type for kind in kinds} == {f"/problems/{kind.code}" for kind in kinds}


def test_the_page_of_errors_is_the_table() -> None:
    """To write it anew: `Path("docs/errors.md").write_text(problems.page())`."""
    assert problems.page() == ERRORS_PAGE.read_text()


def test_the_page_tells_of_every_failure_of_a_generation() -> None:
    assert [value for value in vars(endings).values() if isinstance(value, Failure)] == list(endings.FAILURES)
