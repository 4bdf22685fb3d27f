"""The page of life cycles says what the tables in the code say."""

from pathlib import Path

import pytest

from billing_core.domain import generation, subscription
from billing_core.domain.checkouts import CheckoutStatus
from billing_core.domain.credits import Outcome
from billing_core.domain.disputes import DisputeStatus
from billing_core.entrypoints.lifecycles import page

PAGE = Path(__file__).parents[2] / "docs" / "lifecycles.md"
STEPS = sorted(
    (before.value, after.value)
    for table in (subscription.TRANSITIONS, generation.TRANSITIONS)
    for before, allowed in table.items()
    for after in allowed
)


def test_the_committed_page_is_the_generated_one() -> None:
    assert page() == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_every_step_of_a_table_is_drawn(before: str, after: str) -> None:
    assert f"\n    {before} --> {after}\n" in page()


@pytest.mark.parametrize(
    "status", [*subscription.Status, *generation.GenerationStatus, *Outcome, *CheckoutStatus, *DisputeStatus]
)
def test_every_status_has_a_row(
    status: subscription.Status | generation.GenerationStatus | Outcome | CheckoutStatus | DisputeStatus,
) -> None:
    assert f"\n| `{status.value}` | " in page()


@pytest.mark.parametrize("verb", subscription.VERBS)
def test_every_verb_has_a_row(verb: str) -> None:
    assert f"\n| {verb} | " in page()


def test_two_steps_that_the_tables_forbid_are_not_drawn() -> None:
    assert "canceled --> active" not in page()
    assert "paid --> expired" not in page()
