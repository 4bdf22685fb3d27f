"""What programs give is checked before it becomes part of an account."""

from enum import IntEnum

import pytest

from billing_core.domain.errors import InvalidValue
from billing_core.domain.given import MOST_CREDITS, ensure_amount, ensure_text, ensure_whole


class Cost(IntEnum):
    UPSCALING = 4


@pytest.mark.parametrize("value", [True, False, 4.0, "4", None])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(InvalidValue, match=r"^credits: must be a whole number$"):
        ensure_whole("credits", value)


@pytest.mark.parametrize("value", [1, 0, -1, Cost.UPSCALING])
def test_whole_numbers_pass(value: object) -> None:
    ensure_whole("credits", value)


@pytest.mark.parametrize("amount", [0, MOST_CREDITS + 1])
def test_an_amount_is_sensible(amount: int) -> None:
    with pytest.raises(InvalidValue, match=rf"^amount: must be from 1 to {MOST_CREDITS}$"):
        ensure_amount(amount, least=1)


def test_an_amount_is_whole() -> None:
    with pytest.raises(InvalidValue, match=r"^amount: must be a whole number$"):
        ensure_amount(1.5, least=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [None, 5, b"text"])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(InvalidValue, match=r"^reason: must be text$"):
        ensure_text("reason", value)
