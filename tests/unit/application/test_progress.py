"""A generation's progress as steps."""

import pytest
from attrs import evolve

from billing_core.application.progress import END, steps_after, steps_of
from billing_core.domain.attempts import Attempt, AttemptOutcome
from billing_core.domain.generation import GenerationStatus
from billing_core.ports.generations import Progress
from billing_core.testing.contracts.books import NOW, a_generation, a_partial

QUEUED = Progress(a_generation())


def attempt(number: int) -> Attempt:
    return Attempt(number=number, outcome=AttemptOutcome.STARTED, started_at=NOW)


def running(attempts: int, *partials: tuple[int, int]) -> Progress:
    return Progress(
        evolve(a_generation(), status=GenerationStatus.RUNNING),
        tuple(attempt(number) for number in range(1, attempts + 1)),
        tuple(evolve(a_partial(), attempt=of, number=number) for of, number in partials),
    )


def ended(status: GenerationStatus = GenerationStatus.SUCCEEDED) -> Progress:
    return evolve(running(2, (1, 1)), generation=evolve(a_generation(), status=status))


def ids(progress: Progress, after: str | None = None) -> list[str]:
    return [step.id for step in steps_after(progress, after)]


def test_one_that_waits_has_one_step() -> None:
    [step] = steps_of(QUEUED)

    assert ("0.0", GenerationStatus.QUEUED, 0, None) == (step.id, step.status, step.attempt, step.partial)


def test_attempts_and_what_can_be_seen_of_them_come_in_their_order() -> None:
    progress = running(2, (2, 1), (1, 1), (1, 2))
    steps = steps_of(progress)

    assert ["0.0", "1.0", "1.1", "1.2", "2.0", "2.1"] == [step.id for step in steps]
    assert [None, None, (1, 1), (1, 2), None, (2, 1)] == [
        step.partial and (step.partial.attempt, step.partial.number) for step in steps
    ]
    assert {GenerationStatus.RUNNING} == {step.status for step in steps[1:]}


def test_ids_are_in_order_beyond_nine() -> None:
    numbers = [(1, number) for number in range(1, 12)]

    assert ["1.9", "1.10", "1.11"] == ids(running(1, *numbers), "1.8")


@pytest.mark.parametrize("status", [status for status in GenerationStatus if status.is_terminal])
def test_of_one_that_has_ended_there_is_only_the_end(status: GenerationStatus) -> None:
    [step] = steps_of(ended(status))

    assert (END, status) == (step.id, step.status)


@pytest.mark.parametrize(
    ("last", "rest"),
    [
        (None, ["0.0", "1.0", "1.1", "2.0"]),
        ("", ["0.0", "1.0", "1.1", "2.0"]),
        ("0.0", ["1.0", "1.1", "2.0"]),
        ("1.0", ["1.1", "2.0"]),
        ("1.7", ["2.0"]),  # its picture was seen, and is not in the books any more
        ("2.0", []),
        (END, []),
        ("nonsense", ["0.0", "1.0", "1.1", "2.0"]),
        ("1.0 ", ["0.0", "1.0", "1.1", "2.0"]),
        ("-1.0", ["0.0", "1.0", "1.1", "2.0"]),
        ("\u0663.\u0660", ["0.0", "1.0", "1.1", "2.0"]),
        ("9" * 5000 + ".0", ["0.0", "1.0", "1.1", "2.0"]),
    ],
)
def test_who_was_cut_off_is_told_the_rest(last: str | None, rest: list[str]) -> None:
    assert rest == ids(running(2, (1, 1)), last)


@pytest.mark.parametrize("last", [None, "0.0", "1.1", "999999999.999999999"])
def test_whoever_has_not_seen_the_end_is_told_it(last: str | None) -> None:
    assert [END] == ids(ended(), last)


def test_who_has_seen_the_end_is_told_nothing_more() -> None:
    assert [] == ids(ended(), END)
