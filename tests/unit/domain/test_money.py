"""Minor units, as many as the currency has."""

import pytest

from billing_core.domain.money import Money


@pytest.mark.parametrize(
    ("money", "expected"),
    [
        (Money(999, "usd"), "9.99 USD"),
        (Money(1_234_567, "eur"), "12,345.67 EUR"),
        (Money(999, "jpy"), "999 JPY"),
        (Money(1234, "kwd"), "1.234 KWD"),
    ],
)
def test_an_amount_is_shown_with_the_decimals_of_its_currency(money: Money, expected: str) -> None:
    assert expected == str(money)


@pytest.mark.parametrize(("amount", "currency"), [(-1, "usd"), (1, "USD"), (1, "us")])
def test_a_charge_is_never_negative_and_has_a_currency(amount: int, currency: str) -> None:
    with pytest.raises(ValueError, match=r"must be >=|must match"):
        Money(amount, currency)
