"""What is known of a payment grows with what is told of it."""

from fractions import Fraction

import pytest

from billing_core.testing.builders import NEW_YEAR, Life, a_charge, a_payment, a_snapshot


def test_a_refund_that_is_told_with_its_payment_counts_and_is_not_forgotten() -> None:
    life = Life()
    life.told(NEW_YEAR, a_payment(), a_snapshot())
    for told, known in ((400, 400), (250, 400)):
        life.told(NEW_YEAR, a_payment(refunded_minor=told))

        assert life.account.payments[0].refunded_minor == known
    assert life.account.book.available == 10 + 200 * 600 // 1000


def test_the_lines_of_a_payment_are_those_that_were_told_first_and_later() -> None:
    first, second = a_charge(key="il_2"), a_charge("drip", key="il_1")

    known = a_payment(first).with_told(a_payment(second)).with_told(a_payment(a_charge("pro", key="il_2")))

    assert known.spans == (second, first)


@pytest.mark.parametrize(
    ("amount", "refunded", "lost", "kept"),
    [
        (1000, 0, 0, 1),
        (1000, 250, 0, Fraction(3, 4)),
        (1000, 250, 500, Fraction(1, 4)),
        (1000, 1000, 500, 0),
        (1, 1, 0, 0),
        (0, 5, 0, 1),
        (-700, 5, 0, 1),
    ],
)
def test_what_is_kept_of_a_payment_is_what_went_back_in_no_way(
    amount: int, refunded: int, lost: int, kept: int | Fraction
) -> None:
    assert a_payment(amount_minor=amount, refunded_minor=refunded, lost_minor=lost).kept == kept
