"""Work that a hold pays for: it can be called off until it starts."""

from datetime import timedelta

import pytest

from billing_core.domain.errors import HoldLapsed, HoldNotFound, IllegalTransition
from billing_core.testing.builders import NEW_YEAR, Life

SOON = NEW_YEAR + timedelta(hours=1)


def holding() -> Life:
    life = Life()
    for name in ("g1", "g2"):
        life.keep(life.at(NEW_YEAR).hold(4, hold_id=name, until=SOON if name == "g2" else None))
    return life


def test_work_starts_once() -> None:
    life = holding()
    assert len(life.keep(life.at(NEW_YEAR).start("g1"))) == 1

    assert life.at(NEW_YEAR).start("g1") == ()
    assert [hold.started for hold in life.account.book.holds] == [True, False]


def test_work_that_has_not_started_is_called_off_and_all_of_it_comes_back() -> None:
    life = holding()
    life.keep(life.at(NEW_YEAR).call_off("g1"))

    assert life.account.book.available == 6


def test_work_that_has_started_is_not_called_off() -> None:
    life = holding()
    life.keep(life.at(NEW_YEAR).start("g1"))

    with pytest.raises(IllegalTransition, match="cannot cancel while running"):
        life.at(NEW_YEAR).call_off("g1")


@pytest.mark.parametrize(("verb", "said"), [("start", "start the work of a hold"), ("call_off", "cancel a hold")])
def test_work_that_ended_neither_starts_nor_is_called_off(verb: str, said: str) -> None:
    life = holding()
    life.keep(life.at(NEW_YEAR).capture("g1"))

    with pytest.raises(IllegalTransition, match=f"cannot {said} while captured"):
        getattr(life.at(NEW_YEAR), verb)("g1")
    with pytest.raises(HoldLapsed):
        getattr(life.at(SOON), verb)("g2")
    with pytest.raises(HoldNotFound):
        getattr(life.at(SOON), verb)("g9")
