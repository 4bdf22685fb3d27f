"""A changed value is a copy: what is new is checked, and nothing else of it is."""

from datetime import datetime

import pytest
from attrs import evolve

from billing_core.domain.credits import Grant, Source, Take
from billing_core.domain.values import changed
from billing_core.testing.builders import NEW_YEAR, a_charge

GRANT = Grant(id="g", source=Source.PROMO, amount=10, remaining=10, granted_at=NEW_YEAR)


def test_a_changed_value_is_the_same_as_one_that_was_built_so() -> None:
    assert changed(GRANT, remaining=3, reason="why") == evolve(GRANT, remaining=3, reason="why")
    assert list(vars(changed(GRANT, remaining=3))) == list(vars(GRANT))


def test_the_value_itself_stays_as_it_was() -> None:
    changed(GRANT, remaining=3)

    assert GRANT.remaining == 10


def test_what_is_new_is_checked() -> None:
    with pytest.raises(ValueError, match="remaining"):
        changed(GRANT, remaining=-1)
    with pytest.raises(ValueError, match="expires_at"):
        changed(GRANT, expires_at=datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_take_takes_something() -> None:
    with pytest.raises(ValueError, match="amount must be positive: 0"):
        Take("g", 0)


def test_a_line_charges_or_credits() -> None:
    with pytest.raises(ValueError, match="sign must be 1 or -1, not 0"):
        a_charge(sign=0)


def test_a_field_that_the_value_has_not_is_refused() -> None:
    with pytest.raises(KeyError):
        changed(GRANT, left=3)  # type: ignore[call-arg]
