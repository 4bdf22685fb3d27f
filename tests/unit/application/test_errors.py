"""Every error says in one sentence what is wrong."""

import pytest

from billing_core.application.errors import (
    CheckoutNotFound,
    GenerationNotFound,
    ImageNotFound,
    PaymentDeclined,
    QuoteStale,
    UnknownPrice,
)
from billing_core.domain.errors import BillingError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (QuoteStale(), "the quote no longer holds; ask for a new one"),
        (PaymentDeclined("insufficient_funds"), "the payment was declined (insufficient_funds)"),
        (UnknownPrice("price_1"), "no catalog version knows the price price_1"),
        (CheckoutNotFound("cs_1"), "no checkout cs_1"),
        (GenerationNotFound("gen_1"), "no generation gen_1"),
        (ImageNotFound("img_1"), "no image img_1"),
    ],
)
def test_an_error_says_what_is_wrong(error: BillingError, said: str) -> None:
    assert str(error) == said
