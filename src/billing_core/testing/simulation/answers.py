"""What a request to the product came to, as who asked knows it."""

from typing import Any

from attrs import frozen

from billing_core.domain.errors import BillingError


@frozen
class Answered:
    """What a request came to: an answer, a refusal, or (neither) nobody knows."""

    answer: Any = None
    refusal: BillingError | None = None

    @property
    def is_done(self) -> bool:
        return self.answer is not None


UNKNOWN = Answered()
