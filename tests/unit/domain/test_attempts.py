"""How often a generation's pictures are attempted: never endlessly, and hardly ever when it may cost twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_core.domain.attempts import MOST_ATTEMPTS, AttemptOutcome, may_try_again

O = AttemptOutcome  # noqa: E741 - the tables below are read by it


@pytest.mark.parametrize(
    ("outcomes", "again"),
    [
        ([], True),
        ([O.UNAVAILABLE], True),
        ([O.UNAVAILABLE] * 4, True),
        ([O.UNAVAILABLE] * 5, False),
        ([O.UNKNOWN], True),
        ([O.UNKNOWN, O.UNKNOWN], False),
        ([O.STARTED], True),
        ([O.STARTED, O.UNKNOWN], False),
        ([O.SUCCEEDED, O.UNKNOWN], False),
        ([O.UNAVAILABLE, O.UNKNOWN, O.UNAVAILABLE], True),
        ([O.UNAVAILABLE, O.UNKNOWN, O.UNAVAILABLE, O.STARTED], False),
    ],
)
def test_the_budget_is_five_attempts_of_which_two_may_have_been_billed(
    outcomes: list[AttemptOutcome], again: bool
) -> None:
    assert may_try_again(outcomes) is again


@given(st.lists(st.sampled_from(AttemptOutcome), max_size=8), st.sampled_from(AttemptOutcome))
def test_what_is_over_the_budget_stays_over_it(outcomes: list[AttemptOutcome], more: AttemptOutcome) -> None:
    assert may_try_again(outcomes) or not may_try_again([*outcomes, more])


@given(st.lists(st.sampled_from(AttemptOutcome), min_size=MOST_ATTEMPTS))
def test_it_ends(outcomes: list[AttemptOutcome]) -> None:
    assert not may_try_again(outcomes)


@pytest.mark.parametrize(
    ("before", "told", "gives_way"),
    [
        (O.STARTED, O.STARTED, False),
        (O.STARTED, O.UNKNOWN, True),
        (O.STARTED, O.SUCCEEDED, True),
        (O.UNKNOWN, O.STARTED, False),
        (O.UNKNOWN, O.UNKNOWN, False),
        (O.UNKNOWN, O.REFUSED, True),
        (O.SUCCEEDED, O.STARTED, False),
        (O.SUCCEEDED, O.UNKNOWN, False),
        (O.SUCCEEDED, O.UNAVAILABLE, False),
    ],
)
def test_what_is_surer_takes_the_place_of_what_is_not(
    before: AttemptOutcome, told: AttemptOutcome, gives_way: bool
) -> None:
    assert before.gives_way_to(told) is gives_way
