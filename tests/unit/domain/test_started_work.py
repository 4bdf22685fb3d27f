"""Work that a hold pays for: it can be called off until it starts, and only its latest attempt settles anything."""

from datetime import timedelta

import pytest

from billing_core.domain.errors import HoldLapsed, HoldNotFound, IllegalTransition
from billing_core.testing.builders import NEW_YEAR, Life

SOON = NEW_YEAR + timedelta(hours=1)


def holding(*attempts: int) -> Life:
    """Two holds of four; of the work of the first, these attempts have begun."""
    life = Life()
    for name in ("g1", "g2"):
        life.keep(life.at(NEW_YEAR).hold(4, hold_id=name, until=SOON if name == "g2" else None))
    for attempt in attempts:
        life.keep(life.at(NEW_YEAR).start("g1", attempt=attempt))
    return life


def test_a_hold_knows_the_attempt_that_began_last() -> None:
    assert [hold.attempt for hold in holding().account.book.holds] == [0, 0]
    assert [hold.attempt for hold in holding(1, 2).account.book.holds] == [2, 0]


def test_attempts_may_be_left_out() -> None:
    """Holds that were written before attempts were numbered know of the first one only."""
    assert holding(1, 4).account.book.holds[0].attempt == 4


@pytest.mark.parametrize("attempt", [0, 1, 2])
def test_an_attempt_begins_once_and_never_after_a_later_one(attempt: int) -> None:
    life = holding(1, 2)

    with pytest.raises(IllegalTransition, match=f"cannot start attempt {attempt} while at attempt 2"):
        life.at(NEW_YEAR).start("g1", attempt=attempt)


def test_work_that_has_not_started_is_called_off_and_all_of_it_comes_back() -> None:
    life = holding()
    life.keep(life.at(NEW_YEAR).call_off("g1"))

    assert life.account.book.available == 6


def test_work_that_has_started_is_not_called_off() -> None:
    life = holding(1)

    with pytest.raises(IllegalTransition, match="cannot cancel while running"):
        life.at(NEW_YEAR).call_off("g1")


@pytest.mark.parametrize("verb", ["capture", "release"])
def test_an_attempt_that_was_overtaken_settles_nothing(verb: str) -> None:
    life = holding(1, 2)

    with pytest.raises(IllegalTransition, match=f"cannot {verb} a hold by attempt 1 while at attempt 2"):
        getattr(life.at(NEW_YEAR), verb)("g1", attempt=1)


@pytest.mark.parametrize(("verb", "available"), [("capture", 2), ("release", 6)])
@pytest.mark.parametrize("attempt", [2, None])
def test_the_latest_attempt_settles_the_hold_and_so_does_who_attempts_nothing(
    verb: str, available: int, attempt: int | None
) -> None:
    life = holding(1, 2)

    life.keep(getattr(life.at(NEW_YEAR), verb)("g1", attempt=attempt))

    assert ([hold.id for hold in life.account.book.holds], life.account.book.available) == (["g2"], available)


def test_work_that_ended_neither_starts_nor_is_called_off() -> None:
    life = holding()
    life.keep(life.at(NEW_YEAR).capture("g1"))

    with pytest.raises(IllegalTransition, match="cannot start the work of a hold while captured"):
        life.at(NEW_YEAR).start("g1", attempt=1)
    with pytest.raises(IllegalTransition, match="cannot cancel a hold while captured"):
        life.at(NEW_YEAR).call_off("g1")


@pytest.mark.parametrize(("hold_id", "error"), [("g2", HoldLapsed), ("g9", HoldNotFound)])
def test_work_whose_hold_is_gone_neither_starts_nor_is_called_off(hold_id: str, error: type[Exception]) -> None:
    life = holding()

    with pytest.raises(error):
        life.at(SOON).start(hold_id, attempt=1)
    with pytest.raises(error):
        life.at(SOON).call_off(hold_id)
