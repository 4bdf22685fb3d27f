"""Sums of money as operators write them, in minor units of their currency."""

import pytest

from billing_core.domain.errors import InvalidValue
from billing_core.entrypoints.web.admin.acting import minor


@pytest.mark.parametrize(
    ("written", "currency", "expected"),
    [
        ("12", "usd", 1200),
        ("12.5", "usd", 1250),
        (".50", "usd", 50),
        ("1250.50", "usd", 125_050),
        ("1,250.50", "usd", 125_050),
        ("1,234,567", "jpy", 1_234_567),
        ("1,250.505", "kwd", 1_250_505),
        ("500", "jpy", 500),
    ],
)
def test_a_sum_is_read_in_its_currency(written: str, currency: str, expected: int) -> None:
    assert expected == minor(written, currency)


@pytest.mark.parametrize("written", ["12,50", "1,5", "12,5000", "1,2345", ",500", "1.250,50", "1,250,5", "1_000", "٣"])
def test_what_could_be_read_in_two_ways_is_asked_for_again(written: str) -> None:
    with pytest.raises(InvalidValue, match="write it as in"):
        minor(written, "eur")


@pytest.mark.parametrize("written", ["", ".", "1.", "9e999999", "1e-9", "NaN", "Infinity", "-5", "+5", "12 USD"])
def test_what_is_no_sum_is_refused(written: str) -> None:
    with pytest.raises(InvalidValue):
        minor(written, "usd")


@pytest.mark.parametrize(("written", "currency"), [("0", "usd"), ("0.001", "usd"), ("5.5", "jpy"), ("9" * 20, "usd")])
def test_what_cannot_go_back_is_refused(written: str, currency: str) -> None:
    with pytest.raises(InvalidValue, match="that can go back"):
        minor(written, currency)
