"""Money: integer minor units of a currency. JPY has no cents, KWD has three decimals."""

from decimal import Decimal

from attrs import field, frozen
from attrs.validators import ge, matches_re

ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"}
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def exponent(currency: str) -> int:
    """How many decimals the currency's major unit has (ISO 4217, as Stripe charges it)."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


@frozen
class Money:
    """An amount that is charged: minor units, never negative, and a lower-case ISO 4217 code."""

    amount_minor: int = field(validator=ge(0))
    currency: str = field(validator=matches_re(r"[a-z]{3}"))

    @property
    def major(self) -> Decimal:
        """The amount in major units: 999 usd is 9.99, 999 jpy is 999."""
        return Decimal(self.amount_minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.major:,.{exponent(self.currency)}f} {self.currency.upper()}"
