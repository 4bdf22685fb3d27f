"""Every status of a generation against every other."""

import pytest

from billing_core.domain.errors import IllegalTransition
from billing_core.domain.generation import GenerationStatus

S = GenerationStatus
ALLOWED = {
    S.QUEUED: {S.RUNNING, S.CANCELED, S.FAILED},
    S.RUNNING: {S.RUNNING, S.SUCCEEDED, S.FAILED, S.REFUSED},
}


@pytest.mark.parametrize("old", S)
@pytest.mark.parametrize("new", S)
def test_a_step_is_in_the_table_or_it_is_refused(old: GenerationStatus, new: GenerationStatus) -> None:
    if new in ALLOWED.get(old, set()):
        old.ensure_may_become(new)
        return
    with pytest.raises(IllegalTransition, match=f"cannot become {new.value} while {old.value}"):
        old.ensure_may_become(new)


def test_the_four_ends_absorb() -> None:
    assert {S.SUCCEEDED, S.FAILED, S.REFUSED, S.CANCELED} == {status for status in S if status.is_terminal}
