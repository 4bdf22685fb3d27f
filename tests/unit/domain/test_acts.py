"""Who decided what about an account, and why, is kept; and it changes nothing by itself."""

import pytest
from attrs import evolve

from billing_core.domain.acts import Act, Grounds, ReasonCode
from billing_core.domain.errors import InvalidValue
from billing_core.domain.events import OperatorActed
from billing_core.testing.builders import NEW_YEAR, Life


@pytest.mark.parametrize("note", ["", " ", "\n"])
def test_nobody_decides_without_saying_why(note: str) -> None:
    with pytest.raises(InvalidValue, match="reason: must say why"):
        Grounds(by="olga", note=note)


def test_a_reason_that_is_none_of_the_codes_is_another_one() -> None:
    assert ReasonCode.OTHER is Grounds(by="olga", note="the moon").code


def test_an_act_is_an_event_that_changes_nothing_else() -> None:
    before = Life().touch(NEW_YEAR)
    act = OperatorActed(at=NEW_YEAR, act=Act.SUSPENDED, by="olga", code=ReasonCode.TERMS, note="a scraper")

    after = before.evolve(act)

    assert before.version + 1 == after.version
    assert before == evolve(after, version=before.version)
